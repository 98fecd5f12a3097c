"""What every normalisation of stains keeps to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spectra_dl.imaging.stains.normalised_encoder import NORMALISATIONS
from tissue.stained_tiles import tile


@pytest.fixture(params=sorted(NORMALISATIONS))
def normalised(request):
    return NORMALISATIONS[request.param]


@pytest.mark.parametrize("other", ["dark", "red"])
def test_two_laboratories_stain_alike_afterwards(normalised, other):
    def difference(of):
        return np.abs(of(tile("pale")).astype(float) - of(tile(other))).mean()

    assert difference(normalised) < 0.25 * difference(lambda pixels: pixels)


def test_the_same_tile_in_another_company_is_the_same(normalised):
    first = normalised(tile("pale"))
    normalised(tile("red"))
    assert (normalised(tile("pale")) == first).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((16, 16, 3), 255, np.uint8),
        np.zeros((16, 16, 3), np.uint8),
        np.full((16, 16, 3), (120, 60, 140), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.full((1, 1, 3), 90, np.uint8),
    ],
    ids=["glass", "black", "one colour", "empty", "one pixel"],
)
def test_where_no_two_stains_are_a_tile_stays_as_it_is(normalised, pixels):
    assert (normalised(pixels) == pixels).all()


@given(arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))))
def test_any_pixels_give_pixels_of_their_shape(pixels):
    for normalised in NORMALISATIONS.values():
        result = normalised(pixels)
        assert result.shape == pixels.shape
        assert result.dtype == np.uint8
