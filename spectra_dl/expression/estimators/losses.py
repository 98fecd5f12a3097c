"""Losses of predicted expression, one value per spot, as the training loop takes them."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

LossName = Literal["mse", "pearson", "poisson", "negative-binomial"]


def mean_squared_error(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return ``(N,)`` mean squared errors over genes.

    Parameters
    ----------
    output, target
        ``(N, g)`` predicted and measured log-normalised expression.
    """
    return (output - target).square().mean(dim=1)


def pearson_loss(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return ``(N,)`` values whose mean is 1 minus the Pearson correlation over the batch's spots, averaged over genes.

    A gene that is constant in the batch counts as uncorrelated. The correlation is the batch's: batches of other sizes give other
    losses.

    Parameters
    ----------
    output, target
        ``(N, g)`` predicted and measured log-normalised expression.
    """
    centred_output, centred_target = output - output.mean(dim=0), target - target.mean(dim=0)
    tiny = 1e-8
    spread = (
        (centred_output.square().sum(dim=0) * centred_target.square().sum(dim=0)).clamp_min(tiny).sqrt()
    )  # (g,)
    part = (centred_output * centred_target / spread).mean(
        dim=1
    )  # (N, g) -> (N,): sums to the mean correlation
    return 1.0 - part * len(output)


def poisson_nll(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return ``(N,)`` negative Poisson log-likelihoods, averaged over genes.

    Parameters
    ----------
    output
        ``(N, g)`` logarithms of rates per unit of library size.
    target
        ``(N, 1 + g)``: each spot's library size, then its counts.
    """
    import torch

    size, counts = target[:, :1], target[:, 1:]
    log_mean = output + size.log()
    return (log_mean.exp() - counts * log_mean + torch.lgamma(counts + 1.0)).mean(dim=1)


def negative_binomial_nll(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return ``(N,)`` negative log-likelihoods of negative-binomial counts, averaged over genes.

    The variance is ``mean + mean² / theta``.

    Parameters
    ----------
    output
        ``(N, 2 g)``: logarithms of rates per unit of library size, then logarithms of theta.
    target
        ``(N, 1 + g)``: each spot's library size, then its counts.
    """
    import torch

    size, counts = target[:, :1], target[:, 1:]
    rate, log_theta = output.chunk(2, dim=1)  # (N, 2g) -> 2 x (N, g)
    log_mean, theta = rate + size.log(), log_theta.exp()
    log_total = torch.logaddexp(log_mean, log_theta)
    likelihood = (
        torch.lgamma(counts + theta)
        - torch.lgamma(theta)
        - torch.lgamma(counts + 1.0)
        + theta * (log_theta - log_total)
        + counts * (log_mean - log_total)
    )
    return -likelihood.mean(dim=1)


LOSSES = {
    "mse": mean_squared_error,
    "pearson": pearson_loss,
    "poisson": poisson_nll,
    "negative-binomial": negative_binomial_nll,
}
COUNT_LOSSES = frozenset({"poisson", "negative-binomial"})
