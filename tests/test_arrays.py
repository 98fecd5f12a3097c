"""Helpers on arrays against numpy."""

import numpy as np
import pytest

from spectra_dl.arrays import median


@pytest.mark.parametrize("n", [1, 2, 3, 8, 99, 100, 699])
@pytest.mark.parametrize("decimals", [0, 12])
def test_medians_are_those_of_numpy_to_the_last_bit(n: int, decimals: int) -> None:
    values = np.round(np.random.default_rng(n).normal(0, 3, (40, 2, n)), decimals)
    np.testing.assert_array_equal(median(values), np.median(values, axis=-1))
