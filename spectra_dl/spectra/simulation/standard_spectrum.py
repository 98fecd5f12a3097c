"""A standard's spectrum as a spectrometer with a wrong axis would give it; the true axis is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.spectra.axis_calibration.standards import standard_named
from spectra_dl.spectra.intensity_calibration.certificate import Certificate
from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True, kw_only=True)
class Spectrometer:
    """What measures.

    Attributes
    ----------
    low, high, step
        Of the axis, cm⁻¹.
    error
        Of the stated axis, cm⁻¹: true minus stated in the middle, what is added towards the high end, and a curvature.
    width
        Standard deviation of a band, cm⁻¹.
    counts
        At the top of the highest band.
    laser_nm
        Of a lamp's spectrum.
    """

    low: float = 200.0
    high: float = 2000.0
    step: float = 2.0
    error: Sequence[float] = (0.0, 0.0, 0.0)
    width: float = 4.0
    counts: float = 20_000.0
    laser_nm: float | None = None


def simulate_standard(
    standard: str, spectrometer: Spectrometer, seed: int = 0
) -> tuple[SpectraTable, FloatArray]:
    """Return one spectrum of a standard on the axis that is stated, and the true axis ``(p,)`` in cm⁻¹.

    Bands are Gaussian with heights drawn anew, on a falling background, with the noise of counting.

    Parameters
    ----------
    standard
        What is measured, by its name.
    spectrometer
        What measures it.
    seed
        Of heights and noise.

    Raises
    ------
    UsageError
        No standard is called so, or a lamp without the laser's wavelength.

    Examples
    --------
    >>> table, true = simulate_standard("silicon", Spectrometer(error=(3.0, 0.0, 0.0)))
    >>> float(true[int(table.intensity[0].argmax())])
    520.0
    """
    generator = np.random.default_rng(seed)
    true = np.arange(spectrometer.low, spectrometer.high + spectrometer.step / 2, spectrometer.step)
    scaled = (true - true.mean()) / (np.ptp(true) / 2)
    stated = true - np.polynomial.polynomial.polyval(scaled, list(spectrometer.error))
    lines, _ = standard_named(standard).shifts(spectrometer.laser_nm)
    heights = generator.uniform(0.2, 1, len(lines))
    bands = heights @ np.exp(-0.5 * ((true - lines[:, None]) / spectrometer.width) ** 2)
    expected = spectrometer.counts * (bands + 0.5 * np.exp(-true / 1_000) + 0.01)
    counts = generator.poisson(expected)[None, :].astype(np.float64)
    return SpectraTable(counts, stated, text_array([standard])), true


def simulate_intensity_standard(
    certificate: Certificate, spectrometer: Spectrometer, response: Sequence[float], seed: int = 0
) -> tuple[SpectraTable, FloatArray]:
    """Return one spectrum of a standard of certified relative intensity on a true axis, and the response ``(p,)`` behind it.

    Parameters
    ----------
    certificate
        What the standard emits.
    spectrometer
        What measures it; its ``error`` is not used.
    response
        Coefficients from 1 on of the Chebyshev series of the logarithm of its response over the axis.
    seed
        Of the noise of counting.

    Examples
    --------
    >>> shift = np.linspace(100, 3600, 50)
    >>> table, response = simulate_intensity_standard(Certificate("glass", shift, 1 + shift), Spectrometer(), (0.5,))
    >>> float(response[-1] / response[0]) == float(np.exp(1.0))
    True
    """
    axis = np.arange(spectrometer.low, spectrometer.high + spectrometer.step / 2, spectrometer.step)
    scaled = (axis - axis.mean()) / (np.ptp(axis) / 2)
    answers = np.asarray(np.exp(np.polynomial.chebyshev.chebval(scaled, (0.0, *response))))
    expected = certificate.at(axis) * answers
    counts = np.random.default_rng(seed).poisson(spectrometer.counts * expected / expected.max())
    return SpectraTable(counts[None, :].astype(np.float64), axis, text_array([certificate.name])), answers
