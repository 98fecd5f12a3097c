"""Figures of risks with censoring: properties, and equality with other people's implementations."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.evaluation.outcomes.survival.curves import (
    kaplan_meier,
    log_rank,
    martingale_residuals,
    survival_at,
    uncensored_at,
)
from spectra_dl.evaluation.outcomes.survival.metric_table import SURVIVAL_METRICS
from spectra_dl.evaluation.outcomes.survival.metrics import (
    PredictedRisk,
    concordance,
    concordance_ipcw,
    integrated_brier,
)

CONCORDANCES = pytest.mark.parametrize("figure", [concordance, concordance_ipcw])


def predicted(seed, *, patients=60, folds=1, coarse=False):
    """Return risks that know something of times, with ties of times where these are coarse."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=patients)
    unit = 4.0 if coarse else 1e4
    died = np.ceil(unit * generator.exponential(np.exp(-truth)))
    left = np.ceil(unit * generator.exponential(2.0, patients))
    time, event = np.minimum(died, left), died <= left
    risk = np.round(truth + generator.normal(size=patients), 1)
    grid = np.linspace(np.quantile(time, 0.1), np.quantile(time, 0.85), 12)
    survival = np.exp(-np.outer(np.exp(risk), grid / grid[-1]))
    return PredictedRisk(time, event, risk, survival, grid, np.arange(patients) % folds)


def value(figure, of):
    return float(figure(of, np.ones((1, len(of.time))))[0])


def slow_concordance(of):
    """Count pairs one by one."""
    right = known = 0.0
    for i in range(len(of.time)):
        for j in range(len(of.time)):
            later = of.time[i] < of.time[j] or (of.time[i] == of.time[j] and not of.event[j])
            if of.event[i] and later and i != j and of.fold[i] == of.fold[j]:
                known += 1
                right += 0.5 * (of.risk[i] == of.risk[j]) + (of.risk[i] > of.risk[j])
    return right / known


@pytest.mark.parametrize("coarse", [False, True])
def test_pairs_are_counted_within_folds_and_equal_risks_count_half(coarse):
    of = predicted(3, folds=3, coarse=coarse)
    assert value(concordance, of) == pytest.approx(slow_concordance(of), abs=1e-12)


@CONCORDANCES
@given(seed=st.integers(0, 200))
@settings(deadline=None, max_examples=25)
def test_only_the_order_of_risks_counts_and_its_reverse_is_the_rest(figure, seed):
    of = predicted(seed, coarse=seed % 2 == 0)
    again = replace(of, risk=np.exp(of.risk / 2) - 7.0)
    assert value(figure, again) == pytest.approx(value(figure, of), abs=1e-12)
    distinct = replace(of, risk=of.risk + np.arange(60) * 1e-4)
    reverse = replace(distinct, risk=-distinct.risk)
    assert value(figure, distinct) + value(figure, reverse) == pytest.approx(1.0, abs=1e-12)


@CONCORDANCES
def test_equal_risks_are_one_half(figure):
    of = predicted(0)
    assert value(figure, replace(of, risk=np.zeros(60))) == pytest.approx(0.5)


def test_scores_of_other_folds_are_not_compared():
    of = predicted(1, folds=4)
    shifted = replace(of, risk=of.risk + 100.0 * of.fold)
    assert value(concordance, shifted) == pytest.approx(value(concordance, of))


@pytest.mark.parametrize("name", SURVIVAL_METRICS)
def test_a_patient_drawn_twice_counts_as_two(name):
    of, figure = predicted(5), SURVIVAL_METRICS[name].of
    drawn = np.bincount(np.random.default_rng(0).integers(0, 60, 60), minlength=60)
    twice = np.repeat(np.arange(60), drawn)
    doubled = PredictedRisk(
        of.time[twice], of.event[twice], of.risk[twice], of.survival[twice], of.grid, of.fold[twice]
    )
    assert figure(of, drawn[None].astype(float))[0] == pytest.approx(value(figure, doubled), abs=1e-12)


def test_without_a_known_pair_concordance_is_undefined():
    of = predicted(0)
    assert np.isnan(value(concordance, replace(of, event=np.zeros(60, dtype=bool))))


