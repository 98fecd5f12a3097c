"""Shapes of Raman bands, and the spectrum of each group of them."""

import math
from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.simulation.serum_bands import Band, BandGroup

LORENTZIAN_SHARE = 0.4


def band_line(
    band: Band,
    wavenumber: FloatArray,
    lorentzian_share: float = LORENTZIAN_SHARE,
    shift: float | FloatArray = 0.0,
) -> FloatArray:
    """Return a pseudo-Voigt line: natural (Lorentzian) width and the instrument's (Gaussian) in one.

    Parameters
    ----------
    band
        Its position, full width at half height and height.
    wavenumber
        ``(p,)`` axis, cm⁻¹.
    lorentzian_share
        0 for a Gaussian line, 1 for a Lorentzian.
    shift
        cm⁻¹ by which the line is displaced; an ``(n, 1)`` array gives ``(n, p)`` lines.
    """
    offset = 2 * ((wavenumber - shift) - band.position) / band.width
    gaussian = np.exp(-math.log(2) * offset**2)
    if lorentzian_share == 0:
        return np.asarray(band.height * gaussian)
    lorentzian = 1 / (1 + offset**2)
    return np.asarray(band.height * (lorentzian_share * lorentzian + (1 - lorentzian_share) * gaussian))


def band_patterns(
    groups: Sequence[BandGroup], wavenumber: FloatArray, lorentzian_share: float = LORENTZIAN_SHARE
) -> FloatArray:
    """Return the ``(k, p)`` spectrum of each of ``k`` band groups at amplitude 1.

    Parameters
    ----------
    groups
        Bands that rise and fall together.
    wavenumber
        ``(p,)`` axis, cm⁻¹.
    lorentzian_share
        0 for Gaussian lines, 1 for Lorentzian.
    """
    return np.stack(
        [
            sum(
                (band_line(band, wavenumber, lorentzian_share) for band in group.bands),
                np.zeros(wavenumber.size),
            )
            for group in groups
        ]
    )
