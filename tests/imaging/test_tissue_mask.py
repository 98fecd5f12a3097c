"""Tissue and glass, also where an image has one colour."""

import numpy as np
import pytest
from scipy import ndimage

from spectra_dl.imaging.tissue_mask import otsu_threshold, tissue_mask


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_image_of_one_colour_has_a_mask(shade):
    assert tissue_mask(np.full((32, 32, 3), shade, dtype=np.uint8)).shape == (32, 32)


def test_values_that_differ_by_rounding_alone_are_not_split():
    assert otsu_threshold(np.array([51.0, np.nextafter(51.0, 52.0), 51.0])) == np.nextafter(51.0, 52.0)


def test_two_groups_are_split_between():
    assert 1.0 < otsu_threshold(np.array([0.0, 0.0, 1.0, 9.0, 10.0, 10.0])) < 9.0


@pytest.mark.parametrize("seed", range(8))
def test_planes_one_by_one_are_what_whole_pixels_give(seed):
    generator = np.random.default_rng(seed)
    height, width = generator.integers(60, 200, 2)
    pixels = np.full((height, width, 3), generator.integers(235, 250))
    pixels[height // 4 : height // 2, width // 5 : width // 2] = np.array([170, 100, 150]) + (
        generator.integers(-25, 25, 3)
    )
    pixels = np.clip(generator.normal(pixels, 5), 0, 255).astype(np.uint8)
    blurred = [ndimage.gaussian_filter(pixels[..., k].astype(np.float64), 1.0) for k in range(3)]
    smooth = np.stack(blurred, axis=2)
    density = -np.log10((smooth + 1) / 256)
    colour = smooth.max(axis=2) - smooth.min(axis=2)
    pale = (colour <= otsu_threshold(colour)) & (density.mean(axis=2) <= otsu_threshold(density.mean(axis=2)))
    distance = np.linalg.norm(density - np.median(density[pale], axis=0), axis=2)
    found = tissue_mask(pixels)
    assert 0 < found.mean() < 0.5
    np.testing.assert_array_equal(found, distance > max(otsu_threshold(distance), 0.03))
