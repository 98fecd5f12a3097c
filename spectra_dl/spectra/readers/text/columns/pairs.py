"""Columns in pairs, each spectrum behind an axis of its own, and spectra below each other on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.readers.axis import counts_up
from spectra_dl.spectra.readers.stated.units import stated_unit
from spectra_dl.spectra.readers.text.columns.companions import is_companion
from spectra_dl.spectra.readers.text.columns.layout import run_starts
from spectra_dl.spectra.readers.text.ramps import is_monotonic, like_an_axis

_FEWEST = 3
# Axes of one instrument, or of two, have steps of about the same size.
_STEPS_ALIKE = (0.2, 5.0)


@dataclass(frozen=True)
class AxisGroup:
    """An axis and the spectra on it.

    Attributes
    ----------
    axis
        The column of the axis.
    spectra
        The columns of the spectra.
    """

    axis: int
    spectra: tuple[int, ...]


def axis_groups(axis: int, columns: Mapping[int, FloatArray], names: Sequence[str]) -> list[AxisGroup]:
    """Return each axis among the columns with the spectra that follow it; one group where there is one axis.

    Parameters
    ----------
    axis
        The column of the first axis.
    columns
        ``(p,)`` numbers of every column, the axis among them, NaN where a column has ended.
    names
        Of all columns, "" for none.
    """
    axes = [k for k in sorted(columns) if k == axis or _is_second_axis(columns[k], columns[axis], names[k])]
    groups = []
    for k, following in zip(axes, [*axes[1:], len(names)], strict=True):
        spectra = tuple(j for j in sorted(columns) if k < j < following and not is_companion(names[j]))
        if spectra:
            groups.append(AxisGroup(k, spectra))
    return groups


def _is_second_axis(values: FloatArray, axis: FloatArray, name: str) -> bool:
    both = np.isfinite(values) & np.isfinite(axis)
    finite = values[np.isfinite(values)]
    if is_companion(name) or finite.size < _FEWEST or both.sum() < _FEWEST or not is_monotonic(finite):
        return False
    stated = stated_unit(name)
    if stated is not None:
        return True
    here, there = values[both], axis[both]
    ratio = abs(here[-1] - here[0]) / max(abs(there[-1] - there[0]), 1e-300)
    alike = _STEPS_ALIKE[0] <= ratio <= _STEPS_ALIKE[1]
    return alike and not counts_up(here) and like_an_axis(here, there)


def repeated_axis(axis: FloatArray) -> int:
    """Return how many times an axis stands below itself, point for point; 1 where it does not.

    Parameters
    ----------
    axis
        ``(p,)`` in file order.

    Examples
    --------
    >>> repeated_axis(np.array([400.0, 402, 404] * 5)), repeated_axis(np.array([400.0, 402, 404, 403, 405]))
    (5, 1)
    """
    starts = np.flatnonzero(run_starts(axis))
    count = starts.size
    if count < 2 or axis.size % count or axis.size // count < _FEWEST:
        return 1
    runs = axis.reshape(count, -1)
    return int(count) if bool(np.all(runs == runs[0])) else 1
