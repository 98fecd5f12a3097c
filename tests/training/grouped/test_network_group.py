"""A gradient is clipped for each member on its own."""

import torch
from torch import nn

from spectra_dl.training.grouped.network import clip_each_member


def test_a_member_with_a_long_gradient_does_not_shorten_anothers() -> None:
    torch.manual_seed(0)
    weight, bias = nn.Parameter(torch.zeros(3, 4, 2)), nn.Parameter(torch.zeros(3 * 2))
    size = torch.tensor([0.01, 1.0, 100.0])
    weight.grad = torch.randn(3, 4, 2) * size.view(3, 1, 1)
    bias.grad = (torch.randn(3, 2) * size.view(3, 1)).flatten()
    alone = []
    for number in range(3):
        own = [nn.Parameter(torch.zeros(4, 2)), nn.Parameter(torch.zeros(2))]
        own[0].grad, own[1].grad = weight.grad[number].clone(), bias.grad.view(3, 2)[number].clone()
        alone.append((nn.utils.clip_grad_norm_(own, 1.0), own))
    longest = clip_each_member([weight, bias], 3, 1.0)
    torch.testing.assert_close(longest, max(norm for norm, _ in alone))
    for number, (_, own) in enumerate(alone):
        torch.testing.assert_close(weight.grad[number], own[0].grad)
        torch.testing.assert_close(bias.grad.view(3, 2)[number], own[1].grad)


def test_short_gradients_keep_their_bits() -> None:
    weight = nn.Parameter(torch.zeros(3, 4))
    weight.grad = 0.1 * torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    before = weight.grad.clone()
    clip_each_member([weight], 3, 1.0)
    assert torch.equal(weight.grad, before)


def test_a_gradient_that_is_not_finite_is_told() -> None:
    weight = nn.Parameter(torch.zeros(2, 3))
    weight.grad = torch.tensor([[1.0, 2.0, 3.0], [0.0, float("nan"), 0.0]])
    assert not clip_each_member([weight], 2, 1.0).isfinite()
