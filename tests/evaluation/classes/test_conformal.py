"""Split-conformal sets of classes."""

import math

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.conformal import ConformalSets, fit_conformal, patients_needed


def patients(generator, n, distance=1.5):
    """Return probabilities of n patients, a quarter of them of the second class, overconfident by far."""
    truth = (np.arange(n) % 4 == 0).astype(np.intp)
    logit = 4 * (generator.normal(size=n) + distance * (truth - 0.5))
    second = 1 / (1 + np.exp(-logit))
    return np.stack([1 - second, second], axis=1), truth


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_new_patients_of_each_class_are_covered_as_promised(coverage):
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        known, new = patients(generator, 100), patients(generator, 100)
        in_set = fit_conformal(*known, coverage).sets(new[0])[np.arange(100), new[1]]
        covered.append([in_set[new[1] == code].mean() for code in (0, 1)])
    for mean in np.mean(covered, axis=0):
        assert coverage - 0.01 <= mean <= coverage + 0.035  # at most 1 / (25 + 1) above, by the theorem


def scored(*by_class):
    """Return probabilities of two classes' patients who have these scores, 1 - the true class's probability."""
    true = 1 - np.concatenate(by_class)
    truth = np.repeat([0, 1], [len(scores) for scores in by_class])
    return np.stack(
        [np.where(truth == 0, true, 1 - true), np.where(truth == 1, true, 1 - true)], axis=1
    ), truth


def test_the_quantile_is_the_patient_of_that_rank():
    ten, nine = np.linspace(0.04, 0.4, 10), np.linspace(0.05, 0.45, 9)
    conformal = fit_conformal(*scored(ten, nine), 0.9)  # ceil(11 * 0.9) = 10 of 10, ceil(10 * 0.9) = 9 of 9
    assert (conformal.quantile, conformal.pooled) == ((pytest.approx(0.4), pytest.approx(0.45)), ())
    assert fit_conformal(*scored(ten, nine), 0.8).quantile == (pytest.approx(0.36), pytest.approx(0.4))


def test_a_class_with_too_few_patients_takes_the_limit_of_all_together():
    many, few = np.linspace(0.02, 0.6, 30), np.linspace(0.1, 0.3, 8)
    conformal = fit_conformal(*scored(many, few), 0.9)
    assert conformal.pooled == (1,)
    together = np.sort(np.concatenate([many, few]))[35]  # ceil(39 * 0.9) = 36
    own = np.sort(many)[27]  # ceil(31 * 0.9) = 28
    assert conformal.quantile == (pytest.approx(max(own, together)), pytest.approx(together))


def test_few_patients_keep_their_own_highest_score():
    conformal = fit_conformal(*scored(np.linspace(0.02, 0.6, 30), np.array([0.1, 0.9])), 0.9)
    assert conformal.quantile[1] == pytest.approx(0.9)


def test_other_classes_are_no_narrower_than_all_together_where_one_is_pooled():
    conformal = fit_conformal(*scored(np.full(30, 0.1), np.full(8, 0.8)), 0.9)
    assert conformal.quantile == (pytest.approx(0.8), pytest.approx(0.8))


def test_too_few_patients_of_all_classes_leave_every_class_in_every_set():
    conformal = fit_conformal(*scored(np.full(5, 0.01), np.full(3, 0.01)), 0.9)
    assert conformal.quantile == (math.inf, math.inf)
    assert conformal.sets(np.array([[0.0, 1.0], [1.0, 0.0]])).all()


def test_as_many_patients_as_are_needed_give_a_rank_of_their_own():
    for percent in range(50, 100):
        needed = patients_needed(percent / 100)
        assert (needed + 1) * percent <= needed * 100
        assert needed * percent > (needed - 1) * 100
        assert fit_conformal(*scored(np.full(needed, 0.1), np.full(needed, 0.1)), percent / 100).pooled == ()


def test_sets_only_grow_with_coverage():
    generator = np.random.default_rng(0)
    for few in (2, 5, 12):
        study = scored(generator.random(30), generator.random(few))
        limits = np.array([fit_conformal(*study, percent / 100).quantile for percent in range(50, 100)])
        assert (limits[1:] >= limits[:-1]).all()


def simulated(generator, n_per_class, distance=1.8):
    """Return perfect probabilities of patients of two classes whose AUC is .90, and the classes."""
    truth = np.repeat([0, 1], n_per_class)
    log_odds = distance * (generator.normal(size=truth.size) + distance * (truth - 0.5))
    second = 1 / (1 + np.exp(-log_odds))
    return np.stack([1 - second, second], axis=1), truth


def mean_coverage(n_per_class, coverage=0.9, studies=500):
    """Return how often sets of one study's patients hold new patients' class, per class and in all, weighed like the patients known."""
    generator, held = np.random.default_rng(7), np.zeros((studies, 2))
    for study in range(studies):
        conformal = fit_conformal(*simulated(generator, n_per_class), coverage)
        probability, truth = simulated(generator, (100, 100))
        in_set = conformal.sets(probability)[np.arange(truth.size), truth]
        held[study] = [in_set[truth == code].mean() for code in (0, 1)]
    mean = held.mean(axis=0)
    return (*mean, float(np.average(mean, weights=n_per_class)))


def test_thirty_patients_of_each_class_are_covered_as_stated():
    *each, _ = mean_coverage((30, 30))
    assert all(0.88 <= share <= 0.92 for share in each)


@pytest.mark.parametrize("few", [9, 14, 20])
def test_nine_to_twenty_patients_of_a_class_keep_its_coverage(few):
    *each, _ = mean_coverage((30, few))
    assert all(share >= 0.9 - 0.01 for share in each)  # the standard error of 500 studies is .004


@pytest.mark.parametrize("few", [3, 8])
def test_a_pooled_class_keeps_the_coverage_of_all_patients_and_most_of_its_own(few):
    first, second, together = mean_coverage((30, few))
    assert first >= 0.9 - 0.01
    assert together >= 0.9 - 0.01
    assert second >= few / (few + 1) - 0.02


def test_three_classes_have_a_quantile_each():
    generator = np.random.default_rng(1)
    probability = generator.dirichlet([1, 1, 1], size=90)
    truth = np.arange(90) % 3
    conformal = fit_conformal(probability, truth, 0.8)
    in_set = conformal.sets(probability)[np.arange(90), truth]
    assert [int(in_set[truth == code].sum()) for code in range(3)] == [25, 25, 25]  # ceil(31 * 0.8)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1, float("nan")])
def test_an_impossible_coverage_is_refused(coverage):
    with pytest.raises(UsageError, match="a share between 0 and 1"):
        fit_conformal(np.ones((2, 2)) / 2, np.array([0, 1]), coverage)


@pytest.mark.parametrize(
    ("probability", "truth", "sentence"),
    [
        (np.ones((2, 2)) / 2, [0], "for 1 patients"),
        (np.full((2, 2), np.nan), [0, 1], "not finite"),
        (np.ones((2, 2)) / 2, [0, 2], "from 0 to 1"),
    ],
)
def test_patients_that_teach_nothing_are_refused(probability, truth, sentence):
    with pytest.raises(DataError, match=sentence):
        fit_conformal(probability, np.array(truth))


def test_probabilities_of_other_classes_are_refused():
    with pytest.raises(DataError, match="2 classes"):
        ConformalSets(0.9, (0.1, 0.2)).sets(np.ones((1, 3)))


def test_a_quantile_that_is_no_number_is_refused():
    with pytest.raises(DataError, match="not a number"):
        ConformalSets(0.9, (0.1, math.nan))
