"""What a detector makes of light: shot noise, read noise, cosmic rays, a ceiling."""

import numpy as np

from spectra_dl.arrays import FloatArray

ELECTRONS_PER_COUNT = 1.08  # the saliva spectra's noise variance is .92 counts per count
READ_NOISE_COUNTS = 6.0
SATURATION_COUNTS = 64_500.0
SPIKES_PER_POINT = 0.14 / 1000
SPIKE_MEDIAN_COUNTS = 2_500.0
SPIKE_LOG_SD = 0.7


def draw_spikes(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Return the ``(n, p)`` counts of cosmic rays; half of them spill into the next point.

    Parameters
    ----------
    generator
        Source of random numbers.
    shape
        Numbers of spectra and points.
    """
    spikes = np.zeros(shape)
    row, point = np.nonzero(generator.random(shape) < SPIKES_PER_POINT)
    height = SPIKE_MEDIAN_COUNTS * np.exp(SPIKE_LOG_SD * generator.standard_normal(row.size))
    spill = np.where(generator.random(row.size) < 0.5, generator.uniform(0.2, 0.9, row.size), 0.0)
    np.add.at(spikes, (row, point), height)
    inside = point + 1 < shape[1]
    np.add.at(spikes, (row[inside], point[inside] + 1), (height * spill)[inside])
    return spikes


def detect(
    generator: np.random.Generator,
    counts: FloatArray,
    spikes: FloatArray | float = 0.0,
    electrons_per_count: float = ELECTRONS_PER_COUNT,
) -> FloatArray:
    """Return whole counts with shot noise, read noise and the detector's ceiling.

    Parameters
    ----------
    generator
        Source of random numbers.
    counts
        ``(n, p)`` noiseless counts.
    spikes
        ``(n, p)`` counts added by cosmic rays.
    electrons_per_count
        The noise variance is ``counts / electrons_per_count``, so more of them stand for a longer exposure.
    """
    arrived = generator.poisson(electrons_per_count * counts) / electrons_per_count + spikes
    read = arrived + READ_NOISE_COUNTS * generator.standard_normal(counts.shape)
    return np.asarray(np.minimum(np.rint(read), SATURATION_COUNTS))
