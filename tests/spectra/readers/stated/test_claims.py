"""What a file says twice of its axis must be the same twice."""

import struct

import numpy as np
import pytest

from example_opus import small_spectrum
from example_spc import SEVERAL, STORED_AXIS, MadeSpc, fractions
from example_text import bwspec_file
from example_wdf import small_map
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

AXIS = np.arange(400.0, 480.0, 2.0)
VALUES = np.round(np.random.default_rng(4).uniform(100, 900, AXIS.size), 2)
RIGHT = {"FIRSTX": "400", "LASTX": "478", "DELTAX": "2", "NPOINTS": "40"}
POINTS = "\n".join(f"{x} {y}" for x, y in zip(AXIS, VALUES, strict=True))


def read(tmp_path, content, name="measured.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_spectra(path)


def jcamp(form, **labels):
    header = {
        "TITLE": "swab",
        "DATA TYPE": "RAMAN SPECTRUM",
        "XUNITS": "1/CM",
        "YUNITS": "COUNTS",
        **RIGHT,
        **labels,
    }
    said = [f"##{name}={text}" for name, text in header.items() if text]
    return "\n".join([*said, f"##XYDATA={form}", POINTS, "##END=", ""])


def jasco(**labels):
    said = [
        f"{name}\t{text}"
        for name, text in {"TITLE": "swab", "XUNITS": "1/CM", **RIGHT, **labels}.items()
        if text
    ]
    return "\n".join([*said, "XYDATA", POINTS.replace(" ", "\t"), ""])


@pytest.mark.parametrize("write_text", [lambda **labels: jcamp("(XY..XY)", **labels), jasco])
@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"FIRSTX": "478", "LASTX": "400"},
        {"DELTAX": "-2"},
        {"DELTAX": "2.05"},
        {"LASTX": "478.9"},
        {"DELTAX": ""},
    ],
)
def test_what_agrees_but_for_its_order_and_rounding_is_read(tmp_path, write_text, labels):
    table = read(tmp_path, write_text(**labels))
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, [VALUES])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"FIRSTX": "500"}, "runs from 478 to 500, and its numbers run from 400 to 478"),
        ({"LASTX": "878"}, "runs from 400 to 878"),
        ({"NPOINTS": "80"}, "40 of 80 points"),
    ],
)
@pytest.mark.parametrize("write_text", [lambda **labels: jcamp("(XY..XY)", **labels), jasco])
def test_ends_and_points_that_the_numbers_do_not_have_are_refused(tmp_path, write_text, labels, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path, write_text(**labels))


def test_points_of_windows_that_overlap_may_be_counted_once(tmp_path):
    first, second = np.arange(400.0, 480.0, 2.0), np.arange(470.0, 560.0, 2.0)
    rows = "".join(f"{x}\t{300 + x}\n" for x in (*first, *second))
    shared = len(set(first) & set(second))
    for counted in (len(first) + len(second), len(first) + len(second) - shared):
        table = read(tmp_path, f"TITLE\tswab\nNPOINTS\t{counted}\nXYDATA\n{rows}")
        assert (table.wavenumber[0], table.wavenumber[-1]) == (400, 558)


def test_steps_that_the_numbers_do_not_have_are_refused(tmp_path):
    with pytest.raises(DataError, match="4 apart, but from 400 to 478 its 40 points are 2 apart"):
        read(tmp_path, jasco(DELTAX="4"))
    with pytest.raises(DataError, match="1 apart, but from 400 to 478"):
        read(tmp_path, jcamp("(X++(Y..Y))", DELTAX="1"))


def test_a_factor_of_the_axis_that_its_ends_contradict_is_refused(tmp_path):
    with pytest.raises(DataError, match="its numbers run from 200 to 239"):
        read(tmp_path, jcamp("(XY..XY)", XFACTOR="0.5"))


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        ({"FIRSTY": str(VALUES[0]), "MINY": str(VALUES.min()), "MAXY": str(VALUES.max())}, None),
        ({"FIRSTY": str(VALUES[0]), "YFACTOR": "0.5"}, "FIRSTY"),
        ({"MAXY": str(VALUES.max() * 2)}, "MAXY"),
    ],
)
def test_heights_that_the_intensities_do_not_have_are_noted(tmp_path, labels, note):
    notes = [
        text for text in read(tmp_path, jcamp("(XY..XY)", **labels)).notes if text.startswith("the file says")
    ]
    assert [note in text for text in notes] == ([True] if note else [])


