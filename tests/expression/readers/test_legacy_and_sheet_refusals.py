"""What goes wrong seldom in legacy tables of counts and in sheets of sections, each with its own sentence."""

import gzip

import numpy as np
import pytest

from fuzzing.sections import legacy_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section, read_sections
from spectra_dl.expression.readers.source import SectionSource, pixels_per_um
from spectra_dl.expression.readers.text_lines import numbers_of
from spectra_dl.expression.readers.text_tables.legacy_st import looks_like_legacy_st


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"S1.tsv": "\tA\tB\n0x0\t1\t2\n1x0\t1\tmany\n"}, "line 3, gene 2: 'many' is no number"),
        ({"S1.tsv": "\tA\t\x00\n0x0\t1\t2\n"}, "not a section"),
        ({"S1.tsv": b"\tA\tB\n0x0\t1\t2\n1x0\t1\xff\t2\n"}, "line 3: not UTF-8"),
        ({"S1.tsv": b"\tA\tB\n0x0\t1\t2\n1x0\t\0\t2\n"}, "line 3: a NUL byte"),
        ({"S1_selection.tsv": None}, "one spot file is needed, found none"),
        ({"alignment_table_S1.tsv": "x"}, "one spot file is needed, found two"),
        ({"S1_selection.tsv": "x\ty\n1\t1\n"}, "pixel_x, pixel_y is missing"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n1\t1\t3\n"}, "3 cells for 4 columns"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\tselected\n1\t1\t3\t4\t0\n"}, "no selected spots"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n70\t70\t3\t4\n"}, "none of its 12 spots stands in"),
        (
            {"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n0.1\t0.1\t3\t4\n0.2\t0.2\t3\t4\n"},
            "none of its 12 spots",
        ),
        (
            {"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n0\t0\t3\t4\n1\t0\t6\t4\n2\t0\t9\t4\n"},
            "don't span the array",
        ),
        ({"S1.png": None}, "one image of section S1 is needed"),
    ],
)
def test_a_part_of_a_legacy_section_that_does_not_fit_is_refused(put, others, said):
    with pytest.raises(DataError, match=said):
        read_section(put(legacy_files(), others=others) / "S1.tsv")


def test_a_table_whose_rows_of_counts_are_gone_is_refused(put):
    from spectra_dl.expression.readers.text_tables.legacy_st import read_legacy_st

    folder = put(legacy_files(), others={"S1.tsv": "\tA\tB\n"})
    with pytest.raises(DataError, match="no rows of counts in it"):
        read_legacy_st(SectionSource(folder / "S1.tsv"))


def test_damaged_gzip_data_are_refused(put):
    packed = gzip.compress(legacy_files()["S1.tsv"] * 50)
    with pytest.raises(DataError, match=r"not a section|can't be read"):
        read_section(put(legacy_files(), others={"S1.tsv": packed[: len(packed) // 2]}) / "S1.tsv")


@pytest.mark.parametrize(
    ("lines", "legacy"),
    [
        (["\tA\tB", "spot1\t1\t2"], True),
        (["A\tB", "spot1\t1\t2"], True),
        (["\t1\t2", "spot1\t1\t2"], False),
        (["\tA\tB", "1\t1\t2"], False),
        (["\tA\tB", "spot1\t1\tx"], False),
        (["\tA\tB", "spot1"], False),
    ],
)
def test_a_legacy_table_is_told_by_names_above_and_numbers_below(lines, legacy):
    assert looks_like_legacy_st(lines) is legacy


def test_spots_without_places_measure_nothing():
    with pytest.raises(DataError, match="0 spots with positions don't span"):
        pixels_per_um(np.full((3, 2), np.nan), np.ones((3, 2)), "one")


@pytest.mark.parametrize("text", ["1", "1\t2\t3", ""])
def test_more_or_fewer_numbers_than_needed_are_refused(text):
    with pytest.raises(DataError, match="values, 2 are needed"):
        numbers_of(text, "\t", "x.tsv line 2", 2)


def test_a_sheet_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file; name a CSV"):
        read_sections(tmp_path / "gone.csv")


def test_a_section_without_permission_is_refused(put, monkeypatch):
    path = put(legacy_files()) / "S1.tsv"

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", deny)
    with pytest.raises(DataError, match=r"S1\.tsv: can't be read \(Permission denied\)"):
        read_section(path)
