"""Excel workbooks: read as the same table saved as text, the sheet named; what could run, swell or mislead is refused."""

import gzip
import io
import struct
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from formats.xlsx import archive, parts_of, sheet_xml, small_rows, workbook
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.spectra.readers import ReadOptions, read_spectra

ROWS = small_rows()
NOTHING = [["measured by", "A"], ["with", "B"]]


def as_text(rows):
    return "\n".join("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)


def test_a_sheet_is_read_as_the_same_table_saved_as_text(write):
    book = read_spectra(write(workbook(Spectra=ROWS), "book.xlsx"))
    text = read_spectra(write(as_text(ROWS), "book.txt"))
    assert np.array_equal(book.intensity, text.intensity)
    assert np.array_equal(book.wavenumber, text.wavenumber)
    assert list(book.sample_id) == list(text.sample_id)
    assert list(book.patient) == list(text.patient) == ["1", "1", "2"]
    assert list(book.label) == list(text.label)


def test_every_digit_of_a_number_is_kept(write):
    values = [float(x) for x in np.random.default_rng(0).normal(0, 1e3, 30)]
    values[:4] = [0.1 + 0.2, 1e-300, 123456789012345.6, -5e300]
    rows = [["sample_id", *(400.1 + k for k in range(30))], ["a", *values]]
    assert read_spectra(write(workbook(Spectra=rows), "book.xlsx")).intensity[0].tolist() == values


def test_a_table_written_by_openpyxl_is_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert np.array_equal(read_spectra(tmp_path / "book.xlsx").intensity, [row[3:] for row in ROWS[1:]])


def test_the_sheet_is_named_and_those_that_hold_no_table_are_too(write):
    notes = read_spectra(write(workbook(About=NOTHING, Serum=ROWS), "book.xlsx")).notes
    assert "the sheet 'Serum' of the workbook was read" in notes
    assert any("not read: About" in note for note in notes)


def test_two_sheets_that_may_be_the_table_are_refused_by_their_names(write):
    with pytest.raises(DataError, match=r"2 sheets could each.*Serum, Plasma"):
        read_spectra(write(workbook(Serum=ROWS, Plasma=ROWS, About=NOTHING), "book.xlsx"))


def test_a_hidden_sheet_is_not_read_and_noted(write):
    parts = parts_of({"Serum": sheet_xml(ROWS), "Old": sheet_xml(ROWS)}, hidden=["Old"])
    notes = read_spectra(write(archive(parts), "book.xlsx")).notes
    assert any("Old (hidden)" in note for note in notes)


def test_a_table_that_begins_further_down_and_to_the_right_is_read(write):
    parts = parts_of({"Serum": sheet_xml(ROWS, first_row=3)})
    assert len(read_spectra(write(archive(parts), "book.xlsx"))) == 3


def test_a_spectrum_a_column_and_two_columns_are_read_as_in_text(write):
    transposed = [["shift", "a", "b"], *([400 + 2 * k, k % 7, k % 5] for k in range(30))]
    table = read_spectra(write(workbook(Sheet1=transposed), "book.xlsx"))
    assert list(table.sample_id) == ["a", "b"]
    two = [[400 + 2 * k, k % 7] for k in range(30)]
    assert len(read_spectra(write(workbook(Sheet1=two), "one.xlsx"))) == 1


def test_a_message_names_the_row_of_the_sheet(write):
    rows = [*small_rows(), ["S9", 4, "a", "wrong", *([1.0] * 29)]]
    with pytest.raises(DataError, match=r"book.xlsx line 5, column 4 \('400.5'\): 'wrong' is not a number"):
        read_spectra(write(workbook(Serum=rows), "book.xlsx"))


def test_text_with_tabs_and_quotes_stays_one_cell(write):
    rows = small_rows()
    rows[1][2] = 'a\t"b"\nc'
    table = read_spectra(write(workbook(Serum=rows), "book.xlsx"))
    assert table.label[0] == 'a "b" c'


def test_empty_cells_are_missing_values_and_booleans_are_text(write):
    rows = small_rows()
    rows[1][5], rows[2][2] = None, True
    table = read_spectra(write(workbook(Serum=rows), "book.xlsx"))
    assert np.isnan(table.intensity[0, 2])
    assert table.label[1] == "True"


def test_formulas_are_noted(write):
    xml = sheet_xml(ROWS).replace("<v>101.1</v>", "<f>SUM(A1)</f><v>101.1</v>")
    notes = read_spectra(write(archive(parts_of({"Serum": xml})), "book.xlsx")).notes
    assert any("1 formulas" in note for note in notes)


def test_cells_with_an_error_are_missing_values_and_counted(write):
    xml = sheet_xml(ROWS).replace('r="F2"><v>4.1</v>', 'r="F2" t="e"><v>#N/A</v>')
    table = read_spectra(write(archive(parts_of({"Serum": xml})), "book.xlsx"))
    assert np.isnan(table.intensity[0, 2])
    assert any("1 cells of the workbook hold an error" in note for note in table.notes)


def test_a_sample_sheet_may_be_a_workbook(write, tmp_path):
    for name in ("a", "b"):
        write("\n".join(f"{400 + k},{k * k}" for k in range(30)), f"files/{name}.csv")
    sheet = workbook(Sheet1=[["file", "patient", "age"], ["a.csv", "p", 41], ["b.csv", "q", 52]])
    options = ReadOptions(samples=write(sheet, "samples.xlsx"), patient="patient")
    table = read_spectra(tmp_path / "files", options)
    assert list(table.patient) == ["p", "q"]
    assert list(table.metadata["age"]) == ["41", "52"]


def changed(**more):
    return parts_of({"Serum": sheet_xml(ROWS)}) | more


def lying() -> bytes:
    """An archive whose directory claims fewer bytes than a part inflates to."""
    data = bytearray(archive(changed()))
    at = data.rfind(b"PK\x01\x02")
    size = struct.unpack_from("<I", data, at + 24)[0]
    struct.pack_into("<I", data, at + 24, size // 2)
    return bytes(data)


SHEET = "xl/worksheets/sheet1.xml"
HOSTILE = {
    "macros": (archive(changed(**{"xl/vbaProject.bin": b"x"})), "macros"),
    "binary workbook": (archive({"[Content_Types].xml": "x", "xl/workbook.bin": b"x"}), "xlsb"),
    "no workbook": (archive({"[Content_Types].xml": "x", "xl/other.xml": "x"}), "no Excel workbook"),
    "OpenDocument": (archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "x"}, zipfile.ZIP_STORED), "OpenDocument"),
    "truncated": (workbook(Serum=ROWS)[:-40], "truncated or damaged"),
    "a directory that lies": (lying(), "damaged"),
    "two cells far apart": (archive(changed(**{SHEET: sheet_xml([[1.0]]).replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')})), "span 17,"),
    "a row far away": (archive(changed(**{SHEET: sheet_xml(ROWS, first_row=9_000_000)})), "span"),
    "no column": (archive(changed(**{SHEET: sheet_xml(ROWS).replace('r="A1"', 'r="a1"')})), "a cell at a1"),
    "entities": (archive(changed(**{SHEET: '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet_xml(ROWS)[38:]})), "entities"),
    "broken XML": (archive(changed(**{SHEET: sheet_xml(ROWS)[:-30]})), "can't be followed"),
    "deep nesting": (archive(changed(**{SHEET: "<a>" * 200_000 + "</a>" * 200_000})), "sheet"),
    "zip bomb": (archive(changed(**{SHEET: b" " * (200 << 20)})), "unpacks to 200 MiB"),
    "many parts": (archive(changed(**{f"xl/p{k}.xml": "<a/>" for k in range(2500)})), "parts"),
    "one long text in many cells": (archive(changed(**{"xl/sharedStrings.xml": f"<sst><si><t>{'x' * 3_000_000}</t></si></sst>", SHEET: "<worksheet><sheetData><row>" + '<c t="s"><v>0</v></c>' * 1000 + "</row></sheetData></worksheet>"})), "texts of up to 3,000,000"),
    "gzip": (gzip.compress(workbook(Serum=ROWS)), "compressed with gzip"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), r"old Excel file \(\.xls\)"),
    "empty workbook": (workbook(Sheet1=[]), "no sheet with at least 20 numbers"),
    "no sheets": (archive(parts_of({})), "no sheet|damaged"),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE)
def test_what_can_not_be_read_is_refused_in_a_sentence_and_in_little_memory(content, write):
    data, words = HOSTILE[content]
    path = write(data, "book.xlsx")
    tracemalloc.start()
    with pytest.raises(DataError, match=words) as refusal:
        read_spectra(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400e6
    assert len(str(refusal.value)) <= 500
    assert str(refusal.value).isprintable()


def test_a_missing_library_is_named_with_its_installation(monkeypatch, write):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(UsageError, match="pip install python_calamine"):
        read_spectra(write(workbook(Serum=ROWS), "book.xlsx"))


def test_pickle_data_in_an_archive_is_unsafe(write):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("archive/data.pkl", b"x")
    with pytest.raises(UnsafeError, match="pickle"):
        read_spectra(write(stream.getvalue(), "book.xlsx"))