def test_the_truth_errs_least_and_the_curve_of_all_is_a_fair_guess():
    of = predicted(2, patients=400)
    after = (of.time[:, None] > of.grid).astype(float)
    flat = np.tile(survival_at(of.time, of.event, of.grid, np.ones((1, 400))), (400, 1))
    errors = [value(integrated_brier, replace(of, survival=said)) for said in (after, flat, 1.0 - after)]
    assert errors == sorted(errors)
    assert errors[1] == pytest.approx(0.2, abs=0.05)


def test_residuals_sum_to_nothing_and_are_highest_of_who_died_first():
    of = predicted(4)
    excess = martingale_residuals(of.time, of.event)
    assert excess.sum() == pytest.approx(0.0, abs=1e-9)
    first = np.flatnonzero(of.event)[np.argmin(of.time[of.event])]
    assert excess.argmax() == first


def test_one_group_has_no_log_rank_statistic():
    of = predicted(0)
    assert np.isnan(log_rank(of.time, of.event, np.zeros(60, dtype=int)))


def test_a_curve_by_hand():
    curve = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False, True]))
    assert curve.time.tolist() == [1.0, 2.0, 4.0]
    assert curve.at_risk.tolist() == [5, 4, 1]
    np.testing.assert_allclose(curve.survival, [0.8, 0.6, 0.0])
    assert curve.low[0] < 0.8 < curve.high[0]
    assert np.isnan(curve.low[-1])
    assert curve.at(0.5) == (
        1.0,
        pytest.approx(5 / (5 + 1.96**2), abs=1e-4),
        1.0,
    )  # five without an event don't prove that none comes
    assert curve.at(3.9)[0] == pytest.approx(0.6)


@pytest.mark.parametrize("coarse", [False, True])
def test_figures_equal_those_of_scikit_survival(coarse):
    library = pytest.importorskip("sksurv.metrics", reason="scikit-survival, of the extra test")
    from sksurv.util import Surv

    for seed in range(5):
        of = predicted(seed, patients=80, coarse=coarse)
        followed = Surv.from_arrays(of.event, of.time)
        harrell = library.concordance_index_censored(of.event, of.time, of.risk)[0]
        assert value(concordance, of) == pytest.approx(harrell, abs=1e-9)
        uno = library.concordance_index_ipcw(followed, followed, of.risk, tau=of.grid[-1])[0]
        assert value(concordance_ipcw, of) == pytest.approx(uno, abs=1e-9)
        brier = library.integrated_brier_score(followed, followed, of.survival, of.grid)
        assert value(integrated_brier, of) == pytest.approx(brier, abs=1e-9)


@pytest.mark.parametrize("coarse", [False, True])
def test_curves_and_log_rank_equal_those_of_scikit_survival(coarse):
    nonparametric = pytest.importorskip("sksurv.nonparametric", reason="scikit-survival, of the extra test")
    from sksurv.compare import compare_survival
    from sksurv.util import Surv

    of = predicted(7, patients=80, coarse=coarse)
    curve = kaplan_meier(of.time, of.event)
    time, survival, (low, high) = nonparametric.kaplan_meier_estimator(of.event, of.time, conf_type="log-log")
    stepped = np.isin(time, curve.time)
    np.testing.assert_allclose(curve.survival, survival[stepped], atol=1e-9)
    inside = np.isfinite(curve.low)
    np.testing.assert_allclose(curve.low[inside], low[stepped][inside], atol=1e-9)
    np.testing.assert_allclose(curve.high[inside], high[stepped][inside], atol=1e-9)
    left, share = nonparametric.kaplan_meier_estimator(of.event, of.time, reverse=True)
    np.testing.assert_allclose(uncensored_at(of.time, of.event, left, np.ones((1, 80)))[0], share, atol=1e-9)
    group = np.digitize(of.risk, [-0.5, 0.5])
    wanted = compare_survival(Surv.from_arrays(of.event, of.time), group)[0]
    assert log_rank(of.time, of.event, group) == pytest.approx(wanted, abs=1e-9)
