"""Colours lie where something was found, and the image stays as it is elsewhere."""

import numpy as np

from spectra_dl.imaging.overlays.activation import overlaid


def test_the_image_stays_where_nothing_was_found_and_turns_yellow_where_most_was():
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    found = np.zeros((8, 8))
    found[2, 3] = 1.0
    shown = overlaid(pixels, found)
    assert shown.dtype == np.uint8
    changed = (shown != pixels).any(axis=2)
    assert changed.sum() == 1
    np.testing.assert_array_equal(
        shown[2, 3], np.rint(0.35 * pixels[2, 3] + 0.65 * np.array([253, 231, 37])).astype(np.uint8)
    )
