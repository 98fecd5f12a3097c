"""Mean and spread of shares that differ between patients are drawn as their counts allow."""

import numpy as np
import pytest
from scipy.stats import beta, betabinom, binom

from spectra_dl.tissue.shares.unequal_shares import PRIOR, dirichlet, population_draws


def interval(values):
    return np.quantile(values, [0.025, 0.975])


def counts_of(mean, correlation, members, images, generator):
    """Counts of two classes of members whose shares have a known mean and intraclass correlation."""
    precision = (1 - correlation) / correlation
    share = generator.beta(mean * precision, (1 - mean) * precision, size=members)
    part = generator.binomial(images, share)
    return np.stack([part, images - part], axis=1)


def test_members_that_are_alike_are_as_many_independent_images():
    generator = np.random.default_rng(0)
    part = generator.binomial(30, 0.3, size=200)
    drawn = population_draws(np.stack([part, 30 - part], axis=1), 4000, generator)
    exact = beta.ppf([0.025, 0.975], part.sum() + 0.5, 6000 - part.sum() + 0.5)
    np.testing.assert_allclose(interval(drawn.mean[:, 0]), exact, atol=0.006)
    assert np.median(drawn.correlation) < 0.01


@pytest.mark.parametrize("correlation", [0.05, 0.2, 0.6])
def test_the_correlation_is_found_again(correlation):
    counts = counts_of(0.4, correlation, 300, 25, np.random.default_rng(1))
    drawn = population_draws(counts, 2000, np.random.default_rng(2))
    low, high = interval(drawn.correlation)
    assert low - 0.02 <= correlation <= high + 0.02
    assert np.median(drawn.correlation) == pytest.approx(correlation, abs=0.08)


@pytest.mark.parametrize(("members", "correlation"), [(2, 0.1), (4, 0.1), (10, 0.2), (30, 0.3)])
def test_intervals_hold_the_mean_in_95_of_100_studies(members, correlation):
    generator, held = np.random.default_rng(3), 0
    for _ in range(400):
        mean = generator.uniform(0.1, 0.9)
        counts = counts_of(mean, correlation, members, 20, generator)
        low, high = interval(population_draws(counts, 500, generator).mean[:, 0])
        held += low <= mean <= high
    assert binom.cdf(held, 400, 0.95) > 0.005
    assert held / 400 < 0.995


def test_a_member_of_which_nothing_is_known_varies_as_members_do():
    counts = counts_of(0.7, 0.2, 400, 30, np.random.default_rng(4))
    drawn = population_draws(counts, 20_000, np.random.default_rng(5))
    own = drawn.members(np.zeros((20_000, 2), dtype=int), np.random.default_rng(6))
    assert own[:, 0].std() == pytest.approx(np.sqrt(0.7 * 0.3 * 0.2), abs=0.02)


def test_what_is_known_of_a_member_moves_its_shares():
    counts = counts_of(0.5, 0.2, 100, 30, np.random.default_rng(7))
    drawn = population_draws(counts, 4000, np.random.default_rng(8))
    own = drawn.members(np.tile([300, 0], (4000, 1)), np.random.default_rng(9))
    assert own[:, 0].mean() > 0.97


def test_the_likelihood_is_that_of_the_beta_binomial():
    from spectra_dl.tissue.shares.unequal_shares import _log_likelihood

    correlation = np.array([0.01, 0.2, 0.9])
    precision = (1 - correlation) / correlation
    found = _log_likelihood(np.array([[4, 6], [0, 10], [4, 6]]), np.tile([0.3, 0.7], (3, 1)), correlation)
    expected = sum(betabinom.logpmf(part, 10, 0.3 * precision, 0.7 * precision) for part in (4, 0, 4))
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-9)


def test_draws_are_of_the_posterior_on_a_grid():
    counts = np.array([[3, 9], [7, 5], [11, 1], [6, 6]])
    mean, deviation = np.meshgrid(np.linspace(0.001, 0.999, 400), (np.arange(200) + 0.5) / 200)
    precision = (1 - deviation**2) / deviation**2
    log = sum(
        betabinom.logpmf(part, part + rest, mean * precision, (1 - mean) * precision) for part, rest in counts
    )
    log = log + beta.logpdf(mean, PRIOR, PRIOR)
    posterior = np.exp(log - log.max()).sum(axis=0)
    cumulative = np.cumsum(posterior) / posterior.sum()
    exact = np.interp([0.025, 0.5, 0.975], cumulative, np.linspace(0.001, 0.999, 400))
    drawn = population_draws(counts, 20_000, np.random.default_rng(0)).mean[:, 0]
    np.testing.assert_allclose(np.quantile(drawn, [0.025, 0.5, 0.975]), exact, atol=0.015)


def test_draws_sum_to_one_whatever_the_parameters():
    drawn = dirichlet(np.array([[1e-5, 1e-5, 1e-5], [1e6, PRIOR, 1.0]] * 500), np.random.default_rng(0))
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
