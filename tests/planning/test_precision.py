"""Widths of intervals at so many patients, against scipy, published values and simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest, rankdata

from spectra_dl.errors import UsageError
from spectra_dl.planning.precision import (
    auc_interval,
    auc_variance,
    effective_of_interval,
    effective_patients,
    sensitivity_patients,
)


def test_the_published_standard_error_is_reproduced():
    """Hanley & McNeil 1982: an AUC of .893 of 51 and 58 patients has a standard error of .0325."""
    assert auc_variance(0.893, 51, 58) ** 0.5 == pytest.approx(0.0325, abs=5e-5)


def test_the_variance_is_that_of_simulated_exponential_scores():
    generator = np.random.default_rng(0)
    ill, well = generator.exponential(4.0, (4000, 20)), generator.exponential(1.0, (4000, 30))
    ranks = rankdata(np.concatenate([ill, well], axis=1), axis=1)[:, :20].sum(axis=1)
    auc = (ranks - 20 * 21 / 2) / 600
    assert auc.mean() == pytest.approx(0.8, abs=0.005)
    assert auc_variance(0.8, 20, 30) == pytest.approx(auc.var(), rel=0.06)


@pytest.mark.parametrize("sensitivity", [0.7, 0.9])
@pytest.mark.parametrize("width", [0.1, 0.25])
def test_the_number_of_patients_is_the_least_whose_interval_is_narrow_enough(sensitivity, width):
    def width_at(count):
        # scipy takes whole successes; between two of them the width changes little.
        low, high = (
            binomtest(int(hits), count).proportion_ci(method="wilson")
            for hits in (np.floor(sensitivity * count), np.ceil(sensitivity * count))
        )
        return sorted([low.high - low.low, high.high - high.low])

    count = sensitivity_patients(sensitivity, width)
    assert width_at(count)[0] <= width + 1e-9
    assert width_at(count - 1)[1] >= width - 1e-2


def test_75_to_100_patients_test_a_good_classifier():
    """Beleites et al. 2013 conclude that 75 to 100 test samples are needed for a good but not perfect classifier."""
    assert 75 <= sensitivity_patients(0.9, 0.13) <= 100


def test_an_interval_says_how_many_tosses_know_so_much():
    interval = auc_interval(0.83, 41.7)
    assert effective_of_interval(0.83, interval.low, interval.high) == pytest.approx(41.7, rel=1e-6)
    assert effective_patients(0.8, 0.8 * 0.2 / 50) == pytest.approx(50)


@pytest.mark.parametrize("width", [0.0, 1.0, -1.0])
def test_a_width_that_no_interval_has_is_refused(width):
    with pytest.raises(UsageError, match="width"):
        sensitivity_patients(0.9, width)
