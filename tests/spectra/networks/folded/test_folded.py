"""Stored networks as matrix products say what torch says of them."""

import numpy as np
import pytest
import torch

from spectra_dl.models.members import network_output
from spectra_dl.spectra.networks import FITTED_NAMES, build_network
from spectra_dl.spectra.networks.folded import FoldedMembers, can_be_folded, folded_network

NAMES = ("compact", *FITTED_NAMES)


def stored(name: str, points: int, classes: int, seed: int = 0):
    """A network with random weights and statistics, and its tensors."""
    torch.manual_seed(seed)
    network = build_network(name, points, classes)
    for key, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(0.1 + torch.rand(tensor.shape) if "var" in key else torch.randn(tensor.shape))
    return network, {key: tensor.numpy() for key, tensor in network.state_dict().items()}


def mean_logits(networks, inputs):
    """The mean over networks, each with an input of its own."""
    return FoldedMembers.of(networks, range(len(networks))).mean_logits(inputs)


def spectra(points: int, rows: int = 130):
    return np.random.default_rng(points).normal(size=(rows, points)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("points", "classes"), [(16, 2), (124, 2), (125, 3), (126, 2), (700, 2), (1001, 5)])
def test_logits_are_those_of_torch_to_twelve_digits(name, points, classes):
    network, tensors = stored(name, points, classes)
    rows = spectra(points)
    expected = network_output(network, rows)
    found = mean_logits([folded_network(name, tensors, points, classes)], [rows])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("name", NAMES)
def test_a_row_has_its_bits_whatever_stands_beside_it(name):
    network = folded_network(name, stored(name, 300, 3)[1], 300, 3)
    rows = spectra(300)
    whole = mean_logits([network], [rows])
    alone = np.concatenate([mean_logits([network], [row[None]]) for row in rows])
    order = np.random.default_rng(1).permutation(len(rows))
    np.testing.assert_array_equal(alone, whole)
    np.testing.assert_array_equal(mean_logits([network], [rows[order]]), whole[order])


def test_the_mean_is_over_networks_each_with_its_own_rows():
    one, two = (folded_network("compact", stored("compact", 200, 2, seed)[1], 200, 2) for seed in (0, 1))
    rows = spectra(200)
    other = rows[::-1].copy()
    mean = mean_logits([one, two], [rows, other])
    np.testing.assert_allclose(
        mean, (mean_logits([one], [rows]) + mean_logits([two], [other])) / 2, rtol=1e-14
    )


@pytest.mark.parametrize("name", NAMES)
def test_networks_that_take_the_same_input_say_together_what_they_say_alone(name):
    networks = [folded_network(name, stored(name, 300, 3, seed)[1], 300, 3) for seed in range(3)]
    inputs = [spectra(300), spectra(300)[::-1].copy()]
    together = FoldedMembers.of(networks, (1, 0, 1)).mean_logits(inputs)
    alone = mean_logits(networks, [inputs[1], inputs[0], inputs[1]])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-13 * np.abs(alone).max())


def test_only_what_differs_is_computed_apart():
    compact, linear = (
        [folded_network(name, stored(name, 60, 2, seed)[1], 60, 2) for seed in range(3)]
        for name in ("compact", "logistic")
    )
    assert len(FoldedMembers.of([*compact, *linear], (0, 0, 0, 0, 0, 1)).networks) == 3


@pytest.mark.parametrize("name", NAMES)
def test_tensors_that_do_not_fit_are_refused_by_name(name):
    tensors = stored(name, 60, 2)[1]
    for key, array in tensors.items():
        without = {other: each for other, each in tensors.items() if other != key}
        with pytest.raises(RuntimeError, match=f"missing {key}"):
            folded_network(name, without, 60, 2)
        with pytest.raises(RuntimeError, match="extra more"):
            folded_network(name, {**tensors, "more": array}, 60, 2)
        wrong = np.zeros((*array.shape, 2), dtype=array.dtype)
        with pytest.raises(RuntimeError, match=f"{key} is"):
            folded_network(name, {**tensors, key: wrong}, 60, 2)
        with pytest.raises(RuntimeError, match=f"{key} is float16"):
            folded_network(name, {**tensors, key: array.astype(np.float16)}, 60, 2)


def test_networks_of_the_literature_stay_with_torch():
    assert [name for name in ("lenet5", "deepcnn", "resnet") if can_be_folded(name)] == []


@pytest.mark.parametrize("classes", [2, 3])
def test_attributions_are_those_of_captum(classes):
    from captum.attr import IntegratedGradients

    from spectra_dl.spectra.networks.folded.compact import FoldedCompact

    network = stored("compact", 300, classes)[0].double().eval()
    rows, start = torch.from_numpy(spectra(300, 5)).double(), torch.from_numpy(spectra(300)[-1:]).double()

    def lead(values):
        return network(values)[:, 1] - (network(values)[:, 0] if classes == 2 else 0)

    expected = IntegratedGradients(lead).attribute(rows, start, n_steps=32).numpy()
    found = FoldedCompact.of_network(network, 300).attributions(start[0].numpy(), rows.numpy(), 1, 32)
    # captum keeps the weights of its steps in single precision.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7 * np.abs(expected).max())
