"""The mean of the highest predictions, each output by its own, as plain NumPy computes it."""

import math

import numpy as np
import pytest
import torch

from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.bags.top_tiles import SHARES, TopTiles, top_means, top_tile_output, top_tile_outputs
from spectra_dl.training.member import seeded_network

WIDTH, OUTPUTS = 4, 3


def network():
    return seeded_network(lambda: TopTiles(WIDTH, OUTPUTS), 0).double().eval()


def images(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def by_hand(built, values):
    weights = {name: tensor.numpy() for name, tensor in built.state_dict().items()}
    hidden = np.maximum(values @ weights["embedding.0.weight"].T + weights["embedding.0.bias"], 0)
    each = np.sort(hidden @ weights["head.weight"].T + weights["head.bias"], axis=0)[::-1]
    return np.mean([each[: math.ceil(share * len(each))].mean(axis=0) for share in SHARES], axis=0)


@pytest.mark.parametrize("count", [1, 2, 64, 300])
def test_a_bag_gets_the_mean_of_its_highest_predictions(count):
    values = images(count)
    output = top_tile_output(network(), np.array_split(values, min(3, count)))
    np.testing.assert_allclose(output, by_hand(network(), values), rtol=1e-9)


def test_what_fills_up_a_batch_counts_nothing():
    small, large = images(3), images(11, seed=2)
    batch = torch.full((2, 11, WIDTH + 1), 7.0, dtype=torch.float64)
    batch[..., -1] = 0
    for place, values in enumerate((small, large)):
        batch[place, : len(values), :-1] = torch.from_numpy(values)
        batch[place, : len(values), -1] = 1
    outputs = network()(batch).detach().numpy()
    for place, values in enumerate((small, large)):
        np.testing.assert_allclose(outputs[place], by_hand(network(), values), rtol=1e-6)


def test_bags_are_answered_one_by_one():
    values = images(10)
    bags = Bags(values, np.array(["a", "b"], dtype=object), (np.arange(4), np.arange(4, 10)))
    outputs = top_tile_outputs(network(), bags)
    np.testing.assert_allclose(outputs[1], by_hand(network(), values[4:]), rtol=1e-9)


def test_gradients_reach_the_highest_predictions_alone():
    predictions = torch.tensor([[[1.0], [5.0], [3.0], [2.0]]], requires_grad=True)
    top_means(predictions, torch.ones(1, 4, dtype=torch.bool), (0.5,)).sum().backward()
    assert predictions.grad is not None
    assert predictions.grad.flatten().tolist() == [0.0, 0.5, 0.5, 0.0]
