"""The best AUC of each signal is what its true log likelihood ratio reaches, and no linear score wins an interaction."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from scipy.stats import f as f_distribution
from scipy.stats import norm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.families.normal_signals import distance_for
from spectra_dl.spectra.simulation.families.settings import SIGNALS, VARIANTS, FamilySettings
from spectra_dl.spectra.simulation.families.study import simulate_family
from spectra_dl.spectra.simulation.families.subset import distance_for_subset, subset_auc

PATIENTS = 20_000


def auc_error(positive, score):
    """Standard error of an AUC from the variance of its placements (DeLong et al. 1988, doi 10.2307/2531595)."""
    cases, controls = np.sort(score[positive]), np.sort(score[~positive])
    above = np.searchsorted(controls, cases) / len(controls)
    below = 1 - np.searchsorted(cases, controls) / len(cases)
    return sqrt(above.var() / len(cases) + below.var() / len(controls))


def drawn(signal, *, best_auc=0.85, variant="A", seed=0, spectra=10):
    """A study's signal, the classes of many patients and their latents."""
    settings = FamilySettings(
        signal=signal,
        patients=4,
        spectra_per_patient=spectra,
        best_auc=best_auc,
        variant=variant,
        seed=seed,
        points=100,
    )
    study = simulate_family(settings)
    positive = np.arange(PATIENTS) % 2 == 0
    return study, positive, study.signal.draw(np.random.default_rng(99), positive, spectra)


@pytest.mark.parametrize(
    ("signal", "best_auc", "variant"), list(product(SIGNALS, (0.7, 0.85, 0.95), VARIANTS))
)
def test_the_true_likelihood_ratio_reaches_the_best_auc(signal, best_auc, variant):
    study, positive, latents = drawn(signal, best_auc=best_auc, variant=variant)
    assert study.best_auc == pytest.approx(best_auc, abs=2e-4)
    score = latents.log_likelihood_ratio
    reached = roc_auc_score(positive, score)
    assert abs(reached - study.best_auc) < 4 * auc_error(positive, score)


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_likelihood_ratio_is_a_likelihood_ratio(signal):
    # Among patients of a given log ratio the odds are that ratio: a logistic regression on it has the slope 1.
    from sklearn.linear_model import LogisticRegression

    _, positive, latents = drawn(signal)
    fitted = LogisticRegression(C=1e6).fit(latents.log_likelihood_ratio[:, None], positive)
    assert fitted.coef_[0, 0] == pytest.approx(1.0, abs=0.06)
    assert fitted.intercept_[0] == pytest.approx(0.0, abs=0.08)


def test_a_linear_model_is_at_chance_on_an_interaction_and_a_quadratic_one_is_not():
    study, positive, latents = drawn("interaction")
    half = PATIENTS // 2
    train, test = slice(half), slice(half, None)
    for numbers in (latents.carriers, latents.log_amplitude[::10]):
        linear = LinearDiscriminantAnalysis().fit(numbers[train], positive[train])
        assert abs(roc_auc_score(positive[test], linear.decision_function(numbers[test])) - 0.5) < 0.025
    quadratic = QuadraticDiscriminantAnalysis().fit(latents.carriers[train], positive[train])
    reached = roc_auc_score(positive[test], quadratic.decision_function(latents.carriers[test]))
    assert reached == pytest.approx(study.best_auc, abs=0.015)


@pytest.mark.parametrize("best_auc", [0.55, 0.7, 0.95])
def test_the_closed_form_of_an_interaction_agrees_with_the_f_distribution(best_auc):
    correlation = 2 * best_auc - 1
    assert f_distribution(2, 2).sf((1 - correlation) / (1 + correlation)) == pytest.approx(best_auc)


@pytest.mark.parametrize("best_auc", [0.51, 0.7, 0.99])
def test_the_distance_of_normal_classes_gives_back_the_auc(best_auc):
    assert norm.cdf(distance_for(best_auc) / sqrt(2)) == pytest.approx(best_auc, abs=1e-12)


@pytest.mark.parametrize("spectra", [1, 4, 25])
def test_a_subset_that_is_everybody_is_two_normal_classes(spectra):
    assert subset_auc(0.6, 1 - 1e-12, spectra) == pytest.approx(norm.cdf(0.6 * sqrt(spectra / 2)), abs=3e-4)


def test_the_auc_of_a_subset_agrees_with_a_million_draws():
    generator = np.random.default_rng(5)
    distance, share, spectra = 2.0, 0.3, 3
    value = generator.standard_normal((1_000_000, spectra))
    value[500_000:] += distance * (generator.random((500_000, spectra)) < share)
    score = np.log(1 - share + share * np.exp(distance * value - distance**2 / 2)).sum(axis=1)
    assert subset_auc(distance, share, spectra) == pytest.approx(
        roc_auc_score(np.arange(1_000_000) >= 500_000, score), abs=0.0025
    )


def test_an_auc_that_so_few_spectra_cannot_allow_is_refused_with_the_most_they_can():
    with pytest.raises(UsageError, match=r"no method can exceed 0\.829; give more spectra per patient"):
        distance_for_subset(0.85, 0.3, 3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_move_of_the_whole_axis_does_not_look_like_a_signal_of_positions(variant):
    study, _, _ = drawn("positions", variant=variant)
    moved = np.ones((1, 4))
    assert study.signal.score(moved, 1) == pytest.approx([0.0], abs=1e-12)


def test_a_ratio_varies_far_less_than_its_two_groups():
    study, _, latents = drawn("ratio", spectra=1)
    first, second = (latents.log_amplitude[:, study.world.index(name)] for name in study.signal.groups)
    assert np.std(first - second) < 0.4 * np.std(first)
    assert np.corrcoef(first, second)[0, 1] > 0.9


def test_about_the_stated_share_of_a_positive_patients_spectra_carries_a_subset():
    study, positive, latents = drawn("subset", best_auc=0.95)
    along = (latents.carriers @ study.signal._direction).reshape(PATIENTS, 10)
    expected = study.world.subset_share * study.signal.distance
    assert along[positive].mean() == pytest.approx(expected, abs=0.02)
    assert along[~positive].mean() == pytest.approx(0.0, abs=0.02)
