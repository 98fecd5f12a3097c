"""Steps that bring spectra to one scale."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.preprocessing.step import (
    MOST_POINTS,
    Stage,
    StatelessStep,
    StepResult,
    check_choice,
    check_whole,
    require_points,
)

Kind = Literal["snv", "vector", "area", "minmax"]


@dataclass(frozen=True)
class Normalise(StatelessStep):
    """Bring every spectrum to one scale; a spectrum without scale (constant) becomes zero.

    Attributes
    ----------
    kind
        ``"snv"``: mean 0, standard deviation 1 (Barnes et al. 1989, doi 10.1366/0003702894202201) ·
        ``"vector"``: sum of squares 1 · ``"area"``: sum of absolute values 1 · ``"minmax"``: 0 to 1.
    """

    stage: ClassVar[Stage] = Stage.NORMALISE

    kind: Kind = "snv"

    def __post_init__(self) -> None:
        check_choice(self, "kind", self.kind, get_args(Kind))

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the scaled spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.
        """
        shifted = intensity
        if self.kind == "snv":
            shifted = intensity - intensity.mean(axis=1, keepdims=True)
            scale = np.sqrt((shifted * shifted).sum(axis=1, keepdims=True) / max(wavenumber.size - 1, 1))
        elif self.kind == "vector":
            scale = np.sqrt((intensity * intensity).sum(axis=1, keepdims=True))
        elif self.kind == "area":
            scale = np.abs(intensity).sum(axis=1, keepdims=True)
        else:
            shifted = intensity - intensity.min(axis=1, keepdims=True)
            scale = shifted.max(axis=1, keepdims=True)
        # A constant of 0.1 has a standard deviation of 1e-17, not 0: compare with its own rounding error.
        rounding = 1e-13 * np.abs(intensity).max(axis=1, keepdims=True)
        return StepResult(_divided(shifted, scale, scale > rounding), wavenumber)


@dataclass(frozen=True)
class EMSC:
    """Extended multiplicative signal correction: remove offset, slow curves and path length.

    Each spectrum is fitted as ``a + b * reference + c1 * v + c2 * v² + ...`` over the scaled axis v, and
    becomes ``(spectrum - a - c1 * v - ...) / b``; where b is 0, zero.

    Attributes
    ----------
    order
        Highest power of the axis, 0 to 6; 0 is plain multiplicative signal correction.
    reference
        The mean spectrum of the rows it was fitted on; None before `fit`.

    References
    ----------
    Martens & Stark 1991, J. Pharm. Biomed. Anal. 9:625, doi 10.1016/0731-7085(91)80188-F;
    Liland, Kohler & Afseth 2016, J. Raman Spectrosc. 47:643, doi 10.1002/jrs.4886.
    """

    stage: ClassVar[Stage] = Stage.NORMALISE

    order: int = 2
    reference: tuple[float, ...] | None = None

    @property
    def learns(self) -> bool:
        """Whether `fit` looks at the rows it is given: always."""
        return True

    def __post_init__(self) -> None:
        check_whole(self, "order", self.order, 0, 6)
        if self.reference is None:
            return
        reference = self.reference
        numbers = isinstance(reference, tuple) and all(type(value) is float for value in reference)
        if not numbers or not 0 < len(reference) <= MOST_POINTS or not np.isfinite(reference).all():
            raise UsageError("EMSC: give the reference as a tuple of finite floats, one per point, or None")

    def fit(self, intensity: FloatArray, wavenumber: FloatArray) -> Self:
        """Return a copy whose reference is the mean of these rows.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, the training rows.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            There are no rows.
        """
        if not len(intensity):
            raise DataError("EMSC needs at least one training spectrum for its reference")
        return replace(self, reference=tuple(intensity.mean(axis=0).tolist()))

    def apply(self, intensity: FloatArray, wavenumber: FloatArray) -> StepResult:
        """Return the corrected spectra.

        Parameters
        ----------
        intensity
            ``(n, p)`` float64, finite; not changed.
        wavenumber
            ``(p,)`` ascending, in cm⁻¹.

        Raises
        ------
        DataError
            Not fitted, or fitted on another number of points, or fewer points than terms.
        """
        if self.reference is None or len(self.reference) != wavenumber.size:
            fitted = "not fitted" if self.reference is None else f"fitted on {len(self.reference)} points"
            raise DataError(
                f"EMSC is {fitted} and got {wavenumber.size}; fit the preprocessing on such spectra"
            )
        require_points(self, wavenumber, self.order + 2)
        curves = np.polynomial.polynomial.polyvander(_centred(wavenumber), self.order).T  # (order + 1, p)
        inverse = np.linalg.pinv(np.vstack([self.reference, curves])).T  # (order + 2, p)
        # Sums row by row, not a matrix product: its last bits would depend on the number of rows.
        path = (intensity * inverse[0]).sum(axis=1, keepdims=True)
        remainder = intensity.copy()
        for curve, weights in zip(curves, inverse[1:], strict=True):
            remainder -= (intensity * weights).sum(axis=1, keepdims=True) * curve
        return StepResult(_divided(remainder, path, path != 0), wavenumber)


def _divided(intensity: FloatArray, scale: FloatArray, has_scale: NDArray[np.bool_]) -> FloatArray:
    """Return ``intensity / scale`` by row, and 0 where a row has no scale."""
    return np.where(has_scale, intensity / np.where(has_scale, scale, 1.0), 0.0)


def _centred(wavenumber: FloatArray) -> FloatArray:
    """Return the axis moved and scaled to -1 ... 1."""
    position: FloatArray = (wavenumber - wavenumber[0]) / (wavenumber[-1] - wavenumber[0])
    return 2 * position - 1
