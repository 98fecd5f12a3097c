"""The losses against torch.distributions and scipy, and their gradients against differences."""

import numpy as np
import pytest
import torch
from scipy import stats

from spectra_dl.expression.estimators.losses import LOSSES

SPOTS, GENES = 7, 5
SIZE = torch.tensor([0.05, 0.2, 1.0, 1.5, 0.7, 3.0, 0.4], dtype=torch.float64)[:, None]


def case(name, seed=0):
    """Return outputs and targets as the loss takes them, with zero and large counts."""
    generator = np.random.default_rng(seed)
    if name in ("mse", "pearson"):
        return tuple(torch.from_numpy(generator.normal(size=(SPOTS, GENES))) for _ in range(2))
    rate = torch.from_numpy(generator.normal(1.0, 1.5, (SPOTS, GENES)))
    counts = torch.from_numpy(generator.poisson(np.exp(rate.numpy()) * SIZE.numpy()).astype(float))
    counts[0, 0], counts[1, 1] = 0.0, 25_000.0
    theta = torch.from_numpy(generator.normal(0.0, 1.5, (SPOTS, GENES)))
    output = torch.cat([rate, theta], dim=1) if name == "negative-binomial" else rate
    return output, torch.cat([SIZE, counts], dim=1)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_differences(name):
    output, target = case(name)
    assert torch.autograd.gradcheck(
        lambda x: LOSSES[name](x, target), output.requires_grad_(), eps=1e-6, atol=1e-5
    )


@pytest.mark.parametrize("name", LOSSES)
def test_there_is_one_value_for_each_spot(name):
    assert LOSSES[name](*case(name)).shape == (SPOTS,)


@pytest.mark.parametrize("seed", range(5))
def test_poisson_is_the_log_likelihood_of_torch_distributions(seed):
    output, target = case("poisson", seed)
    log_likelihood = torch.distributions.Poisson(target[:, :1] * output.exp()).log_prob(target[:, 1:])
    torch.testing.assert_close(
        LOSSES["poisson"](output, target), -log_likelihood.mean(dim=1), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("seed", range(5))
def test_negative_binomial_is_the_log_likelihood_of_torch_distributions(seed):
    output, target = case("negative-binomial", seed)
    rate, log_theta = output.chunk(2, dim=1)
    mean, theta = target[:, :1] * rate.exp(), log_theta.exp()
    log_likelihood = torch.distributions.NegativeBinomial(theta, probs=mean / (mean + theta)).log_prob(
        target[:, 1:]
    )
    torch.testing.assert_close(
        LOSSES["negative-binomial"](output, target), -log_likelihood.mean(dim=1), rtol=1e-6, atol=1e-6
    )


def test_negative_binomial_with_a_huge_theta_is_poisson():
    output, target = case("poisson")
    both = torch.cat([output, torch.full_like(output, 20.0)], dim=1)
    torch.testing.assert_close(
        LOSSES["negative-binomial"](both, target)[2:],
        LOSSES["poisson"](output, target)[2:],
        rtol=1e-4,
        atol=1e-4,
    )


def test_pearson_averages_to_one_minus_scipys_correlation():
    output, target = case("pearson")
    expected = [stats.pearsonr(output[:, at], target[:, at]).statistic for at in range(GENES)]
    assert LOSSES["pearson"](output, target).mean().item() == pytest.approx(1 - np.mean(expected), abs=1e-12)


def test_a_gene_constant_in_the_batch_counts_as_uncorrelated():
    output, target = case("pearson")
    target[:, 0] = 2.0
    expected = [stats.pearsonr(output[:, at], target[:, at]).statistic for at in range(1, GENES)]
    assert LOSSES["pearson"](output, target).mean().item() == pytest.approx(
        1 - sum(expected) / GENES, abs=1e-7
    )


def test_mean_squared_error_is_numpys():
    output, target = case("mse")
    expected = ((output - target).numpy() ** 2).mean(axis=1)
    np.testing.assert_allclose(LOSSES["mse"](output, target).numpy(), expected)
