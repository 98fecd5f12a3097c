"""What a loss and an augmentation of one network are for a group of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from spectra_dl.training.losses import CrossEntropy, Loss

if TYPE_CHECKING:
    from spectra_dl.training.loop import Augment


@dataclass(frozen=True)
class EachLoss:
    """Each member's own loss.

    Attributes
    ----------
    losses
        Of each member (M).
    """

    losses: tuple[Loss, ...]

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return ``(N, M)`` losses of ``outputs`` (N, M, ...) for targets ``(N, M, ...)``."""
        first, *others = self.losses
        if isinstance(first, CrossEntropy) and all(first.is_like(other) for other in others):
            weights = [loss.class_weight for loss in self.losses if isinstance(loss, CrossEntropy)]
            return _cross_entropies(outputs, targets, outputs.new_tensor(weights), first.label_smoothing)
        members = zip(self.losses, outputs.unbind(1), targets.unbind(1), strict=True)
        return torch.stack([loss(output, target) for loss, output, target in members], dim=1)


def _cross_entropies(
    outputs: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor, label_smoothing: float
) -> torch.Tensor:
    """Return what `torch.nn.functional.cross_entropy` returns of each member, to the bit, ``(N, M)``.

    ``outputs`` (N, M, C) are for class numbers ``targets`` (N, M), and ``weight`` is ``(M, C)``.
    """
    likelihood = outputs.log_softmax(-1)
    own = targets.unsqueeze(-1)
    weight = weight.expand_as(likelihood)
    of_target = -likelihood.gather(-1, own).squeeze(-1) * weight.gather(-1, own).squeeze(-1)
    of_all = -(likelihood * weight).sum(-1)
    return (1 - label_smoothing) * of_target + of_all * (label_smoothing / outputs.shape[-1])


@dataclass(frozen=True)
class EachAugment:
    """One augmentation of all members' rows, in which no member's rows meet another's.

    Attributes
    ----------
    augment
        Takes ``(N, M, ...)`` inputs and ``(N, M)`` class numbers, and changes nothing about the latter.
    n_classes
        Classes.
    """

    augment: "Augment"
    n_classes: int

    def __call__(
        self, inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return changed inputs ``(N, M, ...)``, and the targets ``(N, M)``.

        Parameters
        ----------
        inputs
            ``(N, M, ...)``.
        targets
            ``(N, M)`` class numbers.
        generator
            Source of every random number.
        """
        # A class of its own for each member: rows may be mixed with others of their class, which another member may not know.
        own = targets + self.n_classes * torch.arange(targets.shape[1], device=targets.device)
        changed, _ = self.augment(inputs, own, generator)
        return changed, targets
