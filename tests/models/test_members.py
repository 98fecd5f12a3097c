"""Networks go into tensors and come back the same, or are refused; no row's output hangs on its batch."""

import numpy as np
import pytest
import torch
from torch import nn

from spectra_dl.errors import ModelFileError
from spectra_dl.models import members
from spectra_dl.models.members import (
    count_operations,
    mean_output,
    member_tensors,
    network_output,
    rebuilding,
    refuse_unused,
    restore_member,
)


def network(seed: int, width: int = 4) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 2))


INPUTS = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)


def test_each_member_comes_back_with_its_own_weights():
    networks = [network(0), network(1).double()]
    tensors = member_tensors(networks)
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float32), np.dtype(np.int64)}
    for member, one in enumerate(networks):
        restored = restore_member(lambda: network(9), tensors, member)
        assert not restored.training
        assert np.allclose(network_output(restored, INPUTS), network_output(one, INPUTS), atol=1e-6)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_operations_are_counted_for_one_row(kind):
    assert count_operations(network(0).to(kind), 3) == 2 * (3 * 4 + 4 * 2)
    assert count_operations(nn.BatchNorm1d(3), 3) == 1


@pytest.mark.parametrize(("batch_size", "at_once"), [(1, 1 << 20), (3, 1 << 20), (256, 6), (256, 1)])
def test_a_row_does_not_depend_on_its_batch(monkeypatch, batch_size, at_once):
    whole = network_output(network(0), INPUTS)
    monkeypatch.setattr(members, "_NUMBERS_AT_ONCE", at_once)
    assert np.allclose(network_output(network(0), INPUTS, batch_size), whole, atol=1e-12)
    assert whole.shape == (7, 2)
    assert whole.dtype == np.float64


@pytest.mark.parametrize("name", ["member0.0.weight", "member0.strange"])
def test_a_missing_or_an_extra_tensor_is_refused_by_name(name):
    tensors = member_tensors([network(0)])
    if name in tensors:
        del tensors[name]
    else:
        tensors[name] = np.ones(1, dtype=np.float32)
    with pytest.raises(ModelFileError, match=name.removeprefix("member0.")), rebuilding("m.safetensors"):
        restore_member(lambda: network(0), tensors, 0)


def test_a_tensor_of_another_shape_is_refused():
    with pytest.raises(ModelFileError, match="size mismatch"), rebuilding("m.safetensors"):
        restore_member(lambda: network(0, width=5), member_tensors([network(0)]), 0)


def test_tensors_of_no_part_of_the_model_are_refused():
    tensors = member_tensors([network(0), network(1)])
    refuse_unused("m.safetensors", tensors, tensors)
    with pytest.raises(ModelFileError, match="tensors that no part of the model uses"):
        refuse_unused("m.safetensors", tensors, member_tensors([network(0)]))


def test_the_mean_of_members_takes_each_members_own_inputs_and_the_transform_before_it():
    networks, other = [network(0), network(1)], INPUTS[::-1].copy()
    outputs = [network_output(networks[0], INPUTS), network_output(networks[1], other)]
    np.testing.assert_array_equal(mean_output(networks, [INPUTS, other]), (outputs[0] + outputs[1]) / 2)
    squared = mean_output(networks, [INPUTS, other], transform=np.square)
    np.testing.assert_array_equal(squared, (outputs[0] ** 2 + outputs[1] ** 2) / 2)


def test_one_input_for_each_member_is_needed():
    with pytest.raises(ValueError, match="shorter"):
        mean_output([network(0), network(1)], [INPUTS])
    with pytest.raises(ValueError, match="at least one member"):
        mean_output([], [])
