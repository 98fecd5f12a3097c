"""Split-conformal sets of classes."""

import math

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.conformal import ConformalSets, fit_conformal


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


def test_the_quantile_is_the_patient_of_that_rank():
    score = np.linspace(0.05, 0.45, 9)  # ceil(10 * 0.9) = 9: the ninth of nine
    probability = np.stack([1 - score, score], axis=1)
    conformal = fit_conformal(probability, np.zeros(9, dtype=np.intp), 0.9)
    assert conformal.quantile == (pytest.approx(0.45), math.inf)


def test_a_class_with_too_few_patients_is_in_every_set():
    probability = np.tile([0.99, 0.01], (8, 1))
    conformal = fit_conformal(probability, np.zeros(8, dtype=np.intp), 0.9)
    assert conformal.sets(np.array([[0.0, 1.0], [1.0, 0.0]])).all()


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
