"""What the training spectra of each class look like: mean and spread over patients, to draw a new patient's spectra over."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from spectra_dl.arrays import FloatArray
from spectra_dl.models.header import ClassName, Closed

if TYPE_CHECKING:
    from spectra_dl.evaluation.patients import Patients

LEAST_PATIENTS = 5  # the mean of fewer, or how they differ, says something of each
_MOST_POINTS = 400  # about as many as a figure has pixels
_DIGITS = 3  # of the largest value
_LARGEST = 1e13  # no spectrum that is read has larger values
_MEAN, _SPREAD = "class_spectra.mean", "class_spectra.spread"


class ClassSpectraDescription(Closed):
    """Of which classes a model file keeps a mean and a standard deviation, and over how many neighbouring points each value is a mean."""

    classes: list[ClassName] = Field(min_length=1, max_length=1_000)
    points_together: int = Field(ge=1, le=65_536)


@dataclass(frozen=True, eq=False)
class ClassSpectra:
    """Mean and spread of the classes' training patients, after all cleaning steps, on a coarse axis.

    Attributes
    ----------
    classes
        Those of at least 5 training patients.
    points_together
        Neighbouring points of the model's axis that one value is the mean of.
    mean, spread
        ``(k, g)`` float32: mean over patients of their mean spectrum, and its standard deviation between patients.
    """

    classes: tuple[str, ...]
    points_together: int
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def fit(cls, matrix: NDArray[np.float32], patients: "Patients") -> Self | None:
        """Return what a model file keeps of its training spectra; None where every class has too few patients.

        Parameters
        ----------
        matrix
            ``(n, q)`` training spectra after all cleaning steps.
        patients
            Whose they are, with the class of each.
        """
        together = math.ceil(matrix.shape[1] / _MOST_POINTS)
        coarse = patients.mean(joined(matrix, together))
        enough = [code for code in range(len(patients.classes)) if patients.count(code) >= LEAST_PATIENTS]
        if not enough:
            return None
        of_class = [coarse[patients.class_of_patient == code] for code in enough]
        mean = np.array([rows.mean(axis=0) for rows in of_class])
        spread = np.array([rows.std(axis=0, ddof=1) for rows in of_class])
        largest = float(np.abs(mean).max())
        decimals = _DIGITS - (math.floor(math.log10(largest)) if largest > 0 else 0)
        return cls(
            tuple(patients.classes[code] for code in enough),
            together,
            np.round(mean, decimals).astype(np.float32),
            np.round(spread, decimals).astype(np.float32),
        )

    @classmethod
    def from_tensors(
        cls, description: ClassSpectraDescription, tensors: Mapping[str, np.ndarray], n_wavenumbers: int
    ) -> Self:
        """Return what a model file keeps.

        Parameters
        ----------
        description
            Of which classes.
        tensors
            Every array of the file by name.
        n_wavenumbers
            Points of the model's axis.

        Raises
        ------
        KeyError, RuntimeError
            Tensors are missing, mis-shaped, of another type, or hold values that no spectra have.
        """
        shape = len(description.classes), math.ceil(n_wavenumbers / description.points_together)
        mean, spread = tensors[_MEAN], tensors[_SPREAD]
        for name, array in ((_MEAN, mean), (_SPREAD, spread)):
            if array.dtype != np.float32 or array.shape != shape:
                raise RuntimeError(f"{name} is {array.dtype} of shape {array.shape}, not float32 of {shape}")
        if not (
            bool((np.abs(mean) <= _LARGEST).all()) and bool(((spread >= 0) & (spread <= _LARGEST)).all())
        ):
            raise RuntimeError(f"{_MEAN} and {_SPREAD} hold values that are no spectra's")
        return cls(tuple(description.classes), description.points_together, mean, spread)

    @property
    def description(self) -> ClassSpectraDescription:
        """What the header says of it."""
        return ClassSpectraDescription(classes=list(self.classes), points_together=self.points_together)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the arrays a model file keeps."""
        return {_MEAN: self.mean, _SPREAD: self.spread}


def joined(rows: NDArray[np.floating[Any]], points_together: int) -> FloatArray:
    """Return means of neighbouring points ``(n, g)`` of rows ``(n, q)``; the last may be of fewer.

    Parameters
    ----------
    rows
        Spectra, or an axis as the only row.
    points_together
        How many points are one.

    Examples
    --------
    >>> joined(np.array([[1.0, 3.0, 5.0]]), 2).tolist()
    [[2.0, 5.0]]
    """
    starts = np.arange(0, rows.shape[1], points_together)
    sums: FloatArray = np.add.reduceat(rows, starts, axis=1, dtype=np.float64)
    counts = np.diff([*starts, rows.shape[1]])
    means: FloatArray = sums / counts
    return means
