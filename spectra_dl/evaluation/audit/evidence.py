"""What a person is shown of what a probe sees: a curve of each class, or a point of each patient."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.patients import Patients

_MOST_POINTS = 200  # of a class
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Shown:
    """Numbers of each row that can be drawn.

    Attributes
    ----------
    values
        ``(n, k)`` finite: a curve, or a single number, of each row.
    title
        What they are, with their unit.
    axis
        ``(k,)`` ascending places of a curve's numbers; empty where each row has a single number.
    axis_title
        What the places are, with their unit.
    """

    values: FloatArray
    title: str
    axis: FloatArray
    axis_title: str = ""

    def __post_init__(self) -> None:
        wanted = self.axis.size or 1
        if self.values.ndim != 2 or self.values.shape[1] != wanted or not np.isfinite(self.values).all():
            raise DataError(
                f"{self.title}: values of shape {self.values.shape} for {self.axis.size} places; give finite (n, k), or (n, 1) without places"
            )


@dataclass(frozen=True)
class ClassEvidence:
    """One class.

    Attributes
    ----------
    name
        The class.
    patients
        How many it has.
    mean, spread
        ``k`` means over patients, and standard deviations between them, of a curve; empty for single numbers.
    points
        The patients' numbers, ascending, at most 200 of them evenly spaced by rank; empty for curves.
    """

    name: str
    patients: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    points: tuple[float, ...]


@dataclass(frozen=True)
class Evidence:
    """What stands in a report of what a probe sees.

    Attributes
    ----------
    title, axis_title
        As `Shown` has them.
    axis
        ``k`` places of curves; empty for single numbers.
    classes
        In the order of their names.
    """

    title: str
    axis_title: str
    axis: tuple[float, ...]
    classes: tuple[ClassEvidence, ...]


def evidence_of(shown: Shown, patients: Patients) -> Evidence:
    """Return what is drawn: over patients, so that one with many rows counts once.

    Parameters
    ----------
    shown
        Of every row.
    patients
        Whose each row is.

    Examples
    --------
    >>> from spectra_dl.evaluation.patients import read_patients
    >>> whose = read_patients(["a", "a", "b"], ["sick", "sick", "well"])
    >>> drawn = evidence_of(Shown(np.array([[1.0], [3.0], [7.0]]), "level", np.empty(0)), whose)
    >>> [(each.name, each.points) for each in drawn.classes]
    [('sick', (2.0,)), ('well', (7.0,))]
    """
    mean = patients.mean(shown.values)
    classes = [
        _class_evidence(name, mean[patients.class_of_patient == code], curve=bool(shown.axis.size))
        for code, name in enumerate(patients.classes)
    ]
    return Evidence(shown.title, shown.axis_title, _rounded(shown.axis), tuple(classes))


def _class_evidence(name: str, rows: FloatArray, *, curve: bool) -> ClassEvidence:
    if not curve:
        at = np.linspace(0, len(rows) - 1, min(len(rows), _MOST_POINTS)).round().astype(np.intp)
        return ClassEvidence(name, len(rows), (), (), _rounded(np.sort(rows[:, 0])[at]))
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])
    return ClassEvidence(name, len(rows), _rounded(rows.mean(axis=0)), _rounded(spread), ())


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values.tolist())
