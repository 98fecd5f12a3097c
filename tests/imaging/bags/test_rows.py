"""Images in bags are rows of images to some, and rows of bags to others."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import DataError
from spectra_dl.imaging.bags.rows import BaggedFeatures, Bags


def test_a_model_of_images_takes_them_for_a_matrix(study):
    rows, label, _ = study
    plain = LogisticRegression().fit(rows.values, label).predict_proba(rows.values)
    np.testing.assert_array_equal(LogisticRegression().fit(rows, label).predict_proba(rows), plain)


def test_a_part_of_a_part_holds_the_images_that_are_meant(study):
    rows, _, patient = study
    part = rows[np.arange(10, 40)][np.array([3, 0, 7])]
    np.testing.assert_array_equal(np.asarray(part), rows.values[[13, 10, 17]])
    assert list(part.bags.name[part.bag_of_row]) == list(patient[[13, 10, 17]])


def test_every_image_is_in_its_bag_once(study):
    rows, _, patient = study
    bags = rows.bags
    assert sorted(np.concatenate(bags.images)) == list(range(len(rows)))
    for name, images in zip(bags.name, bags.images, strict=True):
        assert set(patient[images]) == {name}


def test_some_bags_are_bags_of_their_own(study):
    bags = study[0].bags
    some = bags[np.array([5, 2])]
    assert list(some.name) == [bags.name[5], bags.name[2]]
    np.testing.assert_array_equal(np.concatenate(list(some.blocks(0))), bags.values[bags.images[5]])


def test_large_bags_come_in_blocks_of_one_size():
    bags = Bags(np.zeros((2500, 1), np.float32), np.array(["a"], dtype=object), (np.arange(2500),))
    assert [len(block) for block in bags.blocks(0)] == [1024, 1024, 452]


def test_a_bag_for_each_image_is_needed():
    with pytest.raises(DataError, match="3 images in 2 places of bags"):
        BaggedFeatures(np.zeros((3, 1), np.float32), np.array(["a", "b"], dtype=object))
