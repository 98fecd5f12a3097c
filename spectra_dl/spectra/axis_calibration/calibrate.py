"""From a measured standard to a calibration of the axis."""

import hashlib
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
from spectra_dl.spectra.axis_calibration.matching import matched
from spectra_dl.spectra.axis_calibration.peaks import Peaks, find_peaks
from spectra_dl.spectra.axis_calibration.standards import standard_named
from spectra_dl.spectra.table import SpectraTable

LARGEST = 20.0  # cm⁻¹ that an axis may be off
_OUTLIER = 4.0  # times its expected deviation: a line that is left out
_LEAST_OUTLIER = 1.0  # cm⁻¹
_FEWEST_KEPT = 3
_LEAST_SHARE_OF_HIGHEST = 0.7  # measured ones have 0.78 and more, other substances that fit 0.67 and less
_LASER_LINE = 100.0  # cm⁻¹, below which the laser itself may be seen
# Lines from which on the correction has two and three terms, and may have four.
_LINES_OF_TERMS, _LINES_OF_CUBIC = (2, 4), 8


def calibrate_axis(
    table: SpectraTable, standard: str, *, laser_nm: float | None = None, largest: float = LARGEST
) -> AxisCalibration:
    """Return the correction of an axis by a standard that was measured on it.

    Bands of the mean spectrum are matched with the standard's lines and a polynomial is fitted to their differences, weighted by
    the uncertainty of both: an offset for one line, a straight line for two or three, a parabola from four lines on, and from
    eight on a cubic where Akaike's corrected criterion (Hurvich and Tsai 1989, doi 10.1093/biomet/76.2.297) prefers it. Lines that lie far off the fit are left out, one after the other.

    Parameters
    ----------
    table
        Spectra of the standard.
    standard
        What was measured: silicon, polystyrene, acetonitrile, cyclohexane, paracetamol, calcite or neon.
    laser_nm
        The laser's wavelength, nm, which a lamp needs.
    largest
        How far the axis may be off, cm⁻¹.

    Raises
    ------
    DataError
        No line of the standard lies on the axis, too few of them are found, or higher bands stand beside them that it has not.
    UsageError
        No standard is called so, or a lamp without the laser's wavelength.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard
    >>> measured, true_axis = simulate_standard("polystyrene", Spectrometer(error=(-5.0, -2.0, 1.0)))
    >>> calibration = calibrate_axis(measured, "polystyrene")
    >>> calibration.correction(np.array([1001.4])).round(1).tolist()
    [-4.8]
    >>> calibration.applied(measured).axis_calibration[:48]
    'axis corrected by polystyrene (8 lines, 621-1602'
    """
    known = standard_named(standard)
    lines, uncertainty = known.shifts(laser_nm)
    first, last = float(table.wavenumber[0]), float(table.wavenumber[-1])
    on_axis = (lines >= first + 1) & (lines <= last - 1)
    lines, uncertainty = lines[on_axis], uncertainty[on_axis]
    if not len(lines):
        raise DataError(
            f"no line of {standard} lies on the axis of {first:.0f} to {last:.0f} cm-1; measure another standard"
        )
    mean = np.nanmean(table.intensity, axis=0)
    kept = np.isfinite(mean)
    peaks = find_peaks(table.wavenumber[kept], mean[kept])
    pairs = matched(peaks, lines, largest) if len(peaks) else []
    _refuse_too_few(len(pairs), lines, standard, largest)
    if len(lines) == 1:
        _refuse_beside_higher(peaks, pairs[0][0], standard)
    at_peak, at_line = np.array(pairs).T
    fit = _without_outliers(
        peaks.position[at_peak], lines[at_line], np.hypot(uncertainty[at_line], peaks.uncertainty[at_peak])
    )
    # Some band stands near most lines in any spectrum; those of a standard also fit one another.
    _refuse_too_few(len(fit.lines), lines, standard, largest)
    if len(lines) > 1:
        _refuse_higher_bands(peaks, fit, standard, largest)
    return AxisCalibration(
        standard=standard,
        source_sha256=hashlib.sha256(np.ascontiguousarray(mean[kept]).tobytes()).hexdigest(),
        laser_nm=laser_nm if known.emits else None,
        centre=fit.centre,
        scale=fit.scale,
        coefficients=fit.coefficients,
        covariance=fit.covariance,
        lines=fit.lines,
        found=fit.found,
        residual=fit.residual,
    )


