"""Synthetic BWSpec text as the program writes it; the real file at hand is its two-column export."""

import numpy as np
import pytest

from example_text import COUNTS, SHIFTS, bwspec_file
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra


@pytest.mark.parametrize(("delimiter", "comma"), [(";", True), (";", False), (",", False), ("\t", True)])
def test_shift_and_dark_subtracted_counts_are_read_in_any_countrys_spelling(delimiter, comma, read):
    table = read(bwspec_file(delimiter=delimiter, comma=comma))
    np.testing.assert_allclose(table.wavenumber, SHIFTS, atol=1e-12)
    np.testing.assert_array_equal(table.intensity, COUNTS[:1])


@pytest.mark.parametrize("first", ["File Version;BWRam4.00_14;", "Program;BWTEK iRaman;", "swab 7"])
def test_the_table_says_who_wrote_a_file_and_not_the_programs_name(first, read):
    table = read(bwspec_file().replace("File Version;BWSpec4.03_12;", first, 1))
    np.testing.assert_array_equal(table.intensity, COUNTS[:1])
    assert table.metadata["laser_nm"][0] == "784.9"


def test_laser_exposure_scans_and_instrument_become_columns(read):
    table = read(bwspec_file())
    assert {name: text[0] for name, text in table.metadata.items()} == {
        "instrument": "BTC665N-785H-SYS",
        "title": "BWS475-785H",
        "measured_at": "2021-03-02 10:11:12",
        "accumulations": "4",
        "laser_nm": "784.9",
        "exposure_s": "40",
    }
    assert any("decimal comma" in note for note in table.notes)
    assert any("Dark Subtracted #1" in note for note in table.notes)


def test_several_dark_subtracted_columns_are_several_spectra(read):
    table = read(bwspec_file(spectra=3))
    np.testing.assert_array_equal(table.intensity, COUNTS)
    assert list(table.metadata["column"]) == [f"Dark Subtracted #{k}" for k in (1, 2, 3)]


def test_the_two_column_export_is_read_as_such(instruments):
    table = read_spectra(instruments / "bwtek_bwspec" / "PST10_iR785_OP01_40000msx4.txt")
    assert table.intensity.shape == (1, 1006)
    assert table.wavenumber[0] == 120.387
    assert table.intensity[0, 0] == 25850.8


def broken(old, new):
    content = bwspec_file()
    assert old in content
    return content.replace(old, new, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bwspec_file(pixels=30), "30 of 46 pixels"),
        (bwspec_file(pixels=0), "0 of 46 pixels"),
        (broken("Raman Shift", "Shift"), "lack Raman Shift"),
        (broken("Dark Subtracted #1", "Raw data #1"), "lack Raman Shift or Dark Subtracted"),
        (broken("Pixel;", "Point;"), "without its table"),
        (broken("481,2820", "  "), "line 16: the Raman shift is empty between"),
        (broken("481,2820", "x81"), "line 16: 'x81' is not a number"),
        (broken(";481,2820", ""), "line 16"),
        (bwspec_file()[:-5], "line 56"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_with_its_place(content, words, read):
    with pytest.raises(DataError, match=words):
        read(content)


def test_a_table_without_any_shift_is_refused_with_the_remedy(read):
    lines = bwspec_file().splitlines()
    header, rows = lines[:10], lines[10:]
    emptied = [";".join([*row.split(";")[:3], "", *row.split(";")[4:]]) for row in rows]
    with pytest.raises(DataError, match="Raman Shift is empty"):
        read("\n".join([*header, *emptied]))