def test_a_stored_axis_has_the_ends_of_the_header(tmp_path):
    made = MadeSpc(AXIS, VALUES[None], flags=STORED_AXIS)
    np.testing.assert_array_equal(read(tmp_path, made.data()).wavenumber, AXIS)
    data = bytearray(made.data())
    struct.pack_into("<d", data, 16, 0.0)
    struct.pack_into("<d", data, 8, 0.0)  # as writers leave them that store the axis
    np.testing.assert_array_equal(read(tmp_path, bytes(data)).wavenumber, AXIS)
    struct.pack_into("<d", data, 16, 1800.0)
    with pytest.raises(DataError, match="runs from 0 to 1800"):
        read(tmp_path, bytes(data))


@pytest.mark.parametrize(("labels", "unit"), [(b"Raman shift (cm-1)\0Counts\0", 3), (b"Wavenumber\0", 16)])
def test_two_units_of_one_spc_file_are_refused(tmp_path, labels, unit):
    with pytest.raises(DataError, match="one of them is wrong"):
        read(tmp_path, MadeSpc(AXIS, VALUES[None], flags=0x20, labels=labels, unit=unit).data())


def test_two_ways_to_store_intensities_of_one_spc_file_are_refused(tmp_path):
    data = bytearray(fractions(1).data())
    data[512 + 1] = 0x80  # of the spectrum: decimals
    with pytest.raises(DataError, match="-128 means decimals"):
        read(tmp_path, bytes(data))


def test_points_left_over_behind_the_last_spectrum_are_refused(tmp_path):
    data = bytearray(MadeSpc(AXIS, VALUES[None]).data())
    struct.pack_into("<I", data, 4, AXIS.size - 1)
    with pytest.raises(DataError, match="don't fit what stands there"):
        read(tmp_path, bytes(data))
    data = MadeSpc(AXIS, VALUES[None].repeat(2, axis=0), flags=SEVERAL).data()
    assert len(read(tmp_path, data + bytes(64))) == 2


def test_a_log_that_is_not_where_the_header_says_is_noted(tmp_path):
    data = bytearray(MadeSpc(AXIS, VALUES[None]).data())
    log = struct.pack("<III", 78, 0, 64) + bytes(52) + b"MODEL=FT-Raman"
    struct.pack_into("<I", data, 248, len(data))
    whole = read(tmp_path, bytes(data) + log)
    assert whole.metadata["instrument"][0] == "Raman-7"
    cut = read(tmp_path, bytes(data) + log[:-2])
    assert [any("log that the file announces" in note for note in table.notes) for table in (whole, cut)] == [
        False,
        True,
    ]


def test_an_axis_of_more_points_than_a_wdf_file_counts_is_refused(tmp_path):
    data = bytearray(small_map().data())
    for at in (60, 88):
        struct.pack_into("<I", data, at, 39)
    with pytest.raises(DataError, match="XLST"):
        read(tmp_path, bytes(data))


@pytest.mark.parametrize(("changes", "noted"), [({}, False), ({"CSF": 4.0}, True)])
def test_heights_of_an_opus_file_are_compared(tmp_path, changes, noted):
    made = small_spectrum()
    table = read(tmp_path, made.but(status={**made.status, **changes}).data(), "a.0")
    assert any("MNY" in note for note in table.notes) == noted


@pytest.mark.parametrize(("laser", "noted"), [("784,90", True), ("752,55", False)])
def test_a_laser_that_makes_other_shifts_is_noted(tmp_path, laser, noted):
    wide = bwspec_file().replace("784,90", laser)
    lines = []
    for line in wide.split("\r\n"):  # wavelengths of a laser of 752.55 nm
        cells = line.split(";")
        if cells[0].isdigit() and cells[3].strip():
            cells[1] = f"{1e7 / (1e7 / 752.55 - float(cells[3].replace(',', '.'))):.4f}".replace(".", ",")
        lines.append(";".join(cells))
    notes = read(tmp_path, "\r\n".join(lines)).notes
    assert any("check laser_wavelength" in note for note in notes) == noted
