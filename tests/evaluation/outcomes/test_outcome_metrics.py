"""Figures of predicted numbers against scipy, scikit-learn, and resamples that are written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS
from spectra_dl.evaluation.outcomes.metrics import Predicted, spearman_within

ONCE = np.ones((1, 30))


def drawn(seed, *, folds=1, ties=False):
    """Return predictions of 30 patients, in whole numbers if there shall be ties."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=30)
    predicted = 0.5 * truth + generator.normal(size=30)
    if ties:
        truth, predicted = np.round(truth), np.round(predicted)
    return Predicted(truth, predicted, np.full(30, truth.mean()), np.arange(30) % folds)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_scipy_and_scikit_learn(seed, ties):
    one = drawn(seed, ties=ties)
    reached = {name: metric.of(one, ONCE)[0] for name, metric in OUTCOME_METRICS.items()}
    assert reached["rmse"] == pytest.approx(root_mean_squared_error(one.truth, one.predicted))
    assert reached["mae"] == pytest.approx(mean_absolute_error(one.truth, one.predicted))
    assert reached["r2"] == pytest.approx(r2_score(one.truth, one.predicted))
    assert reached["spearman"] == pytest.approx(spearmanr(one.truth, one.predicted).statistic)


@given(seed=st.integers(0, 1000), ties=st.booleans(), folds=st.integers(1, 4))
@settings(deadline=None)
def test_a_resample_is_that_of_patients_written_out(seed, ties, folds):
    one, multiplicity = drawn(seed, ties=ties, folds=folds), draw_patients(30, resamples=3, seed=seed)
    for counts in multiplicity:
        who = np.repeat(np.arange(30), counts.astype(int))
        again = Predicted(
            *(values[who] for values in (one.truth, one.predicted, one.training_mean, one.fold))
        )
        for name, metric in OUTCOME_METRICS.items():
            expected = metric.of(again, np.ones((1, 30)))[0]
            assert metric.of(one, counts[None])[0] == pytest.approx(expected, nan_ok=True), name


def test_the_rank_correlation_compares_patients_of_one_fold_only():
    truth = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    fold = np.array([0, 0, 0, 1, 1, 1])
    another_level = np.array([11.0, 12.0, 13.0, 1.0, 2.0, 3.0])
    assert spearman_within(Predicted(truth, another_level, truth, fold), np.ones((1, 6)))[0] == pytest.approx(
        1.0
    )


def test_a_model_that_says_one_number_has_no_rank_correlation_and_explains_nothing():
    truth = np.arange(30.0)
    mean = truth.mean() + 1e-13 * np.arange(30)  # rounding is no ranking
    one = Predicted(truth, mean, np.full(30, truth.mean()), np.zeros(30, int))
    assert np.isnan(OUTCOME_METRICS["spearman"].of(one, ONCE)[0])
    assert OUTCOME_METRICS["r2"].of(one, ONCE)[0] == pytest.approx(0.0, abs=1e-9)
