"""A whole bag is pooled block by block: its answer is that of all images at once, in any order and any company."""

import numpy as np
import pytest
import torch

from spectra_dl.imaging.bags.networks import POOLING
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.bags.whole import pooled_bag, pooled_by_members, pooled_logits
from spectra_dl.training.member import seeded_network

WIDTH = 4


def network(kind="attention", seed=0):
    """A network whose attention is far from even."""
    built = seeded_network(lambda: POOLING[kind](WIDTH, 2), seed).double().eval()
    if kind == "attention":
        with torch.no_grad():
            built.weight.weight.mul_(40)
    return built


def images(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def cut(values, *places):
    return [np.ascontiguousarray(part) for part in np.split(values, places)]


@pytest.mark.parametrize("kind", list(POOLING))
def test_blocks_give_what_all_images_at_once_give(kind):
    values = images(50)
    inputs = torch.from_numpy(np.hstack([values, np.ones((50, 1), np.float32)]))[None].double()
    expected = network(kind)(inputs).detach().numpy()[0]
    for places in ((), (1,), (13, 14, 40)):
        pooled = pooled_bag(network(kind), cut(values, *places))
        np.testing.assert_allclose(pooled.logits, expected, rtol=1e-11)


@pytest.mark.parametrize("kind", list(POOLING))
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_images_changes_nothing_but_the_order_of_their_attention(kind, seed):
    values = images(30 + seed, seed)
    order = np.random.default_rng(seed).permutation(len(values))
    there, moved = (pooled_bag(network(kind), cut(each, 11)) for each in (values, values[order]))
    np.testing.assert_allclose(moved.logits, there.logits, rtol=1e-11)
    np.testing.assert_allclose(moved.attention, there.attention[order], rtol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 77])
def test_attention_sums_to_one(count):
    pooled = pooled_bag(network(), cut(images(count), count // 2) if count > 1 else [images(1)])
    assert pooled.attention.sum() == pytest.approx(1.0, abs=1e-12)
    assert (pooled.attention >= 0).all()


def test_attention_is_the_softmax_of_the_scores():
    values, trained = images(40), network()
    pooled = pooled_bag(trained, cut(values, 7, 20))
    score = trained.scores(trained.embedded(torch.from_numpy(values).double()))
    np.testing.assert_allclose(pooled.attention, torch.softmax(score, dim=0).detach().numpy(), rtol=1e-10)


def test_scores_that_no_exponential_holds_are_no_trouble():
    trained = network()
    with torch.no_grad():
        trained.weight.weight.mul_(1e5)
    pooled = pooled_bag(trained, cut(images(40), 20))
    assert np.isfinite(pooled.logits).all()
    assert pooled.attention.sum() == pytest.approx(1.0)


def test_a_bags_bits_do_not_depend_on_the_bags_beside_it():
    values = images(60)
    parts = (np.arange(0, 25), np.arange(25, 28), np.arange(28, 60))
    bags = Bags(values, np.array(["a", "b", "c"], dtype=object), parts)
    together = pooled_logits(network(), bags)
    for number in range(3):
        alone = pooled_logits(network(), bags[np.array([number])])
        np.testing.assert_array_equal(alone[0], together[number])


def test_members_count_the_same():
    bags = Bags(images(20), np.array(["a"], dtype=object), (np.arange(20),))
    members = (network(seed=0), network(seed=1))
    each = [pooled_bag(member, bags.blocks(0)) for member in members]
    (pooled,) = pooled_by_members(members, bags)
    np.testing.assert_allclose(pooled.logits, (each[0].logits + each[1].logits) / 2, rtol=1e-12)
    np.testing.assert_allclose(pooled.attention, (each[0].attention + each[1].attention) / 2, rtol=1e-12)
