"""What goes wrong seldom, each with its own sentence."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.readers import ReadOptions, read_spectra, source
from spectra_dl.spectra.readers import hdf5_file as hdf5_reader
from spectra_dl.spectra.readers.sample_sheet import iter_two_column_files
from spectra_dl.spectra.readers.several_files import MAX_NOTES, FileNotes, in_blocks
from spectra_dl.spectra.readers.text import small_table
from spectra_dl.spectra.readers.text.lines import Lines
from spectra_dl.spectra.readers.text.numbers import decide_format
from spectra_dl.spectra.readers.text.orientation import Orientation, decide_orientation
from spectra_dl.spectra.readers.text.text_file import read_one_spectrum
from spectra_dl.spectra.table import SpectraTable

AXIS = [400.0 + 2 * k for k in range(24)]
HEADER = ",".join(["sample_id", *map(str, AXIS)])
ROW = ",".join(["a", *["7.5"] * 24])
TWO = "".join(f"{x}\t{k % 5}\n" for k, x in enumerate(AXIS))


def spectra(*, notes: tuple[str, ...] = ()) -> SpectraTable:
    return SpectraTable(np.ones((1, 24)), np.array(AXIS), text_array(["a"]), notes=notes)


# Files that can't be opened


def test_a_file_without_permission_is_refused(write, monkeypatch):
    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = write(f"{HEADER}\n{ROW}\n")
    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(DataError, match="no permission to read it"):
        source.open_regular(path, "spectra.csv")


def test_a_name_that_no_system_can_open_is_refused():
    with pytest.raises(DataError, match="can't be opened"):
        read_spectra("a\0b.csv")


def test_a_pipe_that_takes_the_place_of_a_file_is_not_read(tmp_path, write, monkeypatch):
    regular = os.stat(write(ROW))
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(source.os, "stat", lambda _: regular)
    with pytest.raises(DataError, match="not a regular file"):
        source.open_regular(tmp_path / "pipe", "pipe")


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    def deny(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(DataError, match=r"the folder can't be read \(Permission denied\)"):
        read_spectra(tmp_path)


def test_gzip_data_beyond_the_limit_are_refused(write, monkeypatch):
    monkeypatch.setattr(source, "MAX_DECOMPRESSED_BYTES", 1_000)
    with pytest.raises(DataError, match="decompresses to more than"):
        read_spectra(write(gzip.compress(b"1," * 600)))


# Text


def test_no_bytes_are_no_lines():
    assert list(Lines(iter(()), "x.csv")) == []


def test_a_nul_character_in_utf_16_is_refused(write):
    with pytest.raises(DataError, match="a NUL character"):
        read_spectra(write(f"{HEADER}\na\0{ROW}\n".encode("utf-16")))


def test_a_quote_opened_in_the_last_line_is_refused(write):
    with pytest.raises(DataError, match=r"line 3: a quoted field that never ends"):
        read_spectra(write(f'{HEADER}\n{ROW}\n"{ROW}\n'))


def test_rows_of_blanks_are_no_spectra(write):
    with pytest.raises(DataError, match="no spectra"):
        read_spectra(write(f"{HEADER}\n{' ,' * 24} \n"))


def test_infinities_that_cancel_are_no_missing_values(write):
    cells = ["inf", "-inf", *["7"] * 22]
    table = read_spectra(write(f"{HEADER}\na,{','.join(cells)}\n"))
    assert table.intensity[0, 0] == -table.intensity[0, 1] == np.inf
    assert not any("hold no value" in note for note in table.notes)


def test_a_mark_beside_the_decimal_mark_groups_thousands():
    assert decide_format(["0.5", "1,234"], "x.csv")[0].row(["1,234"]) == [1234.0]


def test_a_third_mark_is_refused():
    with pytest.raises(DataError, match="a third mark beside"):
        decide_format(["0.5", "1'234'567", "1,234"], "x.csv")


def test_a_tab_within_a_cell_makes_no_two_numbers(write):
    header = HEADER.replace(",", ";")
    with pytest.raises(DataError, match="line 2"):
        read_spectra(write(f'{header}\na;{";".join(["1,5"] * 23)};"1,5\t2"\n'))


# Axes


def test_a_wavenumber_named_as_a_column_of_patients_is_none(write):
    with pytest.raises(DataError, match="no column is named by a wavenumber"):
        read_spectra(write("sample_id,400\na,5\nb,6\n"), ReadOptions(patient="400"))


def test_first_cells_named_as_columns_are_no_wavenumbers(write):
    with pytest.raises(DataError, match="no wavenumbers in the first column"):
        read_spectra(write("400,5\n402,6\n"), ReadOptions(patient="400", label="402"))


def test_a_doubled_wavenumber_renamed_by_an_export_is_refused_beside_the_axis(write):
    header = ",".join(["sample_id", *(str(int(x)) for x in AXIS)])
    with pytest.raises(DataError, match="renamed by an export"):
        read_spectra(write(f"{header},446.0.1\n{ROW},7.5\n"))


def test_where_header_and_first_column_could_both_be_the_axis_the_one_in_order_is():
    ordered = [str(398 + 2 * k) for k in range(13)]
    shuffled = [ordered[0], *(ordered[k] for k in (2, 1, 5, 3, 4, 6, 9, 7, 8, 12, 10, 11))]
    body = ["5"] * 12
    rows = [ordered, *([name, *body] for name in shuffled[1:])]
    columns = [shuffled, *([name, *body] for name in ordered[1:])]
    assert decide_orientation(rows, (), "x.csv") is Orientation.ROWS
    assert decide_orientation(columns, (), "x.csv") is Orientation.COLUMNS


# HDF5


@pytest.fixture
def written(tmp_path: Path) -> Path:
    with hdf5_file(tmp_path / "s.h5") as append:
        append(spectra())
    return tmp_path / "s.h5"


def test_more_columns_than_can_be_read_are_refused(written, monkeypatch):
    monkeypatch.setattr(hdf5_reader, "_MOST_COLUMNS", 0)
    with pytest.raises(DataError, match="1 columns; at most 0 can be read"):
        read_spectra(written)


def test_a_column_that_is_not_utf_8_is_refused(written):
    with h5py.File(written, "r+") as file:
        file["columns/0000"][0] = b"\xff\xfe"
    with pytest.raises(DataError, match="is not UTF-8 near row 1"):
        read_spectra(written)


# Several files


def test_a_list_of_one_file_is_that_file(write):
    path = write(f"{HEADER}\n{ROW}\n")
    assert np.array_equal(read_spectra([path]).intensity, read_spectra(path).intensity)


def test_a_sheet_may_describe_one_file(write):
    path, sheet = write(TWO, "one.txt"), write("file,patient_id\none.txt,p\n", "sheet.csv")
    assert list(read_spectra(path, ReadOptions(samples=sheet)).patient) == ["p"]


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        ("name,patient_id\none.txt,p\n", "no column 'file'"),
        ("file,patient_id\n", "no rows below the header"),
        ("file,patient_id\none.txt,p\none.txt,q\n", "a file stands in two rows"),
    ],
)
def test_a_sheet_that_leaves_a_file_unassigned_is_refused(write, sheet, reason):
    path, samples = write(TWO, "one.txt"), write(sheet, "sheet.csv")
    with pytest.raises(DataError, match=reason):
        read_spectra([path], ReadOptions(samples=samples))


def test_a_sheet_of_too_many_rows_is_refused(write, monkeypatch):
    monkeypatch.setattr(small_table, "MAX_ROWS", 1)
    path, samples = write(TWO, "one.txt"), write("file\none.txt\ntwo.txt\n", "sheet.csv")
    with pytest.raises(DataError, match="more than 1 rows"):
        read_spectra([path], ReadOptions(samples=samples))


def test_a_folder_of_files_needs_a_sheet(tmp_path):
    with pytest.raises(UsageError, match="needs a sample sheet"):
        list(iter_two_column_files(tmp_path, ReadOptions(), rows=10))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n",
        "shift,a,b\n" + "".join(f"{x},1,2\n" for x in AXIS),
        "#X\t#Y\t#Wave\t#Intensity\n" + "".join(f"{k}\t0\t{x}\t7\n" for k in (0, 1) for x in AXIS),
    ],
)
def test_a_table_or_a_map_among_several_files_is_refused(write, content):
    with pytest.raises(DataError, match="not one spectrum as two columns"):
        read_one_spectrum(write(content))


def test_a_map_without_points_is_refused(write):
    with pytest.raises(DataError, match="no spectra"):
        read_spectra(write("#X\t#Y\t#Wave\t#Intensity\n"))


def test_maps_come_in_blocks(write):
    from spectra_dl.spectra.readers import iter_spectra

    points = "".join(f"{place}\t0\t{x}\t{place + k}\n" for place in range(3) for k, x in enumerate(AXIS))
    path = write("#X\t#Y\t#Wave\t#Intensity\n" + points)
    blocks = list(iter_spectra(path, rows=2))
    assert [len(block) for block in blocks] == [2, 1]
    assert blocks[1].intensity[0].tolist() == [2.0 + k for k in range(24)]


def test_notes_of_many_files_are_kept_up_to_a_number():
    notes = FileNotes(())
    for number in range(MAX_NOTES + 5):
        table = notes.add(spectra(notes=(f"note {number}",)))
    assert len(table.notes) == MAX_NOTES


def test_no_tables_make_no_blocks():
    assert list(in_blocks([], 3)) == []


# Patients' folders


@pytest.fixture
def patient(tmp_path: Path) -> Callable[..., Path]:
    def make(information: str | None) -> Path:
        folder = tmp_path / "p1"
        folder.mkdir()
        (folder / "raman_shift.csv").write_text("\n".join(map(str, AXIS)) + "\n")
        (folder / "spectra.csv").write_text(",".join(["7"] * 24) + "\n")
        if information is not None:
            (folder / "user_information.csv").write_text(information)
        return folder

    return make


def test_a_patient_without_information_has_only_a_name(patient):
    table = read_spectra(patient(None))
    assert list(table.patient) == ["p1"]
    assert table.label is None


def test_two_rows_of_information_are_refused(patient):
    with pytest.raises(DataError, match="2 rows below the header; give one row"):
        read_spectra(patient("age,sex\n1,f\n2,m\n"))
