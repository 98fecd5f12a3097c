"""What a preprocessing step is, and the checks its settings share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError

Remarks = Mapping[str, NDArray[np.generic]]

MOST_POINTS = 65_536  # of a spectrum
LOWEST, HIGHEST = -200.0, 4500.0  # cm⁻¹, what a Raman shift can be


class Stage(IntEnum):
    """Where a step belongs; a pipeline never goes back to an earlier stage."""

    AXIS = 0
    SPIKES = 1
    BASELINE = 2
    SMOOTH = 3
    NORMALISE = 4


@dataclass(frozen=True, eq=False)
class StepResult:
    """Spectra after a step: ``(n, q)`` and ``(q,)``, and remarks of length n by name."""

    intensity: FloatArray
    wavenumber: FloatArray
    remarks: Remarks = field(default_factory=dict)


class Step(Protocol):
    """What every step can do; its dataclass fields are its settings, stored in the model file."""

    stage: ClassVar[Stage]

    @property
    def learns(self) -> bool:
        """Whether `fit` looks at the rows it is given."""
        ...

    def fit(self, intensity: FloatArray, wavenumber: FloatArray) -> Self:
        """Return the step ready for use, having learnt what it needs from these rows.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, the training rows.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        """
        ...

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return new spectra; the given ones stay as they are.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        """
        ...


class StatelessStep:
    """A step that learns nothing from rows."""

    @property
    def learns(self) -> bool:
        """Whether `fit` looks at the rows it is given: never."""
        return False

    def fit(self, intensity: FloatArray, wavenumber: FloatArray) -> Self:
        """Return the step itself.

        Parameters
        ----------
        intensity
            ``(n, p)``, not looked at.
        wavenumber
            ``(p,)`` in cm⁻¹, not looked at.
        """
        return self


def check_number(step: object, name: str, value: object, low: float, high: float) -> None:
    """Refuse a setting that isn't a number from ``low`` to ``high``.

    Parameters
    ----------
    step
        The step, for the message.
    name
        The setting's name, for the message.
    value
        The setting.
    low, high
        The range, both ends included.

    Raises
    ------
    UsageError
        It isn't.
    """
    number = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
    if not (number and low <= float(value) <= high):  # type: ignore[arg-type]
        raise UsageError(
            f"{_name(step)}: {name} is {_abbreviated(value)}; give a number from {low:g} to {high:g}"
        )


def check_whole(step: object, name: str, value: object, low: int, high: int) -> None:
    """Refuse a setting that isn't a whole number from ``low`` to ``high``.

    Parameters
    ----------
    step
        The step, for the message.
    name
        The setting's name, for the message.
    value
        The setting.
    low, high
        The range, both ends included.

    Raises
    ------
    UsageError
        It isn't.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (whole and low <= int(value) <= high):  # type: ignore[call-overload]
        raise UsageError(
            f"{_name(step)}: {name} is {_abbreviated(value)}; give a whole number from {low} to {high}"
        )


def check_choice(step: object, name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse a setting that isn't one of ``choices``.

    Parameters
    ----------
    step
        The step, for the message.
    name
        The setting's name, for the message.
    value
        The setting.
    choices
        The values allowed.

    Raises
    ------
    UsageError
        It isn't.
    """
    if value not in choices:
        raise UsageError(f"{_name(step)}: {name} is {_abbreviated(value)}; give one of {', '.join(choices)}")


def require_points(step: object, wavenumber: FloatArray, least: int) -> None:
    """Refuse spectra of fewer than ``least`` points.

    Parameters
    ----------
    step
        The step, for the message.
    wavenumber
        ``(p,)``, the axis of the spectra.
    least
        Points needed.

    Raises
    ------
    DataError
        There are fewer.
    """
    if wavenumber.size < least:
        raise DataError(
            f"{_name(step)} needs spectra of at least {least} points; these have {wavenumber.size}"
        )


def _name(step: object) -> str:
    return type(step).__name__


def _abbreviated(value: object) -> str:
    return repr(value)[:60]
