"""Losses in the shape the loop needs: one value per row.

The loop takes the mean itself, because only it knows how many rows the whole batch has when the batch is shared by
several processes or taken in micro-batches.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from spectra_dl.errors import UsageError

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy per row; built by `cross_entropy`.

    Attributes
    ----------
    class_weight
        One weight per class, or None.
    label_smoothing
        Share of each target spread evenly over the classes.
    """

    class_weight: tuple[float, ...] | None
    label_smoothing: float

    def is_like(self, other: object) -> bool:
        """Return whether another loss differs in its weights alone, and both have weights."""
        return (
            isinstance(other, CrossEntropy)
            and None not in (self.class_weight, other.class_weight)
            and self.label_smoothing == other.label_smoothing
        )

    def __call__(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return ``(N,)`` losses of ``logits`` (N, C) for class numbers (N,) or class shares (N, C)."""
        weight = None if self.class_weight is None else logits.new_tensor(self.class_weight)  # (C,)
        return functional.cross_entropy(
            logits, targets, weight, reduction="none", label_smoothing=self.label_smoothing
        )


def cross_entropy(
    class_weight: Sequence[float] | torch.Tensor | None = None, label_smoothing: float = 0.0
) -> CrossEntropy:
    """Return the cross-entropy of logits, per row.

    Parameters
    ----------
    class_weight
        ``(C,)`` weights above 0, from training rows only. With ``n / (C * count)`` their mean over these rows is 1 and
        the size of the loss stays comparable.
    label_smoothing
        From 0 to below 1.

    Raises
    ------
    UsageError
        A weight is not a finite number above 0 (a class without rows has none), or the smoothing is out of range.

    Examples
    --------
    >>> cross_entropy()(torch.zeros(1, 2), torch.tensor([1]))
    tensor([0.6931])
    """
    weights = None if class_weight is None else tuple(float(weight) for weight in class_weight)
    for number, weight in enumerate(weights or ()):
        if not (math.isfinite(weight) and weight > 0):
            raise UsageError(
                f"class_weight of class {number} is {weight}: it must be above 0; has every class a training row?"
            )
    if not 0 <= label_smoothing < 1:
        raise UsageError(f"label_smoothing={label_smoothing} must be from 0 to below 1")
    return CrossEntropy(weights, label_smoothing)


def cox_loss(risk: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return ``(N,)`` minus the log partial likelihood of each row with the event, 0 of the others.

    A row is compared with the rows of its batch that are still at risk, so that a batch must hold many; equal times are taken by Breslow, which leaves
    several rows of one patient what they are.

    Parameters
    ----------
    risk
        ``(N,)`` log risks.
    target
        ``(N, 2)`` time, and 1 where the event came then.

    References
    ----------
    Cox 1972, doi 10.1111/j.2517-6161.1972.tb00899.x; with a network: Faraggi & Simon 1995, doi 10.1002/sim.4780140108.

    Examples
    --------
    >>> cox_loss(torch.zeros(3), torch.tensor([[1.0, 1.0], [2.0, 0.0], [3.0, 1.0]]))
    tensor([1.0986, 0.0000, 0.0000])
    """
    time, event = target[:, 0], target[:, 1]
    at_risk = time[None, :] >= time[:, None]  # (N, N), a row always being at risk itself
    everybody = risk[None, :].masked_fill(~at_risk, -torch.inf)
    return event * (torch.logsumexp(everybody, dim=1) - risk)


def hazard_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return ``(N,)`` cross-entropies of whether the event comes, summed over the intervals that a row was observed in.

    Parameters
    ----------
    logits
        ``(N, K)`` of the probability that the event comes in an interval, if it has not before.
    target
        ``(N, 2)`` how many intervals the row was observed in, and 1 where the event came in the last of them.

    References
    ----------
    Gensheimer & Narasimhan 2019, doi 10.7717/peerj.6257.

    Examples
    --------
    >>> hazard_loss(torch.zeros(2, 4), torch.tensor([[1.0, 1.0], [2.0, 0.0]]))
    tensor([0.6931, 1.3863])
    """
    interval = torch.arange(logits.shape[1], device=logits.device)
    observed, event = target[:, :1], target[:, 1:]
    came = event * (interval == observed - 1)
    surprise = functional.binary_cross_entropy_with_logits(logits, came, reduction="none")
    return (surprise * (interval < observed)).sum(dim=1)
