"""Pooling networks compute what the paper says, whatever fills up a batch."""

import numpy as np
import pytest
import torch

from spectra_dl.errors import UsageError
from spectra_dl.imaging.bags.networks import POOLING, GatedAttention, MeanPooling
from spectra_dl.training.member import seeded_network

WIDTH, CLASSES = 5, 3


def built(kind, seed=0):
    return seeded_network(lambda: POOLING[kind](WIDTH, CLASSES), seed).double().eval()


def bag(images, seed=1):
    return np.random.default_rng(seed).normal(size=(images, WIDTH))


def batch(*bags):
    """Bags filled up to the largest, with a column that says where there is an image."""
    inputs = torch.full((len(bags), max(map(len, bags)), WIDTH + 1), 7.0, dtype=torch.float64)
    inputs[..., -1] = 0
    for place, images in enumerate(bags):
        inputs[place, : len(images), :-1] = torch.from_numpy(images)
        inputs[place, : len(images), -1] = 1
    return inputs


def by_hand(network, images):
    """Equations 8 and 9 of Ilse et al. 2018, and the linear layer on the pooled embedding, in NumPy."""
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    hidden = np.maximum(images @ weights["embedding.0.weight"].T + weights["embedding.0.bias"], 0)
    tanh = np.tanh(hidden @ weights["value.weight"].T + weights["value.bias"])
    gate = 1 / (1 + np.exp(-(hidden @ weights["gate.weight"].T + weights["gate.bias"])))
    score = (tanh * gate) @ weights["weight.weight"][0]
    attention = np.exp(score) / np.exp(score).sum()
    return attention @ hidden @ weights["head.weight"].T + weights["head.bias"], attention


def test_attention_is_the_papers_equation():
    network, images = built("attention"), bag(9)
    logits, _ = by_hand(network, images)
    np.testing.assert_allclose(network(batch(images)).detach().numpy()[0], logits, rtol=1e-12)


def test_mean_pooling_is_the_mean_of_the_embeddings():
    network, images = built("mean-pooling"), bag(9)
    pooled = network.embedded(torch.from_numpy(images)).mean(dim=0)
    np.testing.assert_allclose(
        network(batch(images)).detach().numpy()[0], network.head(pooled).detach().numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("kind", list(POOLING))
def test_what_fills_up_a_batch_counts_nothing(kind):
    network, small, large = built(kind), bag(3), bag(11, seed=2)
    together = network(batch(small, large)).detach().numpy()
    for place, images in enumerate((small, large)):
        np.testing.assert_allclose(together[place], network(batch(images)).detach().numpy()[0], rtol=1e-12)


@pytest.mark.parametrize("kind", list(POOLING))
def test_every_weight_learns(kind):
    network = built(kind).train()
    network(batch(bag(6), bag(4, seed=5))).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_the_two_differ_in_attention_alone():
    attention, mean = GatedAttention(WIDTH, CLASSES), MeanPooling(WIDTH, CLASSES)
    more = set(attention.state_dict()) - set(mean.state_dict())
    assert {name.partition(".")[0] for name in more} == {"value", "gate", "weight"}
    assert set(mean.state_dict()) < set(attention.state_dict())


@pytest.mark.parametrize(("features", "classes"), [(0, 2), (5, 0)])
def test_impossible_sizes_are_refused(features, classes):
    with pytest.raises(UsageError, match="one or more of each are needed"):
        GatedAttention(features, classes)
