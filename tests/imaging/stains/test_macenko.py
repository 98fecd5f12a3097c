"""Stain normalisation, beside torchstain."""

import numpy as np
import pytest

from spectra_dl.imaging.stains.macenko import normalised
from tissue.stained_tiles import LABORATORIES, tile


@pytest.mark.parametrize("laboratory", LABORATORIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_tile_is_what_the_reference_library_makes_of_it(laboratory, seed):
    torchstain = pytest.importorskip("torchstain")
    pixels = tile(laboratory, seed)
    other, _, _ = torchstain.normalizers.MacenkoNormalizer(backend="numpy").normalize(pixels, stains=False)
    assert np.abs(normalised(pixels).astype(int) - other.astype(int)).max() <= 1


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
