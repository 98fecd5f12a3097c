"""The parameters of each baseline algorithm, checked once for both engines."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from spectra_dl.arrays import FloatArray, unmasked
from spectra_dl.errors import DataError, UsageError

SHORTEST = 5  # points: with fewer the second-difference penalty has no interior row
_ROWS_AT_ONCE = 32  # so that the check stays in the processor's cache
# Beyond this the penalty swamps a weight of 1 in double precision (16 * lam * 2**-53 > 1e-2).
_LARGEST_LAM = 1e12


@dataclass(frozen=True, kw_only=True)
class WhittakerSettings:
    """What every penalised least-squares baseline shares.

    Attributes
    ----------
    lam
        Weight of the squared second differences of the baseline, the smoothing parameter λ, in (0, 1e12]; larger is smoother.
    max_iter
        Iterations after the first, 0 to 10,000.
    tol
        Relative change below which the iteration has converged, above 0.

    Raises
    ------
    UsageError
        A value is outside its range.
    """

    name: ClassVar[str]

    lam: float
    max_iter: int
    tol: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
            requirement = (
                "a number" if field.name != "lam" else "a number; choose_lam finds one on training spectra"
            )
            self._require(field.name, number, requirement)
        self._require("lam", 0 < self.lam <= _LARGEST_LAM, "a number above 0 and at most 1e12")
        whole = isinstance(self.max_iter, int | np.integer)
        self._require("max_iter", whole and 0 <= self.max_iter <= 10_000, "a whole number from 0 to 10,000")
        self._require("tol", 0 < self.tol < np.inf, "a number above 0")

    def _require(self, parameter: str, condition: bool, requirement: str) -> None:
        if not condition:
            raise UsageError(f"{self.name}: {parameter} is {getattr(self, parameter)!r}; give {requirement}")


@dataclass(frozen=True, kw_only=True)
class AslsSettings(WhittakerSettings):
    """Settings of `asls`: ``p`` in (0, 1) is the weight of points above the baseline."""

    name: ClassVar[str] = "asls"

    p: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("p", 0 < self.p < 1, "a number between 0 and 1, such as 0.01")


@dataclass(frozen=True, kw_only=True)
class IaslsSettings(AslsSettings):
    """Settings of `iasls`: ``lam_1`` in [0, 1e12] weighs the first differences of the residual."""

    name: ClassVar[str] = "iasls"

    lam_1: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("lam_1", 0 <= self.lam_1 <= _LARGEST_LAM, "a number from 0 to 1e12")


@dataclass(frozen=True, kw_only=True)
class ArplsSettings(WhittakerSettings):
    """Settings of `arpls`."""

    name: ClassVar[str] = "arpls"


@dataclass(frozen=True, kw_only=True)
class AirplsSettings(WhittakerSettings):
    """Settings of `airpls`."""

    name: ClassVar[str] = "airpls"


@dataclass(frozen=True, kw_only=True)
class DrplsSettings(WhittakerSettings):
    """Settings of `drpls`: ``eta`` in [0, 1] loosens the penalty where the weight is high."""

    name: ClassVar[str] = "drpls"

    eta: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("eta", 0 <= self.eta <= 1, "a number from 0 to 1")


def checked_intensity(intensity: ArrayLike) -> FloatArray:
    """Return spectra as a contiguous ``(n, p)`` float64 matrix that a baseline can be fitted to.

    Raises
    ------
    DataError
        As `intensity_matrix` and `require_finite`.
    """
    matrix = intensity_matrix(intensity)
    require_finite(matrix, range(len(matrix)))
    return matrix


def intensity_matrix(intensity: ArrayLike) -> FloatArray:
    """Return spectra as a contiguous ``(n, p)`` float64 matrix, whose values may be missing or infinite.

    Raises
    ------
    DataError
        Not a matrix, or fewer than 5 points.
    """
    try:
        matrix = np.ascontiguousarray(unmasked(intensity), dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise DataError("the intensities are not all numbers; give one (n, p) matrix of numbers") from err
    if matrix.ndim != 2:
        raise DataError(f"intensities of shape {matrix.shape}; give a matrix (n, p), one spectrum per row")
    if matrix.shape[1] < SHORTEST:
        raise DataError(f"spectra of {matrix.shape[1]} points; a baseline needs at least {SHORTEST}")
    return matrix


def require_finite(spectra: FloatArray, rows: Sequence[int]) -> None:
    """Refuse spectra with values that are missing or infinite.

    Parameters
    ----------
    spectra
        ``(n, p)``.
    rows
        Their row numbers (n) from 0 where the caller has them.

    Raises
    ------
    DataError
        Names the first such value.
    """
    for start in range(0, len(spectra), _ROWS_AT_ONCE):
        finite = np.isfinite(spectra[start : start + _ROWS_AT_ONCE])
        if not finite.all():
            at, column = np.argwhere(~finite)[0] + [start, 0]
            raise DataError(
                f"spectrum {rows[at] + 1} holds {spectra[at, column]} at point {column + 1}; "
                "fill or remove missing and infinite values before a baseline is fitted"
            )
