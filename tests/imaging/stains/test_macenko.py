"""Stain normalisation, beside torchstain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spectra_dl.imaging.stains.macenko import normalised

# Optical densities of haematoxylin and eosin in red, green and blue, as three laboratories might have them, and how strongly they stain.
LABORATORIES = {
    "pale": ([[0.65, 0.30], [0.70, 0.90], [0.29, 0.32]], (0.9, 0.6)),
    "dark": ([[0.55, 0.25], [0.75, 0.85], [0.37, 0.46]], (1.8, 1.3)),
    "red": ([[0.60, 0.36], [0.68, 0.86], [0.42, 0.36]], (1.1, 1.5)),
}


def tile(laboratory, seed=0, side=96):
    """A tile of the same tissue in a laboratory's stains: nuclei of haematoxylin in a ground of eosin."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[:side, :side]
    nucleus = (np.sin(row / 5.0) * np.sin(column / 6.0) > 0.5)[..., None]
    eosin = 0.6 + 0.4 * generator.random((side, side))
    amount = np.where(nucleus, (1.0, 0.15), (0.08, 1.0)) * np.stack([eosin, eosin], axis=2)
    stains, strength = (np.asarray(each) for each in LABORATORIES[laboratory])
    stains = stains / np.linalg.norm(stains, axis=0)
    light = 240 * np.exp(-(amount * strength) @ stains.T) + generator.normal(0, 1, size=(side, side, 3))
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("laboratory", LABORATORIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_tile_is_what_the_reference_library_makes_of_it(laboratory, seed):
    torchstain = pytest.importorskip("torchstain")
    pixels = tile(laboratory, seed)
    other, _, _ = torchstain.normalizers.MacenkoNormalizer(backend="numpy").normalize(pixels, stains=False)
    assert np.abs(normalised(pixels).astype(int) - other.astype(int)).max() <= 1


@pytest.mark.parametrize("other", ["dark", "red"])
def test_two_laboratories_stain_alike_afterwards(other):
    def difference(of):
        return np.abs(of(tile("pale")).astype(float) - of(tile(other))).mean()

    assert difference(normalised) < 0.25 * difference(lambda pixels: pixels)


def test_the_same_tile_in_another_company_is_the_same():
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
def test_where_no_two_stains_are_a_tile_stays_as_it_is(pixels):
    assert (normalised(pixels) == pixels).all()


@given(arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))))
def test_any_pixels_give_pixels_of_their_shape(pixels):
    result = normalised(pixels)
    assert result.shape == pixels.shape
    assert result.dtype == np.uint8


@pytest.mark.parametrize("signs", [(1, -1, 1), (1, 1, -1), (1, -1, -1)])
def test_the_signs_of_the_plane_do_not_matter(signs, monkeypatch):
    # Where tissue has as much of one stain as it lacks of the other, the first axis of the plane lies across all stains.
    share = np.random.default_rng(0).uniform(size=(64, 64, 1))
    light = 240 * np.exp(-(share * [0.65, 0.70, 0.29] + (1 - share) * [0.07, 0.99, 0.11]))
    pixels, plain = light.astype(np.uint8), np.linalg.eigh
    expected = normalised(pixels)

    def turned(matrix):
        values, vectors = plain(matrix)
        return values, vectors * np.array(signs)

    monkeypatch.setattr(np.linalg, "eigh", turned)
    assert np.abs(normalised(pixels).astype(int) - expected).max() <= 1
