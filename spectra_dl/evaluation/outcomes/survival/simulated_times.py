"""Simulated times to an event of patients whose hazards are known, and the best C-index that any method can reach on them."""

import math

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray

MEDIAN_MONTHS, LONGEST_MONTHS = 24.0, 60.0
_SHORTEST_MONTHS = 0.01  # two decimals are written, and a time of 0.00 is none
TIME_COLUMN, EVENT_COLUMN = "months", "event"


def followed(generator: np.random.Generator, log_hazard: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return how many months patients were followed, and whether the event came.

    The time to the event is exponential, with a median of 24 months at a log hazard of 0; patients leave the study at a time drawn evenly from 6
    to 60 months.

    Parameters
    ----------
    generator
        Of random numbers.
    log_hazard
        Of patients, of any shape.
    """
    rate = math.log(2) / MEDIAN_MONTHS * np.exp(log_hazard)
    came = generator.exponential(1.0, log_hazard.shape) / rate
    left = generator.uniform(0.1 * LONGEST_MONTHS, LONGEST_MONTHS, log_hazard.shape)
    return np.maximum(np.minimum(came, left), _SHORTEST_MONTHS), came <= left


def expected_c_index(
    generator: np.random.Generator, log_hazard: FloatArray, known: FloatArray | None = None
) -> float:
    """Return the expected C-index of the true hazard, or of what is known of it, which no method exceeds on average.

    Parameters
    ----------
    generator
        Of random numbers.
    log_hazard
        ``(2, p)`` of pairs of patients; equal ones count half.
    known
        ``(2, p)`` the expected log hazards given what a method can see; all of it if None.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> expected_c_index(generator, np.zeros((2, 10)))
    0.5
    """
    months, event = followed(generator, log_hazard)
    first = np.argmin(months, axis=0)
    observed = np.take_along_axis(event, first[None], axis=0)[0]
    seen = log_hazard if known is None else known
    gap = seen[0] - seen[1]
    right = np.where(gap == 0, 0.5, (gap > 0) == (first == 0))
    return float(right[observed].mean())
