"""From a measured intensity standard to a smooth response with its uncertainty."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.intensity_calibration.certificate import Certificate
from spectra_dl.spectra.intensity_calibration.response import POINTS, IntensityResponse
from spectra_dl.spectra.preprocessing.cosmic_rays import SHORTEST, without_rays
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.table import SpectraTable

_FEWEST_POINTS, _LEAST_RANGE = 50, 300.0  # cm⁻¹ of the axis within the certificate
_PARTS = (1, 2, 3, 4, 6, 8, 12, 16)  # pieces of the spline that are compared
_LARGEST_UNCERTAINTY = (
    0.03  # half width of the 95 % interval, of the measurement alone; a fluorescing sample has .048
)
_LARGEST_REST = 0.03  # beside the curve, where it is more than noise: bands are no smooth response
_TIMES_NOISE = 3.0
_SAME_LASER_NM = 1.0
_MOST_INFLATED = 50.0
_95_PERCENT = 1.96


def measured_response(table: SpectraTable, certificate: Certificate) -> IntensityResponse:
    """Return the relative response of a spectrometer by a standard whose relative intensity is certified.

    The mean spectrum without cosmic rays over the certified intensity is the response (ASTM E2911); its logarithm is smoothed by a cubic spline, weighted as
    counts are, with as many pieces as Akaike's corrected criterion (Hurvich and Tsai 1989, doi 10.1093/biomet/76.2.297) prefers. Where neighbouring points stray together, the uncertainty grows
    as for an autoregressive series.

    Parameters
    ----------
    table
        Spectra of the standard, dark signal subtracted, on the corrected axis.
    certificate
        What the standard truly emits.

    Raises
    ------
    DataError
        The spectra are saturated, noisy, not above 0, of another laser, or have bands; or too little of the certificate's range was measured.

    Examples
    --------
    >>> shift = np.linspace(200, 2000, 300)
    >>> glass = Certificate("glass", shift, 1 + shift / 1000)
    >>> counts = 1e4 * glass.intensity * np.exp(-shift / 2000) + 20 * np.sin(1e6 * shift)
    >>> response = measured_response(SpectraTable([counts], shift, ["glass"]), glass)
    >>> (response.at(np.array([1200.0])) / response.at(np.array([200.0]))).round(2).tolist()
    [0.61]
    """
    _refuse_other_laser(table, certificate)
    inside = (table.wavenumber >= certificate.shift[0]) & (table.wavenumber <= certificate.shift[-1])
    _refuse_short(table.wavenumber, inside, certificate)
    part = table.points(inside)
    _refuse_faults(part)
    clean = without_rays(part.intensity)[0] if part.wavenumber.size >= SHORTEST else part.intensity
    mean = clean.mean(axis=0)
    _refuse_dark(part.wavenumber, mean)
    fit = _smoothest(part.wavenumber, np.log(mean / certificate.at(part.wavenumber)), mean)
    _refuse_bands(fit)
    shift = np.linspace(part.wavenumber[0], part.wavenumber[-1], POINTS)
    basis = fit.basis(shift)
    deviation = np.sqrt(np.einsum("pi,ij,pj->p", basis, fit.covariance, basis).clip(0))
    worst = int(np.argmax(deviation))
    if _95_PERCENT * deviation[worst] > _LARGEST_UNCERTAINTY:
        raise DataError(
            f"the noise of the intensity standard leaves the response uncertain by {100 * _95_PERCENT * deviation[worst]:.0f} % at {shift[worst]:.0f} cm-1, and 3 % "
            "is the most; expose longer, or give several spectra of it, and make sure that it is the standard"
        )
    response = basis @ fit.coefficients
    return IntensityResponse(
        certificate.name, shift, response - response.mean(), np.hypot(deviation, certificate.uncertainty)
    )


def _refuse_other_laser(table: SpectraTable, certificate: Certificate) -> None:
    stated, certified = table.laser_nm, certificate.laser_nm
    if stated and certified and abs(stated - certified) > _SAME_LASER_NM:
        raise DataError(
            f"the intensity standard was measured at {stated:g} nm, and {certificate.name} is certified for {certified:g} nm; take the standard of the laser"
        )


def _refuse_short(axis: FloatArray, inside: np.ndarray, certificate: Certificate) -> None:
    covered = float(np.ptp(axis[inside])) if inside.any() else 0.0
    if inside.sum() < _FEWEST_POINTS or covered < _LEAST_RANGE:
        raise DataError(
            f"the spectrum of the intensity standard is of {axis[0]:.0f} to {axis[-1]:.0f} cm-1 and its certificate of {certificate.shift[0]:.0f} to "
            f"{certificate.shift[-1]:.0f}: {int(inside.sum())} points over {covered:.0f} cm-1 in common, and {_FEWEST_POINTS} over {_LEAST_RANGE:.0f} are needed"
        )


def _refuse_faults(part: SpectraTable) -> None:
    """Refuse a detector that was full, and what is no spectrum."""
    for name, verdict in zip(part.sample_id, inspect(part)[1], strict=True):
        full = next((reason for reason in verdict.reasons if reason.startswith("saturated")), None)
        if full:
            raise DataError(
                f"spectrum {name!s:.60} of the intensity standard is {full}; the detector was full: expose shorter"
            )
        if verdict.status == "refused" or not np.isfinite(part.intensity).all():
            why = "; ".join(verdict.reasons) or "missing values"
            raise DataError(
                f"spectrum {name!s:.60} of the intensity standard can't be used ({why}); measure it anew"
            )


def _refuse_dark(axis: FloatArray, mean: FloatArray) -> None:
    if not (mean > 0).all():
        row = int(np.flatnonzero(~(mean > 0))[0])
        raise DataError(
            f"the intensity standard has {mean[row]:g} counts at {axis[row]:.0f} cm-1, where it emits light; subtract the dark signal alone and no baseline, or "
            "expose longer"
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """A cubic spline and what it leaves.

    Attributes
    ----------
    knots
        ``(k,)`` cm⁻¹.
    coefficients, covariance
        ``(c,)`` and ``(c, c)``.
    rest
        ``(p,)`` what is left of the logarithm.
    criterion
        Akaike's corrected criterion.
    """

    knots: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    rest: FloatArray
    criterion: float

    def basis(self, shift: FloatArray) -> FloatArray:
        """Return the B-splines ``(p, c)`` at Raman shifts."""
        from scipy.interpolate import BSpline

        return np.asarray(BSpline.design_matrix(shift, self.knots, 3).toarray())


def _smoothest(axis: FloatArray, logarithm: FloatArray, counts: FloatArray) -> _Fit:
    weight = np.sqrt(counts / counts.mean())
    return min(
        (_least_squares(axis, logarithm, weight, parts) for parts in _PARTS), key=lambda fit: fit.criterion
    )


def _least_squares(axis: FloatArray, logarithm: FloatArray, weight: FloatArray, parts: int) -> _Fit:
    inner = np.linspace(axis[0], axis[-1], parts + 1)
    knots = np.concatenate([[axis[0]] * 3, inner, [axis[-1]] * 3])
    blank = _Fit(knots, np.empty(0), np.empty(0), np.empty(0), np.inf)
    basis = blank.basis(axis)
    weighted = basis * weight[:, None]
    inverse = np.linalg.pinv(weighted.T @ weighted)
    coefficients = inverse @ weighted.T @ (weight * logarithm)
    rest = logarithm - basis @ coefficients
    points, terms = axis.size, basis.shape[1] + 1
    square = max(float(np.mean((weight * rest) ** 2)), 1e-24)
    criterion = points * float(np.log(square)) + 2 * terms * points / max(points - terms - 1, 1)
    variance = square * points / max(points - terms, 1) * _inflation(rest)
    return _Fit(knots, coefficients, np.asarray(inverse * variance), rest, criterion)


def _inflation(rest: FloatArray) -> float:
    """Return by how much neighbours that stray together widen a variance (Bartlett 1946, for a series of first order)."""
    whole = float(rest @ rest)
    correlation = float(rest[1:] @ rest[:-1]) / whole if whole else 0.0
    return float(np.clip((1 + correlation) / max(1 - correlation, 1e-9), 1.0, _MOST_INFLATED))


def _refuse_bands(fit: _Fit) -> None:
    noise = 1.4826 * float(np.median(np.abs(np.diff(fit.rest, 2)))) / np.sqrt(6)
    left = float(np.sqrt(np.mean(fit.rest**2)))
    if left > max(_LARGEST_REST, _TIMES_NOISE * noise):
        raise DataError(
            f"the spectrum of the intensity standard over its certificate is not smooth: {100 * left:.0f} % is left beside a smooth curve, and its noise is {100 * noise:.1f} %; "
            "make sure that the file is a spectrum of the standard, without bands of something else, and the certificate that of this standard"
        )
