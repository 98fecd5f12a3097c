"""The map of what a fine-tuned network found lies where it was planted, and is that of the gradient."""

import copy

import numpy as np
import pytest
import torch

from spectra_dl.errors import UsageError
from spectra_dl.imaging.fine_tuning.grad_cam import class_activation, mean_activation
from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork, scaled, with_imagenet_weights

SIDE, PATCH = 128, 40


@pytest.fixture(scope="module")
def planted():
    """Even images, of which each of the second half has a chequered patch in a corner, and where it begins."""
    generator = np.random.default_rng(0)
    tiles = np.full((24, SIDE, SIDE, 3), 200.0, np.float32) + generator.normal(0, 4, (24, SIDE, SIDE, 3))
    chequered = 120.0 * ((np.indices((PATCH, PATCH)) // 5).sum(0) % 2)[..., None]
    corners = generator.integers(0, 2, size=(24, 2)) * (SIDE - PATCH)
    for tile, (down, across) in zip(tiles[12:], corners[12:], strict=True):
        tile[down : down + PATCH, across : across + PATCH] = 40.0 + chequered
    return tiles.reshape(24, -1).astype(np.float32), corners


@pytest.fixture(scope="module")
def network(planted):
    """The encoder as it is, with an output layer that tells patches from even images."""
    network = with_imagenet_weights(TileNetwork(1, 3 * SIDE**2, 2, 0)).eval()
    tiles = torch.from_numpy(planted[0]).reshape(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    with torch.no_grad():
        features = network.encoder(scaled(tiles))
        apart = features[12:].mean(0) - features[:12].mean(0)
        network.out.weight.copy_(torch.stack([-apart, apart]))
    return network


def test_the_highest_place_lies_in_the_planted_patch(network, planted):
    tiles, corners = planted
    maps = class_activation(network, tiles[12:], 1)
    assert maps.shape == (12, SIDE, SIDE)
    for each, (down, across) in zip(maps, corners[12:], strict=True):
        row, column = np.unravel_index(each.argmax(), each.shape)
        assert down - 8 <= row < down + PATCH + 8
        assert across - 8 <= column < across + PATCH + 8
        assert each.max() == pytest.approx(1.0)
        assert each.min() >= 0.0


def test_weights_are_the_gradients_that_selvaraju_asks_for(network, planted):
    """For a network of a mean and a linear layer the weights are the layer's own, up to a factor."""
    tile = planted[0][-1:]
    image = torch.from_numpy(tile).reshape(1, SIDE, SIDE, 3).permute(0, 3, 1, 2)
    with torch.no_grad():
        found = network.encoder.maps(scaled(image))
        weight = network.out.weight[1] - network.out.weight[0]
        expected = torch.relu((weight[:, None, None] * found[0]).sum(0))
    whole = torch.nn.functional.interpolate(expected[None, None], size=(SIDE, SIDE), mode="bilinear")[0, 0]
    np.testing.assert_allclose(
        class_activation(network, tile, 1)[0], (whole / whole.max()).numpy(), atol=1e-5
    )


def test_of_an_ensemble_the_mean_is_shown_with_one_as_its_highest_place(network, planted):
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.out.weight.copy_(network.out.weight.flip(0))
    each = [class_activation(one, planted[0][-2:], 1) for one in (network, other)]
    together = mean_activation([network, other], planted[0][-2:], 1)
    mean = np.mean(each, axis=0)
    np.testing.assert_allclose(together, mean / mean.max(axis=(1, 2), keepdims=True), rtol=1e-12)
    np.testing.assert_array_equal(mean_activation([network], planted[0][-2:], 1), each[0])


def test_an_output_that_is_not_there_is_refused(network, planted):
    with pytest.raises(UsageError, match="count from 0"):
        class_activation(network, planted[0][:1], 2)
