"""Simulated images of tissue in folders."""

import pytest

from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Six patients with two images of each of three classes, beside their sheet."""
    folder = tmp_path_factory.mktemp("images")
    write_images(folder, simulate_images(ImageStudySettings(patients=6, side=48, seed=1)))
    return folder


@pytest.fixture(scope="session")
def images(folder):
    return read_images(folder)


@pytest.fixture(scope="session")
def of_patients(tmp_path_factory):
    """Twelve patients whose images are all of one class."""
    folder = tmp_path_factory.mktemp("of_patients")
    settings = ImageStudySettings(patients=12, tiles_per_class=3, side=48, one_class_each=True, seed=2)
    write_images(folder, simulate_images(settings))
    return read_images(folder)
