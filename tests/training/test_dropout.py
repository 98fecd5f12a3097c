"""Dropout from packed bits: as often as it says, never alike twice, and nothing outside training."""

import pytest
import torch

from spectra_dl.training.dropout import PackedDropout, _unpacked


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.9])
def test_values_are_dropped_as_often_as_is_said_and_the_mean_stays(share: float) -> None:
    torch.manual_seed(0)
    values = torch.ones(400, 501)
    left = PackedDropout(share)(values)
    assert (left == 0).float().mean().item() == pytest.approx(share, abs=0.005)
    assert left.mean().item() == pytest.approx(1.0, abs=0.01)
    assert len(left.unique()) == (1 if share == 0 else 2)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_each_value_is_dropped_independently_of_every_other(share: float) -> None:
    torch.manual_seed(1)
    kept = (PackedDropout(share)(torch.ones(4000, 100)) > 0).double()
    together = torch.corrcoef(kept.T) - torch.eye(100, dtype=torch.float64)
    assert together.abs().max() < 5 / 4000**0.5
    following = kept.flatten()
    for distance in (1, 6, 8, 48, 64):
        pair = torch.stack([following[:-distance], following[distance:]])
        assert abs(torch.corrcoef(pair)[0, 1]) < 5 / len(following) ** 0.5


def test_the_generator_decides_and_moves_on() -> None:
    layer, values = PackedDropout(0.3), torch.ones(7, 11, 3)
    torch.manual_seed(2)
    first, second = layer(values), layer(values)
    torch.manual_seed(2)
    assert torch.equal(layer(values), first)
    assert not torch.equal(first, second)


def test_nothing_is_dropped_outside_training() -> None:
    values = torch.randn(5, 6)
    assert torch.equal(PackedDropout(0.5).eval()(values), values)


def test_gradients_pass_where_values_did() -> None:
    torch.manual_seed(3)
    values = torch.ones(40, 5, requires_grad=True)
    left = PackedDropout(0.5)(values)
    left.sum().backward()
    assert torch.equal(values.grad, left.detach())


@pytest.mark.parametrize("bits", [1, 8])
def test_bytes_hold_what_shifts_find(bits: int) -> None:
    words = torch.empty(50, dtype=torch.int64).random_(0, 1 << 48)
    shifts = torch.arange(0, 48, bits)
    expected = ((words.unsqueeze(1) >> shifts) & (2**bits - 1)).flatten()
    assert torch.equal(_unpacked(words, bits).long(), expected)
