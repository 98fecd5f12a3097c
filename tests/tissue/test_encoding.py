"""Whole images become features, once."""

import numpy as np
from PIL import Image

from spectra_dl.imaging.encoders.colour_texture import TILE_PIXELS, colour_texture
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.tissue.encoding import encode_images


def test_features_are_those_of_the_image_brought_to_the_encoders_size(images):
    encoded = encode_images(images, ["colour-texture"])
    pixels = next(images.pixels())
    whole = Image.fromarray(pixels).resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.BOX)
    expected = colour_texture([np.asarray(whole)])[0]
    np.testing.assert_array_equal(encoded.values[0], expected)
    assert encoded.values.shape == (len(images), 47)


def test_an_image_has_the_same_features_in_other_company(images):
    some = np.array([5, 2])
    whole = encode_images(images, ["colour-texture"]).values
    np.testing.assert_array_equal(encode_images(images[some], ["colour-texture"]).values, whole[some])


def test_a_store_keeps_them(images, tmp_path):
    first = encode_images(images, ["colour-texture"], FeatureStore(tmp_path))
    assert len(list(tmp_path.glob("*.h5"))) == 1
    again = encode_images(images, ["colour-texture"], FeatureStore(tmp_path))
    np.testing.assert_array_equal(first.values, again.values)


def test_a_store_takes_changed_files_for_others(images, tmp_path):
    encode_images(images[np.arange(3)], ["colour-texture"], FeatureStore(tmp_path))
    encode_images(images[np.arange(3, 6)], ["colour-texture"], FeatureStore(tmp_path))
    assert len(list(tmp_path.glob("*.h5"))) == 2
