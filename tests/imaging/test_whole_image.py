"""A small copy that is made band by band is that of the whole image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.imaging.whole_image import banded_thumbnail, downscaled

ROW, COLUMN = np.mgrid[:173, :240]
SMOOTH = np.stack([ROW, COLUMN, (ROW + COLUMN) // 2], axis=-1).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 200))
def test_bands_of_any_height_give_the_same_small_copy(longest, rows):
    spans = []

    def read(first, last, target):
        spans.append((first, last, target))
        return SMOOTH[first:last]

    small = banded_thumbnail((240, 173), longest, read, rows)
    assert small.shape[:2] == (max(1, round(173 * min(1, longest / 240))), min(longest, 240))
    assert sum(target[1] for *_, target in spans) == len(small)
    assert spans[0][0] == 0
    if 20 <= longest <= 240:
        whole = downscaled(SMOOTH, longest)[0]
        assert np.abs(small[: len(whole)].astype(int) - whole[: len(small)]).max() <= 2 * 240 / longest + 2


@pytest.mark.parametrize("longest", [7, 60, 500])
def test_a_band_that_was_reduced_already_stays_as_it_is(longest):
    small = banded_thumbnail(
        (240, 173), longest, lambda _, __, target: np.full((target[1], target[0], 3), 9, np.uint8)
    )
    assert (small == 9).all()
