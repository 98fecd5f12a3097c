"""Dropout from packed bits: as often as it says, never alike twice, and nothing outside training."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from spectra_dl.training import dropout
from spectra_dl.training.dropout import ExactDropout, PackedDropout, _kept, _unpacked


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


def dropped(layer: nn.Module, values: torch.Tensor, seed: int) -> tuple[torch.Tensor, ...]:
    """What a layer returns, its gradient, and where it leaves the generator."""
    torch.manual_seed(seed)
    values = values.clone().requires_grad_()
    left = layer(values)
    left.backward(torch.ones_like(left))
    return left.detach(), values.grad, torch.get_rng_state()


@given(
    shape=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    share=st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0])),
    kind=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    seed=st.integers(0, 2**31),
    transposed=st.booleans(),
)
def test_exact_dropout_is_torchs_to_the_bit(shape, share, kind, seed, transposed) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(kind)
    values = values.transpose(0, -1) if transposed else values
    exact, torchs = (dropped(layer(share), values, seed) for layer in (ExactDropout, nn.Dropout))
    for one, other in zip(exact, torchs, strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)
        assert torch.equal(one.double().signbit(), other.double().signbit())


def test_exact_dropout_leaves_it_to_torch_where_torch_draws_in_another_way(monkeypatch) -> None:
    values = torch.randn(50, 60)
    expected = dropped(nn.Dropout(0.3), values, 4)
    monkeypatch.setattr(dropout, "_value_after_value", lambda: False)
    monkeypatch.setattr(dropout, "_kept", None)
    assert all(map(torch.equal, dropped(ExactDropout(0.3), values, 4), expected))


def test_values_are_kept_by_the_bits_of_which_torch_makes_numbers() -> None:
    values = torch.empty(30_000)
    numbers = torch.empty(30_000, dtype=torch.float64).uniform_(generator=torch.Generator().manual_seed(5))
    for share in (0.7, 0.5, 1 / 3, 1e-3):
        assert torch.equal(_kept(values, share, torch.Generator().manual_seed(5)), numbers < share)