def _refuse_too_few(found: int, lines: FloatArray, standard: str, largest: float) -> None:
    needed = len(lines) // 2 + 1
    if found < needed:
        raise DataError(
            f"{found} of the {len(lines)} lines of {standard} on this axis were found within {largest:g} cm-1 and fit one another, and "
            f"{needed} are needed; make sure that the file is a spectrum of {standard} and its axis a Raman shift in cm-1"
        )


def _refuse_beside_higher(peaks: Peaks, found: int, standard: str) -> None:
    """Refuse a single line that is not the highest band: any spectrum has some band near it."""
    beyond_laser = peaks.position > _LASER_LINE
    if peaks.prominence[found] < peaks.prominence[beyond_laser].max():
        raise DataError(
            f"the band at {peaks.position[found]:.1f} cm-1 may be that of {standard}, but a higher one stands at "
            f"{peaks.position[beyond_laser][peaks.prominence[beyond_laser].argmax()]:.1f}; make sure that the file is a spectrum of {standard}"
        )


def _refuse_higher_bands(peaks: Peaks, fit: "_Fit", standard: str, largest: float) -> None:
    """Refuse lines beside which other bands are higher: with as many bands as serum or tissue has, some fit any standard."""
    # Filters and windows have bands beyond the lines; but two or three lines fit some part of any spectrum.
    few = len(fit.found) < _LINES_OF_TERMS[1]
    low, high = (_LASER_LINE, np.inf) if few else (fit.found.min() - largest, fit.found.max() + largest)
    among = np.flatnonzero((peaks.position > low) & (peaks.position < high))
    highest = among[np.argsort(-peaks.prominence[among], kind="stable")[: len(fit.found)]]
    known = np.isin(peaks.position[highest], fit.found)
    if known.mean() <= _LEAST_SHARE_OF_HIGHEST:
        raise DataError(
            f"bands near {len(fit.lines)} lines of {standard} were found, but beside them stand higher ones that it has not, such as "
            f"{peaks.position[highest][~known][0]:.1f} cm-1; make sure that the file is a spectrum of {standard}"
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """A polynomial over ``(found - centre) / scale``, cm⁻¹, and what it was fitted to."""

    centre: float
    scale: float
    coefficients: FloatArray
    covariance: FloatArray
    lines: FloatArray
    found: FloatArray
    deviation: FloatArray
    residual: FloatArray

    @property
    def criterion(self) -> float:
        """Akaike's corrected criterion."""
        lines, terms = len(self.lines), len(self.coefficients) + 1
        mean = float(np.mean((self.residual / self.deviation) ** 2))
        return lines * float(np.log(mean)) + 2 * terms * lines / (lines - terms - 1)


def _without_outliers(found: FloatArray, lines: FloatArray, deviation: FloatArray) -> _Fit:
    """Fit, and leave out the line that lies farthest off, until none lies far off."""
    kept = np.ones(len(found), dtype=bool)
    while True:
        fit = _least_squares(found[kept], lines[kept], deviation[kept])
        off = np.abs(fit.residual) / np.maximum(fit.deviation, _LEAST_OUTLIER / _OUTLIER)
        worst = int(np.argmax(off))
        if off[worst] <= _OUTLIER or kept.sum() <= _FEWEST_KEPT:
            return fit
        kept[np.flatnonzero(kept)[worst]] = False


def _least_squares(found: FloatArray, lines: FloatArray, deviation: FloatArray) -> _Fit:
    terms = 1 + sum(len(found) >= least for least in _LINES_OF_TERMS)
    fit = _polynomial(found, lines, deviation, terms)
    if len(found) < _LINES_OF_CUBIC:
        return fit
    cubic = _polynomial(found, lines, deviation, terms + 1)
    return min(fit, cubic, key=lambda one: one.criterion)


def _polynomial(found: FloatArray, lines: FloatArray, deviation: FloatArray, terms: int) -> _Fit:
    """Fit by weighted least squares; where the lines scatter more than they should, the uncertainty grows with them."""
    centre, scale = float(np.mean(found)), max(float(np.ptp(found)) / 2, 1.0)
    powers = ((found - centre) / scale)[:, None] ** np.arange(terms)
    difference = lines - found
    weighted = powers / deviation[:, None]
    covariance: FloatArray = np.asarray(np.linalg.inv(weighted.T @ weighted), dtype=np.float64)
    coefficients = covariance @ weighted.T @ (difference / deviation)
    residual = difference - powers @ coefficients
    freedom = len(found) - terms
    excess = float(np.sum((residual / deviation) ** 2)) / freedom if freedom else 1.0
    return _Fit(centre, scale, coefficients, covariance * max(1.0, excess), lines, found, deviation, residual)
