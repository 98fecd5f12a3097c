"""In a pass of the training a bounded number of images stands for each bag."""

import numpy as np
import pytest
import torch

from spectra_dl.imaging.bags.batches import BagBatches
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.training.settings import TrainingSettings


def of_sizes(*sizes):
    """Bags of these sizes whose images hold their own number."""
    ends = np.cumsum(sizes)
    values = np.arange(ends[-1], dtype=np.float32)[:, None]
    names = np.array([f"bag{number}" for number in range(len(sizes))], dtype=object)
    return Bags(values, names, tuple(np.split(np.arange(ends[-1]), ends[:-1])))


def batches(bags, **more):
    return BagBatches(bags, torch.arange(len(bags)), batch_size=3, seed=4, **more)


def seen(batch):
    """The images of each bag of a batch, by the bag's number."""
    return {
        int(bag): [int(value) for value, there in images.tolist() if there]
        for bag, images in zip(batch.rows, batch.inputs, strict=True)
    }


def drawn(source, epoch):
    return {bag: images for batch in source.shuffled(epoch) for bag, images in seen(batch).items()}


def test_every_bag_is_met_once_a_pass_with_its_own_target():
    source = batches(of_sizes(*[2] * 7), passes=2)
    met = [int(row) for batch in source.shuffled(0) for row in batch.rows]
    assert sorted(met) == sorted([*range(7)] * 2)
    assert all(torch.equal(batch.rows, batch.targets) for batch in source.shuffled(0))
    assert (len(source), source.n_rows) == (6, 14)


def test_a_small_bag_is_seen_whole_and_what_fills_it_up_is_marked():
    (batch,) = batches(of_sizes(2, 5)).in_order()
    assert seen(batch) == {0: [0, 1], 1: [2, 3, 4, 5, 6]}
    assert batch.inputs.shape == (2, 5, 2)
    assert batch.inputs[0, 2:].abs().sum() == 0


def test_of_a_large_bag_other_images_are_drawn_in_each_pass():
    source = batches(of_sizes(40, 3), most=8)
    first, second = drawn(source, 0)[0], drawn(source, 1)[0]
    assert len(set(first)) == len(set(second)) == 8
    assert first != second
    assert drawn(source, 0)[0] == first


def test_draws_do_not_depend_on_other_bags():
    bags = of_sizes(40, 30, 20)
    alone = drawn(batches(bags[np.array([1])], most=8), 0)[0]
    assert drawn(batches(bags, most=8), 0)[1] == alone


def test_a_training_that_goes_on_meets_what_it_had_not_met():
    source = batches(of_sizes(*[20] * 7), most=4, passes=2)
    whole = [seen(batch) for batch in source.shuffled(3)]
    assert [seen(batch) for batch in source.shuffled(3, first=4)] == whole[4:]


@pytest.mark.parametrize("changed", ["values", "images", "targets", "most"])
def test_another_training_has_another_fingerprint(changed):
    bags, targets, most = of_sizes(5, 3), torch.arange(2), 4
    same = BagBatches(bags, targets, 3, 0, most=most).fingerprint()
    values = bags.values + (changed == "values")
    images = (bags.images[0][:4], bags.images[1]) if changed == "images" else bags.images
    other = BagBatches(
        Bags(values, bags.name, images),
        targets + (changed == "targets"),
        3,
        0,
        most=most + (changed == "most"),
    )
    assert other.fingerprint() != same
    assert BagBatches(of_sizes(5, 3), torch.arange(2), 3, 0, most=most).fingerprint() == same


def test_bags_with_targets_are_what_the_training_asks_for():
    examples = of_sizes(4, 4).examples(np.array([1, 0]))
    source = examples.batches(TrainingSettings(batch_size=1, seed=9), passes=3)
    assert (source.batch_size, source.seed, source.passes) == (1, 9, 3)
    assert source.targets.tolist() == [1, 0]
