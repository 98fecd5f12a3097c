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
