"""Checks of a score: each finds what it is for, and leaves an honest score alone."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.base import BaseEstimator

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.profiles.score_checks import CovariateCheck, above_ceiling, carried_by, few_rows
from spectra_dl.evaluation.profiles.scored import ScoredProfiles

N, SECTIONS, TARGETS = 60, 4, 12


def scored(measured, predicted, *, ceiling=1.0, control=None):
    """Return the evaluation of predictions ``(n, t)`` that are given as rows, with what the checks look at."""
    seen: list[ScoredProfiles] = []

    def look(each):
        seen.append(each)
        return few_rows(each)

    names = np.repeat([f"s{at}" for at in range(SECTIONS)], N)
    data = SectionRows((predicted, control if control is not None else measured), names, names)
    inputs = ProfileInputs(controls={"control": Second()}, score_checks=[look])
    settings = ProfileSettings(shuffles=0, leaky=False)
    evaluate_profiles([ModelEntry("model", First())], data, Measured(measured, ceiling), settings, inputs)
    return seen[0]


class Measured:
    """All columns, under one ceiling."""

    names = tuple(f"t{column}" for column in range(TARGETS))

    def __init__(self, values, ceiling):
        self.all, self.highest = values, ceiling

    def fit(self, rows):
        return self

    def values(self, rows):
        return self.all[rows]

    def ceiling(self, rows):
        return np.full(TARGETS, self.highest)


class First(BaseEstimator):
    """Predicts the first block of its rows."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X[0]


class Second(First):
    """Predicts the second block of its rows."""

    def predict(self, X):
        return X[1]


def noise(seed, columns=TARGETS):
    return np.random.default_rng(seed).normal(size=(N * SECTIONS, columns))


def honest(strength=0.5):
    """Return measured and predicted profiles that share a signal."""
    signal = noise(0)
    return signal * strength + noise(1), signal * strength + 0.5 * noise(2)


def severity(check, each):
    return check(each).severity


def test_an_honest_score_passes_every_check():
    measured, predicted = honest()
    each = scored(measured, predicted, ceiling=0.6, control=noise(3))
    covariate = noise(3)[:, 0]
    check = CovariateCheck("covariate alone", "control", "the covariate", covariate)
    assert {severity(a_check, each) for a_check in (above_ceiling, few_rows, check)} == {"fine"}


def test_a_score_above_the_upper_end_of_the_ceiling_stops_and_states_both():
    measured, predicted = honest(2.0)
    finding = above_ceiling(scored(measured, predicted, ceiling=0.5))
    assert finding.severity == "stop"
    assert "where counting noise allows .500" in finding.sentence


def test_a_score_within_the_ceilings_error_passes():
    measured, predicted = honest()
    r = scored(measured, predicted).result.pearson.value
    assert severity(above_ceiling, scored(measured, predicted, ceiling=r - 0.03)) == "fine"


def test_an_unknown_ceiling_is_no_alarm():
    measured, predicted = honest()
    assert severity(above_ceiling, scored(measured, predicted, ceiling=np.nan)) == "fine"


@pytest.mark.parametrize("outliers", [1, 2])
def test_a_score_carried_by_few_rows_warns_and_counts_them(outliers):
    measured, predicted = noise(1), noise(2)
    for start in range(0, N * SECTIONS, N):
        measured[start : start + outliers] += 12
        predicted[start : start + outliers] += 12
    finding = partial(few_rows, rows="spots")(scored(measured, predicted))
    assert finding.name == "few spots"
    assert finding.severity == "warn"
    assert f"without 12 of {N * SECTIONS} spots" in finding.sentence


def test_sections_too_small_to_leave_rows_out_are_said_to_be():
    measured, predicted = np.random.default_rng(0).normal(size=(2, 40, TARGETS))
    names = np.repeat([f"s{at}" for at in range(4)], 10)
    said = []

    def look(each):
        said.append(few_rows(each, rows="spots"))
        return said[-1]

    evaluate_profiles(
        [ModelEntry("model", First())],
        SectionRows((predicted, measured), names, names),
        Measured(measured, 1.0),
        ProfileSettings(shuffles=0, leaky=False),
        ProfileInputs(controls={"control": Second()}, score_checks=[look]),
    )
    assert said[0].severity == "fine"
    assert said[0].sentence.startswith("Whether a few spots carry the score is not known")


def covariate_study(share):
    """Return predictions that follow a covariate alone, or also the measured profile, and the covariate."""
    covariate = noise(5, 1)
    signal = noise(0)
    measured = covariate + share * signal + 0.5 * noise(1)
    return measured, covariate + share * signal + 0.3 * noise(2), covariate


def test_a_model_that_knows_no_more_than_a_covariate_stops():
    measured, predicted, covariate = covariate_study(0.0)
    each = scored(measured, predicted, control=np.repeat(covariate, TARGETS, axis=1))
    finding = CovariateCheck("covariate alone", "control", "the covariate", covariate[:, 0])(each)
    assert finding.severity == "stop"
    assert "the covariate alone" in finding.sentence


def test_a_model_that_knows_more_than_a_covariate_passes():
    measured, predicted, covariate = covariate_study(2.0)
    each = scored(measured, predicted, control=np.repeat(covariate, TARGETS, axis=1))
    assert CovariateCheck("c", "control", "the covariate", covariate[:, 0])(each).severity == "fine"


def test_a_covariate_that_does_better_warns_where_the_model_knows_something_else():
    covariate, signal = noise(5, 1), noise(0)
    measured, predicted = covariate + 0.7 * signal + 0.5 * noise(1), signal + 0.5 * noise(2)
    each = scored(measured, predicted, control=np.repeat(covariate, TARGETS, axis=1))
    assert CovariateCheck("c", "control", "the covariate", covariate[:, 0])(each).severity == "warn"


def test_the_partial_correlation_is_that_of_residuals():
    measured, predicted, covariate = covariate_study(1.0)
    given = scored(measured, predicted).given(covariate[:, 0]).value
    expected = []
    for rows in np.split(np.arange(N * SECTIONS), SECTIONS):
        basis = np.vander(covariate[rows, 0], 3)
        for target in range(TARGETS):
            first, second = (
                values[rows, target] - basis @ np.linalg.lstsq(basis, values[rows, target], rcond=None)[0]
                for values in (predicted, measured)
            )
            expected.append(pearsonr(first, second).statistic)
    assert given == pytest.approx(np.mean(expected))


def test_a_prediction_that_is_the_covariate_leaves_nothing():
    measured, _, covariate = covariate_study(1.0)
    assert scored(measured, np.repeat(covariate, TARGETS, axis=1)).given(covariate[:, 0]).value == 0


def test_a_score_of_rows_in_doubt_stops_where_less_than_half_remains():
    measured, predicted = noise(1), noise(2)
    doubtful = np.arange(N * SECTIONS) % 5 == 0
    measured[doubtful] += 4
    predicted[doubtful] += 4
    raised, without = carried_by(scored(measured, predicted), doubtful)
    assert raised == "stop"
    assert abs(without.value) < 0.1
    assert carried_by(scored(*honest()), doubtful)[0] == "fine"


def test_what_is_too_low_is_carried_by_nothing():
    each = scored(noise(1), noise(2), control=noise(1))
    check = CovariateCheck("c", "control", "the covariate", noise(3)[:, 0])
    assert check(each).severity == "fine"
    assert "too low" in check(each).sentence
    assert few_rows(each).severity == "fine"
