"""A protocol knows images by their files' content, and nothing of their classes."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.sealing import sealable


@pytest.fixture
def images(tmp_path):
    for number in range(4):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return TissueImages(
        tmp_path,
        text_array([f"{number}.png" for number in range(4)]),
        patient=text_array(["P1", "P1", "P2", "P2"]),
        mpp=np.array([0.5, 0.5, np.nan, 0.5]),
        metadata={"site": text_array(["a", "b", "a", "b"]), "months": text_array(["3", "3", "9", "9"])},
    )


def test_classes_change_nothing_but_the_outcome(images):
    labelled = replace(images, label=text_array(["ill", "ill", "well", "well"]))
    assert sealable(labelled, {}).data == sealable(images, {}).data
    assert sealable(labelled, {}).outcome == ("ill", "ill", "well", "well")
    assert sealable(labelled, {"target": "months"}).outcome == ("3", "3", "9", "9")
    assert sealable(images, {}).outcome == ()


def test_a_pixel_or_a_scale_changes_that_patient_alone(images):
    before = sealable(images, {}).data.patients
    Image.new("RGB", (8, 8), (9, 0, 0)).save(images.folder / "0.png")
    after = sealable(images, {}).data.patients
    assert [name for name in before if before[name] != after[name]] == ["P1"]
    scaled = sealable(replace(images, mpp=np.array([0.5, 0.5, 0.5, 0.5])), {}).data.patients
    assert [name for name in before if after[name] != scaled[name]] == ["P2"]


def test_order_and_the_column_that_divides_are_sealed(images):
    before = sealable(images, {"split_by": "site"}).data
    turned = sealable(images[np.array([1, 0, 2, 3])], {"split_by": "site"}).data
    assert before.patients == turned.patients
    assert before.order != turned.order
    assert before.groups != turned.groups


def test_images_of_nobody_are_refused(images):
    with pytest.raises(DataError, match="which patient an image is of"):
        sealable(replace(images, patient=None), {})
