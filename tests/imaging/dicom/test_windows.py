"""Windows, tables and rescaling, beside pydicom's own functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

from spectra_dl.imaging.dicom.windows import Window, rescaled, shown, window_of
from tissue.example_dicom import dataset, item

STORED = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)


def by_pydicom(file, stored):
    """Shares of brightness as pydicom's window makes them, whose range is that of all values that can be stored."""
    values = apply_modality_lut(stored, file)
    with np.errstate(over="ignore"):
        windowed = np.asarray(apply_voi_lut(values, file, prefer_lut=False), dtype=np.float64)
    low, high = (apply_modality_lut(np.array([limit]), file)[0] for limit in (-(2**15), 2**15 - 1))
    return (windowed - low) / (high - low)


@given(
    st.floats(-1500, 1500),
    st.floats(1.5, 4000),
    st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    st.sampled_from([(1.0, 0.0), (2.5, -1024.0), (0.25, 10.0)]),
)
@settings(max_examples=30, deadline=None)
def test_windows_are_those_of_pydicom(centre, width, function, line):
    fields = {"WindowCenter": f"{centre:.6g}", "WindowWidth": f"{width:.6g}", "VOILUTFunction": function}
    file = dataset(STORED, RescaleSlope=f"{line[0]}", RescaleIntercept=f"{line[1]}", **fields)
    window = window_of(file, 0)
    assert window is not None
    assert np.abs(window.shares(rescaled(STORED, file, 0)) - by_pydicom(file, STORED)).max() < 1e-9


def test_a_table_of_values_of_interest_is_followed_before_a_window():
    table = item(LUTDescriptor=[16, 10, 16], LUTData=(4000 * np.arange(16)).astype("<u2").tobytes())
    table[0]["LUTData"].VR = "OW"
    stored = np.array([[0, 10], [15, 200]], dtype=np.int16)
    file = dataset(stored, VOILUTSequence=table, WindowCenter="1", WindowWidth="2")
    expected = np.asarray(apply_voi_lut(stored, file)) / 65535
    assert shown(stored, file, 0).tolist() == np.rint(255 * expected).astype(int).tolist()


def test_the_first_of_several_windows_is_taken_and_an_impossible_one_is_none():
    assert window_of(dataset(STORED, WindowCenter=["40", "7"], WindowWidth=["400", "9"]), 0) == Window(
        40.0, 400.0
    )
    for width in ("0", "-5", "0.5"):
        assert window_of(dataset(STORED, WindowCenter="40", WindowWidth=width), 0) is None
    assert window_of(dataset(STORED, WindowCenter="40"), 0) is None


def test_a_frame_has_its_own_window_and_else_that_of_all_frames():
    own = [
        item(FrameVOILUTSequence=item(WindowCenter="5", WindowWidth="9"))[0],
        item(FrameVOILUTSequence=[])[0],
    ]
    stored = np.zeros((2, 4, 4), dtype=np.uint8)
    shared = item(FrameVOILUTSequence=item(WindowCenter="50", WindowWidth="90"))
    file = dataset(stored, PerFrameFunctionalGroupsSequence=own, SharedFunctionalGroupsSequence=shared)
    assert [window_of(file, frame) for frame in (0, 1)] == [Window(5.0, 9.0), Window(50.0, 90.0)]


def test_monochrome1_is_inverted():
    fields = {"WindowCenter": "0", "WindowWidth": "4096"}
    light = shown(STORED, dataset(STORED, **fields), 0)
    dark = shown(STORED, dataset(STORED, PhotometricInterpretation="MONOCHROME1", **fields), 0)
    assert np.abs(255 - dark.astype(int) - light).max() <= 1
    assert light[0, 0] == 0
    assert dark[0, 0] == 255


def test_without_a_window_percentiles_become_black_and_white_and_padding_is_not_counted():
    stored = np.full((50, 50), -2000, dtype=np.int16)
    stored[10:40, 10:40] = np.linspace(100, 300, 900).reshape(30, 30)
    grey = shown(stored, dataset(stored, PixelPaddingValue=-2000), 0)[10:40, 10:40]
    assert [grey.min(), grey.max()] == [0, 255]
    assert 120 < np.median(grey) < 135
    assert (
        shown(stored, dataset(stored), 0)[10:40, 10:40].min() > 200
    )  # padding counted: all tissue is bright
    assert set(np.unique(shown(np.full((4, 4), 7, np.int16), dataset(STORED), 0))) == {128}


@pytest.mark.parametrize("slope", ["0", None])
def test_a_slope_of_nothing_changes_no_value(slope):
    fields = {} if slope is None else {"RescaleSlope": slope, "RescaleIntercept": "5"}
    assert (rescaled(STORED, dataset(STORED, **fields), 0) == STORED).all()
