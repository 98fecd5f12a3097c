"""Axes of files: what rounding does to their steps, and how many points they have at least."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.evenness import printed_resolution, uneven_notes
from spectra_dl.spectra.table import SpectraTable


@st.composite
def even_axes(draw):
    """Points of an even axis, and the decimals they are printed with."""
    decimals = draw(st.integers(0, 6))
    step = draw(st.floats(max(0.05, 2 * 10.0**-decimals), 12))
    start = draw(st.floats(-100, 1500))
    return start + step * np.arange(draw(st.integers(20, 1500))), decimals


@settings(max_examples=500, deadline=None)
@given(even_axes())
def test_an_even_axis_raises_no_note_however_it_is_rounded(axis):
    assert uneven_notes(np.round(*axis)) == ()


def test_numbers_that_all_end_in_5_may_be_rounded_to_even_ones():
    assert uneven_notes(np.round(0.6875 + 0.375 * np.arange(40), 3)) == ()


@settings(max_examples=200, deadline=None)
@given(even_axes())
def test_an_even_axis_in_single_precision_raises_no_note(axis):
    points, decimals = axis
    # Ties that single precision moves to either side are a limit that is known.
    points = points + 0.1371 * 10.0**-decimals
    single = np.round(points, decimals).astype(np.float32).astype(np.float64)
    assume(np.all(np.diff(single) > 0))
    assert uneven_notes(single) == ()


def test_decimals_that_single_precision_made_are_nobodys():
    axis = np.round(1.390625 + 3.0 * np.arange(233) + 0.1371e-5, 5).astype(np.float32).astype(np.float64)
    assert uneven_notes(axis) == ()


def test_a_step_that_single_precision_holds_exactly_is_even_whatever_its_decimals():
    for points in range(20, 400):
        axis = np.float64(np.float32(464 + 1.046875 * np.arange(points)))
        assert uneven_notes(axis) == ()


@settings(max_examples=300, deadline=None)
@given(even_axes(), st.floats(0, 1), st.integers(3, 30), st.sampled_from([-1, 1]))
def test_a_wrong_point_beyond_rounding_is_noted(axis, place, units, sign):
    points, decimals = axis
    step = points[1] - points[0]
    wrong = units * 10.0**-decimals
    assume(1e-5 * step < wrong < 0.9 * step)
    rounded = np.round(points, decimals)
    at = 1 + int(place * (points.size - 3))
    rounded[at] = np.round(rounded[at] + sign * wrong, decimals)
    assume(np.all(np.diff(rounded) > 0))
    assume(wrong > 2.9 * printed_resolution(rounded).max())
    assert len(uneven_notes(rounded)) == 1


@pytest.mark.parametrize("wrong", [1.5, -1.5, 0.3])
def test_a_whole_axis_with_one_wrong_number_is_noted(wrong):
    axis = np.arange(400.0, 1000.0, 2.0)
    axis[77] += wrong
    assert "changes near" in uneven_notes(axis)[0]


def test_a_number_with_more_decimals_than_all_others_is_noted():
    axis = np.arange(400.0, 1000.0, 2.0)
    axis[77] += 0.01
    assert "near 554.01" in uneven_notes(axis)[0]


@pytest.mark.parametrize("laser", [532.0, 633.0, 785.0])
@pytest.mark.parametrize("decimals", range(6))
def test_an_axis_of_pixels_of_equal_width_raises_no_note(laser, decimals):
    nm = np.linspace(1.03, 1.13, 800) * laser
    assert uneven_notes(np.unique(np.round(1e7 / laser - 1e7 / nm, decimals))) == ()


def test_six_significant_digits_are_one_resolution_per_decade():
    axis = np.array([float(f"{value:.6g}") for value in 300.001 + 2.345671 * np.arange(600)])
    assert printed_resolution(axis)[[0, -1]].tolist() == [0.001, 0.01]
    assert uneven_notes(axis) == ()


def test_the_case_of_three_decimals_raises_no_note(write):
    axis = 380 + 2.40401 * np.arange(600)
    level = np.random.default_rng(0).normal(500, 2, 600)
    lines = [f"{shift:.3f},{value:.2f}" for shift, value in zip(axis, level, strict=True)]
    notes = read_spectra(write("\n".join(["wavenumber,intensity", *lines]))).notes
    assert not any("step" in note for note in notes)


# Fewer than 20 points


def two_columns(points: int) -> str:
    return "".join(f"{400 + 2 * k}\t{k % 7}\n" for k in range(points))


def transposed(points: int) -> str:
    return "shift,a,b\n" + "".join(f"{400 + 2 * k},{k % 7},{k % 5}\n" for k in range(points))


def wide(points: int) -> str:
    axis = ",".join(str(400 + 2 * k) for k in range(points))
    return f"sample_id,{axis}\na{',1.5' * points}\n"


def a_map(points: int) -> str:
    rows = [f"{x}\t0\t{400 + 2 * k}\t{k}" for x in (0, 1) for k in range(points)]
    return "\n".join(["#X\t#Y\t#Wave\t#Intensity", *rows])


def jcamp(points: int) -> str:
    head = {
        "TITLE": "a",
        "JCAMP-DX": "4.24",
        "DATA TYPE": "RAMAN SPECTRUM",
        "XUNITS": "1/CM",
        "YUNITS": "COUNTS",
    }
    scale = {"FIRSTX": 400, "LASTX": 398 + 2 * points, "XFACTOR": 1, "YFACTOR": 1, "NPOINTS": points}
    lines = [f"##{name}={value}" for name, value in {**head, **scale}.items()]
    values = " ".join(str(1 + k % 3) for k in range(points))
    return "\n".join([*lines, "##XYDATA=(X++(Y..Y))", f"400 {values}", "##END=", ""])


FORMATS = {each.__name__: each for each in (two_columns, transposed, wide, a_map, jcamp)}


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_fewer_than_20_points_is_refused_and_one_of_20_read(form, write):
    assert read_spectra(write(FORMATS[form](20), "enough.txt")).wavenumber.size == 20
    for points in (19, 5):
        with pytest.raises(DataError, match=f"{points} points .* at least 20; export the whole spectrum"):
            read_spectra(write(FORMATS[form](points), "few.txt"))


def test_hdf5_files_are_held_to_20_points_too(tmp_path: Path):
    path = tmp_path / "few.h5"
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "spectra-dl spectra"
        file["wavenumber"], file["intensity"] = np.arange(400.0, 419.0), np.ones((1, 19))
    with pytest.raises(DataError, match=r"19 wavenumbers \(20 to 65,536\)"):
        read_spectra(path)


def test_patients_folders_are_held_to_20_points_too(tmp_path: Path):
    for name, text in (("raman_shift.csv", "400\n402\n404\n"), ("spectra.csv", "1,2,3\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match="3 points on the wavenumber axis"):
        read_spectra(tmp_path)


def test_points_measured_twice_count_once(write):
    with pytest.raises(DataError, match="12 points"):
        read_spectra(write("".join(f"{400 + 2 * (k // 2)}\t{k}\n" for k in range(24))))


def test_tables_and_frames_in_python_may_be_shorter():
    import pandas as pd

    assert SpectraTable([[1.0, 2.0, 3.0]], [400.0, 402.0, 404.0], ["a"]).wavenumber.size == 3
    frame = pd.DataFrame({"sample_id": ["a"], "400": [1.0], "402": [2.0], "404": [3.0]})
    assert SpectraTable.from_pandas(frame).wavenumber.size == 3
