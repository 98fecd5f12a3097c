"""Tissue and glass, also where an image has one colour."""

import numpy as np
import pytest

from spectra_dl.imaging.tissue_mask import otsu_threshold, tissue_mask


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_image_of_one_colour_has_a_mask(shade):
    assert tissue_mask(np.full((32, 32, 3), shade, dtype=np.uint8)).shape == (32, 32)


def test_values_that_differ_by_rounding_alone_are_not_split():
    assert otsu_threshold(np.array([51.0, np.nextafter(51.0, 52.0), 51.0])) == np.nextafter(51.0, 52.0)


def test_two_groups_are_split_between():
    assert 1.0 < otsu_threshold(np.array([0.0, 0.0, 1.0, 9.0, 10.0, 10.0])) < 9.0
