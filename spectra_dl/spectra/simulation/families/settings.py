"""What a simulated study of a family is to hold."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from spectra_dl.errors import UsageError

SignalName = Literal["heights", "positions", "ratio", "interaction", "subset"]
Variant = Literal["A", "B"]
SIGNALS: tuple[SignalName, ...] = get_args(SignalName)
VARIANTS: tuple[Variant, ...] = get_args(Variant)
MOST_SPECTRA_PER_PATIENT = 25


@dataclass(frozen=True, kw_only=True)
class FamilySettings:
    """One simulated study: what carries its signal, how strong it is, and how many patients there are.

    Attributes
    ----------
    signal
        What differs between the classes: the ``"heights"`` of band groups, the ``"positions"`` of bands, the ``"ratio"`` of
        two groups whose heights vary far more together, the ``"interaction"`` of two groups (only the sign of their
        correlation differs), or the heights in a ``"subset"`` of each positive patient's spectra.
    patients
        How many, at least 4.
    spectra_per_patient
        From 1 to 25.
    best_auc
        The highest patient AUC that any method can reach, above .5 and below 1.
    positive_share
        Share of positive patients, above 0 and below 1.
    batches
        1 for none; else so many, at most one per patient, each with a gain, a displacement of the axis and a shape of the
        background that are drawn without looking at the class.
    points
        Of the axis, at least 100.
    variant
        "A" or "B": other bands, line shapes, covariances and backgrounds.
    spikes
        Whether cosmic rays fall.
    seed
        The same seed and settings give the same study; another seed another world, in which other groups carry the signal.

    Raises
    ------
    UsageError
        A value is out of its range.
    """

    signal: SignalName
    patients: int
    spectra_per_patient: int = 3
    best_auc: float = 0.85
    positive_share: float = 0.5
    batches: int = 1
    points: int = 600
    variant: Variant = "A"
    spikes: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("signal", SIGNALS), ("variant", VARIANTS)):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} is {getattr(self, name)!r}; give one of {', '.join(known)}")
        ranges: dict[str, tuple[int, int | None]] = {
            "patients": (4, None),
            "spectra_per_patient": (1, MOST_SPECTRA_PER_PATIENT),
            "points": (100, None),
            "seed": (0, None),
        }
        for name, (least, most) in ranges.items():
            check_whole(name, getattr(self, name), least, most)
        check_whole("batches", self.batches, 1, self.patients)
        _check_between("best_auc", self.best_auc, 0.5)
        _check_between("positive_share", self.positive_share, 0.0)


def check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number within a range.

    Parameters
    ----------
    name, value
        The setting.
    least, most
        The range, ends included; no upper end if None.

    Raises
    ------
    UsageError
        It is none.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):  # type: ignore[operator]
        end = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UsageError(f"{name} is {value!r}; give a whole number {end}")


def _check_between(name: str, value: object, low: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not low < value < 1:  # type: ignore[operator]
        raise UsageError(f"{name} is {value!r}; give a number above {low:g} and below 1")
