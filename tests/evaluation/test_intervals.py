"""Intervals against loops, scipy and statsmodels-like formulas worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as oracle

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals, resampled_figures
from spectra_dl.evaluation.intervals import (
    Interval,
    bca_interval,
    draw_patients,
    percentile_interval,
    wilson_interval,
)


def random_scores(seed=0, *, n_patients=25, n_classes=2, repeats=1):
    """Return tied scores of patients with one to four rows."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), generator.integers(1, 5, n_patients))
    truth = (np.arange(n_patients) % n_classes)[patient]
    raw = (
        np.round(generator.uniform(0.1, 1, (repeats, patient.size, n_classes)), 1)
        + 0.2 * np.eye(n_classes)[truth]
    )
    probability = raw / raw.sum(axis=-1, keepdims=True)
    return Scores(truth, probability, patient, 1 if n_classes == 2 else None)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 20))
def test_resampled_auc_equals_scikit_learn_on_repeated_rows(seed, n_patients):
    scores = random_scores(seed, n_patients=n_patients)
    multiplicity = draw_patients(n_patients, resamples=4, seed=seed)
    ours = resampled_auc(scores.truth == 1, scores.probability[0, :, 1], scores.patient, multiplicity)
    for drawn, value in zip(multiplicity, ours, strict=True):
        rows = np.repeat(np.arange(scores.truth.size), drawn.astype(int)[scores.patient])
        if len(set(scores.truth[rows])) < 2:
            assert np.isnan(value)
        else:
            expected = oracle.roc_auc_score(scores.truth[rows], scores.probability[0, rows, 1])
            assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_resampled_figure_equals_the_figure_of_repeated_rows(n_classes):
    scores = random_scores(5, n_classes=n_classes, repeats=2)
    multiplicity = draw_patients(25, resamples=20, seed=3)
    ours = resampled_figures(scores, multiplicity)
    for at, drawn in enumerate(multiplicity):
        rows = np.repeat(np.arange(scores.truth.size), drawn.astype(int)[scores.patient])
        again = Scores(scores.truth[rows], scores.probability[:, rows], scores.patient[rows], scores.positive)
        expected = again.figures()
        assert {name: ours[name][at] for name in expected} == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_blocks_change_nothing(monkeypatch):
    scores = random_scores(2)
    multiplicity = draw_patients(25, resamples=50)
    arguments = (scores.truth == 1, scores.probability[0, :, 1], scores.patient, multiplicity)
    whole = resampled_auc(*arguments)
    monkeypatch.setattr("spectra_dl.evaluation.classes.resampling._BLOCK_CELLS", 100)
    np.testing.assert_array_equal(resampled_auc(*arguments), whole)


def test_every_resample_has_as_many_patients_as_the_data():
    multiplicity = draw_patients(17, resamples=300, seed=1)
    assert multiplicity.shape == (300, 17)
    assert set(multiplicity.sum(axis=1)) == {17.0}
    np.testing.assert_array_equal(multiplicity, draw_patients(17, resamples=300, seed=1))


def test_bca_agrees_with_scipy():
    generator = np.random.default_rng(0)
    sample = generator.exponential(size=60)
    drawn = draw_patients(60, resamples=20_000)
    left_out = np.array([np.delete(sample, at).mean() for at in range(60)])
    ours = bca_interval(float(sample.mean()), drawn @ sample / 60, left_out)
    theirs = stats.bootstrap((sample,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert ours.low > percentile_interval(float(sample.mean()), drawn @ sample / 60).low


def test_bca_of_resamples_spread_evenly_about_the_figure_is_the_percentile_interval():
    resampled = np.repeat(
        [-2.0, -1.0, 0.0, 1.0, 2.0], [20, 230, 500, 230, 20]
    )  # half of them equal the figure
    ours = bca_interval(0.0, resampled, np.array([-1.0, 0.0, 1.0]))
    even = percentile_interval(0.0, resampled)
    assert ours.method == "bca"
    assert (ours.low, ours.high) == (even.low, even.high) == (-1.0, 1.0)


def test_bca_of_figures_without_spread_has_no_width():
    interval = bca_interval(1.0, np.ones(200), np.ones(10))
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_bca_of_a_figure_beyond_all_resamples_falls_back_to_percentiles():
    assert bca_interval(2.0, np.linspace(0, 1, 200), np.linspace(0, 1, 10)).method == "percentile"


def test_wilson_equals_scipy():
    for successes, trials in [(0, 5), (5, 5), (30, 37), (1, 400)]:
        ours = wilson_interval(successes, trials)
        theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_refuses_more_successes_than_trials_and_has_no_share_of_nothing():
    with pytest.raises(UsageError, match="3 successes of 2"):
        wilson_interval(3, 2)
    assert np.isnan(wilson_interval(0, 0).value)


def test_undefined_resamples_are_left_out_and_counted():
    interval = percentile_interval(0.5, np.array([0.4, 0.6, np.nan, np.nan]))
    assert (interval.low, interval.high) == pytest.approx((0.405, 0.595))
    assert interval.undefined_share == 0.5


def test_an_undefined_figure_has_no_interval():
    interval = percentile_interval(float("nan"), np.array([0.1, 0.2]))
    assert np.isnan([interval.value, interval.low, interval.high]).all()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_interval_holds_the_true_auc_in_most_studies(method):
    truth, inside, studies = stats.norm.cdf(1 / np.sqrt(2)), 0, 150
    code = np.arange(80) % 2
    for study in range(studies):
        score = np.random.default_rng(study).normal(size=80) + code
        probability = np.stack([stats.norm.cdf(-score), stats.norm.cdf(score)], axis=1)[None]
        scores = Scores(code, probability, np.arange(80), 1)
        auc = patient_intervals(scores, draw_patients(80, resamples=400, seed=study), method=method)["auc"]
        inside += auc.low <= truth <= auc.high
    assert 0.90 <= inside / studies <= 0.99


def test_rows_of_one_patient_widen_the_interval():
    generator = np.random.default_rng(0)
    patient = np.repeat(np.arange(60), 10)
    score = (generator.normal(size=60) + (np.arange(60) % 2))[patient]  # ten copies of each patient's score
    probability = np.stack([-score, score], axis=1)
    truth = patient % 2
    by_patient = resampled_auc(truth == 1, probability[:, 1], patient, draw_patients(60))
    by_row = resampled_auc(truth == 1, probability[:, 1], np.arange(600), draw_patients(600))
    assert by_patient.std() > 2.5 * by_row.std()


def test_probabilities_of_another_length_are_refused():
    with pytest.raises(DataError, match="for 3 rows"):
        Scores(np.zeros(3, dtype=np.intp), np.zeros((1, 4, 2)), np.zeros(3, dtype=np.intp), 1)


def test_an_interval_says_how_it_was_made():
    assert wilson_interval(1, 2).method == "wilson"
    assert isinstance(percentile_interval(0.5, np.array([0.4, 0.6])), Interval)
