"""Losses and augmentations of a group are those of each member, and rows of two members never meet."""

import pytest
import torch

from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.training.grouped.each_member import EachAugment, EachLoss
from spectra_dl.training.losses import cross_entropy


def test_each_member_has_its_own_loss() -> None:
    torch.manual_seed(0)
    losses = (cross_entropy([1.0, 2.0], 0.1), cross_entropy([0.5, 1.0]))
    outputs, targets = torch.randn(6, 2, 2), torch.randint(0, 2, (6, 2))
    both = EachLoss(losses)(outputs, targets)
    for number, loss in enumerate(losses):
        torch.testing.assert_close(both[:, number], loss(outputs[:, number], targets[:, number]))


@pytest.mark.parametrize("classes", [2, 3, 11])
def test_losses_taken_together_are_those_of_each_to_the_bit(classes: int) -> None:
    torch.manual_seed(classes)
    losses = tuple(cross_entropy((0.5 + torch.rand(classes)).tolist(), 0.1) for _ in range(5))
    outputs, targets = 3 * torch.randn(49, 5, classes), torch.randint(0, classes, (49, 5))
    together, alone = (outputs.clone().requires_grad_() for _ in range(2))
    found = EachLoss(losses)(together, targets)
    columns = zip(losses, alone.unbind(1), targets.unbind(1), strict=True)
    expected = torch.stack([loss(*column) for loss, *column in columns], dim=1)
    assert torch.equal(found, expected)
    (found.sum() * 0.02).backward()
    (expected.sum() * 0.02).backward()
    assert torch.equal(together.grad, alone.grad)


def test_rows_are_mixed_with_rows_of_their_member_and_class_alone() -> None:
    level = torch.tensor([[0.0, 100.0], [10.0, 110.0]])  # of each class (axis 0) and member (axis 1)
    targets = torch.tensor([[0, 1], [1, 0], [0, 0], [1, 1], [0, 1], [1, 0]])
    inputs = level[targets, torch.arange(2)].unsqueeze(2).expand(6, 2, 5) + torch.rand(6, 2, 5)
    mixing = Augmentation(shift=0, slope=0, noise=0, scale=0, mixing=1.0)
    changed, same = EachAugment(mixing, 2)(inputs, targets, torch.Generator().manual_seed(0))
    assert torch.equal(same, targets)
    assert not torch.equal(changed, inputs)
    assert (changed - level[targets, torch.arange(2)].unsqueeze(2)).abs().max() <= 1


def test_members_share_the_noise_of_a_place_and_nothing_else() -> None:
    inputs, targets = torch.zeros(6, 3, 40), torch.zeros(6, 3, dtype=torch.int64)

    def changed(**strengths: float) -> torch.Tensor:
        strengths = dict.fromkeys(("shift", "slope", "noise", "scale"), 0.0) | strengths
        return EachAugment(Augmentation(**strengths), 2)(inputs, targets, torch.Generator().manual_seed(0))[0]

    noise = changed(noise=0.5)
    assert torch.equal(noise, noise[:, :1].expand_as(noise))
    assert noise[:, 0].unique().numel() > 200  # of 240
    assert changed(slope=0.5)[:, :, 0].unique().numel() == 18
    assert not inputs.any()
