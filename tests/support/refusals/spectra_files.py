"""Section A: files of spectra that are no tables, and what else is known of ids and labels."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from example_spc import fractions
from example_tables import TextTable
from example_wdf import small_map
from formats import matlab
from formats.xlsx import archive, parts_of, sheet_xml, small_rows, workbook
from refusals.archives import zip_of
from refusals.inputs import predict_file
from refusals.row import Command, Maker, Row

_EXPORT = "Export the spectra as CSV."
_COPY = "Copy the file again."
_FILE = "Give the file itself."
_TABLES = "tests/spectra/readers/test_faults_of_tables.py"
_PREDICTION = "tests/classification/test_predictions.py"


def put(prepare: Callable[[Path], object], name: str = "spectra.csv") -> Maker:
    """Something that is no regular file, given to predict."""

    def make(folder: Path) -> list[Command]:
        prepare(folder / name)
        return [("predict", name, "--out", "out")]

    return make


def workbook_of(clean: TextTable) -> bytes:
    """The clean spectra in one sheet, numbers as numbers."""
    rows = [line.split(",") for line in clean.text().splitlines()]
    return workbook(Spectra=[[_cell(text) for text in row] for row in rows])


def _cell(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def far_apart() -> bytes:
    """A workbook of two cells, at opposite corners of its sheet."""
    last = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return archive(parts_of({"Serum": sheet_xml([[1.0]]).replace("</sheetData>", last)}))


def _jcamp_short() -> str:
    return (
        "##TITLE=a powder\n##JCAMP-DX=4.24\n##DATA TYPE=RAMAN SPECTRUM\n##XUNITS=1/CM\n##YUNITS=COUNTS\n##FIRSTX=400\n##LASTX=1800\n"
        "##DELTAX=2\n##XFACTOR=1\n##YFACTOR=1\n##NPOINTS=701\n##XYDATA=(X++(Y..Y))\n400 1 2 3\n##END=\n"
    )


ROWS = [
    Row("A", "random bytes", "refuse", _EXPORT, predict_file(np.random.default_rng(0).bytes(200_000)), "not a text table"),
    Row("A", "a NUL byte in a table", "refuse", _EXPORT, predict_file(b"sample_id,400,402,404\nS1,1,2,3\nS2,1,\x002,3\n" + b"S3,1,2,3\n" * 20), "NUL byte at offset 36"),
    Row("A", "an Excel workbook with one table", "same", "Nothing; the sheet is named in report.json.", predict_file(workbook_of, "spectra.xlsx"), says="the sheet 'Spectra' of the workbook was read"),
    Row("A", "an Excel workbook with two sheets that may be the table", "refuse", "Keep one of them, or save it as CSV.", predict_file(workbook(Serum=small_rows(), Plasma=small_rows()), "spectra.xlsx"), "Serum, Plasma"),
    Row("A", "an Excel workbook with macros", "refuse", "Save the sheet as CSV.", predict_file(zip_of(("[Content_Types].xml", b"x"), ("xl/vbaProject.bin", b"x")), "spectra.xlsm"), "macros"),
    Row("A", "an Excel workbook of 5 KB whose sheet spans 17 billion cells", "refuse", "Save the sheet as CSV.", predict_file(far_apart(), "spectra.xlsx"), "span", bounded=True),
    Row("A", "an old Excel workbook (.xls), or one with a password", "refuse", "Save it as .xlsx or CSV.", predict_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "spectra.xls"), ".xls"),
    Row("A", "Thermo OMNIC (.spa, .spg)", "refuse", "Save it as SPC, JCAMP-DX or CSV.", predict_file(b"Spectral Data File\r\n" + bytes(500), "serum.spa"), "OMNIC"),
    Row("A", "PerkinElmer (.sp)", "refuse", "Save it as ASCII, SPC or JCAMP-DX.", predict_file(b"PEPE2D constant interval" + bytes(500), "serum.sp"), "PerkinElmer"),
    Row("A", "a WITec project (.wip)", "refuse", "Export a table.", predict_file(b"WIT_PR06" + bytes(500), "serum.wip"), "WITec"),
    Row("A", "LabSpec's own files (.l6s, .l5s)", "refuse", "Save it as text.", predict_file(b"\x00\x01\x02\x03" * 500, "serum.l6s"), "LabSpec"),
    Row("A", "Andor (.sif)", "refuse", "Export it as ASCII.", predict_file(b"Andor Technology Multi-Channel File\n" + bytes(500), "serum.sif"), "Andor"),
    Row("A", "Princeton Instruments (.spe)", "refuse", "Export it as CSV.", predict_file(b"\x00\x01\x02\x03" * 500, "serum.spe"), "Princeton"),
    Row("A", "R (.rds, .RData)", "refuse", "Write the table by write.csv.", predict_file(gzip.compress(b"X\n\x00\x00\x00\x03" + bytes(500)), "serum.rds"), "R object"),
    Row("A", "an ENVI image in a zip archive", "refuse", "Write the spectra as CSV.", predict_file(zip_of(("serum.hdr", b"ENVI"), ("serum.dat", b"x")), "serum.zip"), "ENVI"),
    Row("A", "a MATLAB file with two arrays that may be the spectra", "refuse", "Save only the spectra and their Raman shifts.", predict_file(matlab.old(X=matlab.SPECTRA, Y=matlab.SPECTRA, shift=matlab.SHIFTS), "serum.mat"), "X by shift, Y by shift"),
    Row("A", "JSON named .csv", "refuse", _EXPORT, predict_file(json.dumps({"spectra": [[1, 2]]})), "JSON"),
    Row("A", "a folder named .csv", "refuse", _FILE, put(Path.mkdir), "not a regular file"),
    Row("A", "a pipe nobody writes to", "refuse", _FILE, put(os.mkfifo), "not a regular file"),
    Row("A", "a link to nothing", "refuse", _FILE, put(lambda path: path.symlink_to("nowhere")), "link to nothing"),
    Row("A", "a link to a device without an end", "refuse", _FILE, put(lambda path: path.symlink_to("/dev/zero")), "not a regular file"),
    Row("A", "a WiRE .wdf of 80 bytes", "refuse", _COPY, predict_file(small_map().data()[:80], "map.wdf"), "WDF"),
    Row("A", "a .wdf that claims 2^40 spectra of 2^32 points", "refuse", _COPY, predict_file(small_map().but(points=2**32 - 1, spectra=2**40).data(), "map.wdf"), "map.wdf", bounded=True),
    Row("A", "a GRAMS .spc that claims 2 billion points", "refuse", _COPY, predict_file(fractions().but(points=2_000_000_000, spectra=2_000_000_000).data()[:512], "powder.spc"), "powder.spc"),
    Row("A", "a GRAMS .spc that says FT-IR and absorbance", "refuse", "Give Raman spectra.", predict_file(fractions(1).but(unit=1, quantity=2, experiment=4).data(), "film.spc"), "FT-IR"),
    Row("A", "JCAMP-DX that says 701 points and has 3", "refuse", _COPY, predict_file(_jcamp_short(), "powder.jdx"), "701"),
    Row("A", "WiRE map text, falling axis", "same", "Nothing.", says="Each place of the map becomes a spectrum, its id made of X and Y.", tests=(f"{_TABLES}::test_columns_of_a_wire_map_become_spectra",)),
    Row("A", "two columns without a header", "same", "Nothing.", says="They are one spectrum; the first line is not taken for a header.", tests=("tests/spectra/readers/test_two_columns_and_sheets.py::test_two_columns_are_one_spectrum",)),
    Row("A", "two columns with decimal commas (400,0;4123,4567)", "same", "Nothing.", says="They are one spectrum.", tests=("tests/spectra/readers/test_two_columns_and_sheets.py::test_two_columns_with_decimal_commas_are_one_spectrum",)),
    Row("A", "patients 7 and 07", "same", "Nothing.", says="Ids stay text: these are two patients, with a note.", tests=(f"{_TABLES}::test_ids_stay_text", "tests/evaluation/test_person_ids.py::test_numbers_with_other_zeros_in_front_are_other_people_with_a_note")),
    Row("A", "text in Windows-1252 (a byte 0xFC)", "same", "Check the note in report.json.", says="It is read, and the encoding is noted.", tests=(f"{_TABLES}::test_latin1_metadata_is_read_and_noted",)),
    Row("A", "one spectrum under two patients", "warn", "Find out whose it is.", says="The audit names both rows.", tests=("tests/evaluation/audit/test_audit_copies.py::test_identical_spectra_of_two_patients_are_named_by_row",)),
    Row("A", "ids that a spreadsheet would run (=cmd...)", "same", "Nothing.", says="They are kept, and preceded by ' in the files that are written.", tests=(f"{_PREDICTION}::test_ids_that_a_spreadsheet_would_run_are_quoted",)),
    Row("A", "ids with HTML", "same", "Nothing.", says="They are text on the page, and no element of it.", tests=("tests/evaluation/report/test_page.py::test_hostile_words_change_the_text_but_not_one_element",)),
    Row("A", "ids that look like paths (../../etc/passwd)", "same", "Nothing.", says="No file is named after an id without making it safe.", tests=(f"{_TABLES}::test_odd_ids_come_through_unchanged", "tests/imaging/test_tile_files.py::test_a_name_that_looks_like_a_path_stays_in_the_folder")),
    Row("A", "line breaks, commas and quotes in ids", "same", "Nothing.", says="They come back as they were.", tests=(f"{_PREDICTION}::test_ids_with_commas_quotes_and_line_breaks_come_back",)),
    Row("A", "ids that would steer a terminal", "same", "Nothing.", says="They are printed as escapes.", tests=(f"{_TABLES}::test_odd_ids_come_through_unchanged",)),
    Row("A", "a table that grows while it is read", "refuse", "Wait until it is written.", says="Refused: it changed while it was read.", tests=("tests/refusals/test_machine.py::test_a_table_that_grows_while_it_is_read_is_refused",)),
]  # fmt: skip
