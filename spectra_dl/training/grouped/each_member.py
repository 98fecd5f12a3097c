"""What a loss and an augmentation of one network are for a group of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from spectra_dl.training.losses import Loss

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
        members = zip(self.losses, outputs.unbind(1), targets.unbind(1), strict=True)
        return torch.stack([loss(output, target) for loss, output, target in members], dim=1)


@dataclass(frozen=True)
class EachAugment:
    """One augmentation of all members' rows, in which no member's rows meet another's.

    Attributes
    ----------
    augment
        Takes ``(n, ...)`` inputs and ``(n,)`` class numbers, and changes nothing about the latter.
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
        changed, _ = self.augment(inputs.flatten(0, 1), own.flatten(), generator)
        return changed.view(inputs.shape), targets
