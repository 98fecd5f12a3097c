"""Section A: tables of spectra, spelt in another way or broken."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from broken_tables import REFUSED, SAME, with_cell
from example_tables import TextTable, clean_table
from refusals.inputs import demo_table, predict_file, write
from refusals.row import Command, Maker, Row

_READERS = "tests/spectra/readers/test_faults_of_tables.py"
_NOTHING = "Nothing; what was guessed stands in report.json."
_EXPORT = "Export the table again."

SPELLINGS = {
    "none": "as it is",
    "semicolons, decimal commas, also in the header": "semicolons and decimal comma",
    "a dot for thousands and a decimal comma (1.234,5678)": "thousands dot",
    "quoted fields with a comma for thousands (\"1,234.5678\")": "thousands comma in quotes",
    "a byte order mark before the first header": "byte order mark",
    "UTF-16": "UTF-16",
    "Windows line ends": "CRLF",
    "old Macintosh line ends": "CR",
    "tabs in a file named .csv": "tabs",
    "a separator too many at the end of every line": "separator at every end",
    "lines of separators at the end": "separator lines at the end",
    "no newline at the end": "no last newline",
    "spaces around every field": "spaces around",
    "comment lines before the header": "comment lines",
    "header cells with a unit (400.0 cm-1)": "units in the header",
    "R's X before every wavenumber (X400.0)": "R prefix",
    "an axis that falls": "descending axis",
    "an axis in random order": "random axis",
    "samples in columns": "transposed",
    "a column of row numbers in front": "unnamed index",
    "scientific notation": "scientific",
    "gzip data in a file named .csv": "gzip",
}  # fmt: skip


def but(change: Callable[[TextTable], TextTable]) -> Callable[[TextTable], str]:
    """The clean table after a change, as text."""
    return lambda clean: change(clean).text()


def rows_changed(change: Callable[[int, list[str]], list[str]]) -> Callable[[TextTable], str]:
    """The clean table with each row changed, as text."""
    return but(lambda clean: replace(clean, rows=[change(at, row) for at, row in enumerate(clean.rows)]))


def _measured_twice(clean: TextTable) -> str:
    """The clean table with 600 to 900 cm-1 measured again, between the points."""
    again = range(103, 254)
    names = [f"{float(clean.header[k]) + 0.7:.1f}" for k in again]
    rows = [[*row, *(row[k] for k in again)] for row in clean.rows]
    return replace(clean, header=[*clean.header, *names], rows=rows).text()


def train_file(content: Callable[[TextTable], str | bytes], *more: str, evaluate_too: bool = True) -> Maker:
    """The clean table after a change, given to the commands that need labels and patients."""
    named = more or ("--label", "label", "--patient", "patient_id")

    def make(folder: Path) -> Sequence[Command]:
        name = write(folder, "spectra.csv", content(demo_table()))
        commands = [("train", "spectra", name, *named, "--out", "out")]
        if evaluate_too:
            commands.append(("evaluate", "spectra", name, *named, "--out", "out"))
        return commands

    return make


def _label(spelling: Callable[[int, str], str]) -> Callable[[TextTable], str]:
    return rows_changed(lambda at, row: [*row[:2], spelling(at, row[2]), *row[3:]])


def _without_patient(clean: TextTable) -> str:
    return clean.reordered([0, *range(2, 704)]).text()


def _axis(keep: Callable[[float], bool]) -> Callable[[TextTable], str]:
    """Return the clean table with the points of its axis that are to be kept."""
    return but(lambda c: c.reordered([0, 1, 2, *(k for k in range(3, 704) if keep(float(c.header[k])))]))


def _bomb() -> bytes:
    return gzip.compress(b"sample_id,400,402\n") + gzip.compress(b"1," * (1 << 23)) * 400


REFUSALS = [
    Row("A", "two numeric columns named like wavenumbers (2023, 785)", "refuse", "Rename them, or name them with an option such as --batch 2023.", predict_file(REFUSED["columns 2023 and 785"][0]), "2023"),
    Row("A", "two rows with one sample id", "refuse", "Give each spectrum an id of its own.", predict_file(lambda c: with_cell(c, 1, 0, c.rows[0][0]).text()), "line 2"),
    Row("A", "a wavenumber that stands twice, with the same values or others", "refuse", "Delete one of the columns.", predict_file(REFUSED["a doubled wavenumber"][0]), "duplicate wavenumber 1002.0"),
    Row("A", "labels that differ only in case or spaces", "refuse", "Spell each class in one way.", train_file(_label(lambda at, label: (label, label.upper(), f" {label} ", label.title())[at % 4]))),
    Row("A", "labels that differ in a hyphen, a sign that can't be seen or a letter of another script", "refuse", "Spell each class in one way.", says="They are named and refused.", tests=("tests/evaluation/test_class_names.py::test_two_spellings_of_a_class_are_refused",)),
    Row("A", "-99, 9999 and the like among numbers or times that are nothing like it", "refuse", "Leave those rows out, or correct them.", says="The code is named with its rows.", tests=("tests/evaluation/outcomes/test_outcome_values.py::test_what_is_no_number_of_a_patient_is_refused_by_row",)),
    Row("A", "times that are dates of a spreadsheet, or the same for all", "refuse", "Give the time from the beginning of follow-up.", says="The column is named with its range.", tests=("tests/evaluation/outcomes/survival/test_survival_values.py::test_what_can_not_be_a_time_or_an_event_is_refused_in_a_sentence",)),
    Row("A", "8 rows without a label", "refuse", "Fill them in, or leave those rows out.", train_file(_label(lambda at, label: "" if at < 8 else label)), "8"),
    Row("A", "one class only", "refuse", "Add patients of another class.", train_file(_label(lambda at, label: "control")), "one class"),
    Row("A", "patients with two labels", "refuse", "Correct the labels, or say --label-per-sample.", train_file(_label(lambda at, label: ("control", "cancer")[at % 2])), "label"),
    Row("A", "no column of patients", "refuse", "Name it with --patient; --patient sample_id states one patient a spectrum.", train_file(_without_patient, "--label", "label"), "--patient"),
    Row("A", "one point a spectrum", "refuse", "Export whole spectra.", predict_file(REFUSED["one point"][0]), "1 point"),
    Row("A", "three points a spectrum", "refuse", "Export whole spectra.", predict_file(but(lambda c: c.reordered([0, 1, 2, 3, 4, 5])))),
    Row("A", "600 to 1700 cm-1 where the model needs 400 to 1800", "refuse", "Measure the whole range, or train a model on the common one with --crop.", predict_file(_axis(lambda at: 600 <= at <= 1700)), "600 to 1700 cm⁻¹, 78 % of the model's range; missing are 400 to 600 (low end)"),
    Row("A", "an axis with a gap", "refuse", "Measure the gap too, or train a model beside it with --crop.", predict_file(_axis(lambda at: not 900 < at < 1000)), "900 to 1000 (a gap)"),
    Row("A", "an axis coarser than half the model's", "refuse", "Measure on a finer axis, or train a model on such spectra.", predict_file(_axis(lambda at: at % 8 == 0)), "up to 8 cm⁻¹ apart"),
    Row("A", "2400 to 3800 cm-1 where the model needs 400 to 1800", "refuse", "Measure the model's range.", predict_file(but(lambda c: replace(c, header=[*c.header[:3], *(str(float(at) + 2000) for at in c.header[3:])]))), "nothing in common"),
    Row("A", "an axis in nm", "refuse", "Export Raman shifts in cm-1.", predict_file(REFUSED["nm"][0]), "nm"),
    Row("A", "absolute wavenumbers", "refuse", "Export Raman shifts in cm-1.", predict_file(REFUSED["absolute"][0]), "absolute"),
    Row("A", "pixel numbers for an axis", "refuse", "Export the calibrated axis.", predict_file(REFUSED["pixels"][0]), "pixel"),
    Row("A", "a line that is short by 50 fields and one that is long by 3", "refuse", _EXPORT, predict_file(REFUSED["short line"][0]), "line 6", tests=(f"{_READERS}::test_a_doubtful_table_is_refused_with_place_and_remedy",)),
    Row("A", "lines of tabs among lines of commas", "refuse", _EXPORT, predict_file(REFUSED["tabs in one line"][0]), "line 7"),
    Row("A", "values that could be thousands or decimals (3,956 beside 956)", "refuse", "Export with a decimal point.", predict_file(lambda _: REFUSED["thousands or decimals"][0](clean_table())), "thousands or decimals"),
    Row("A", "the header again in the middle", "refuse", "Delete the line; keep one header.", predict_file(REFUSED["header again"][0]), "line 11"),
    Row("A", "an empty file", "refuse", _EXPORT, predict_file(b""), "empty"),
    Row("A", "a header without rows", "refuse", _EXPORT, predict_file(REFUSED["header only"][0]), "no spectra"),
    Row("A", "white space only", "refuse", _EXPORT, predict_file(" \n\t\n"), "no spectra"),
    Row("A", "a part of the axis measured twice", "refuse", "Give each measurement a table of its own.", predict_file(_measured_twice), "twice"),
    Row("A", "300,000 points a spectrum", "refuse", "Is it one spectrum a row?", predict_file(REFUSED["300,000 points"][0]), "65536", bounded=True),
    Row("A", "6.5 MB of gzip data that swell to 6.25 GiB", "refuse", "Unpack it yourself where you trust it.", predict_file(lambda _: _bomb()), "longer than", bounded=True),
]  # fmt: skip
ROWS = [
    *(
        Row("A", fault, "same", _NOTHING, predict_file(SAME[spelling][0]), SAME[spelling][1])
        for fault, spelling in SPELLINGS.items()
    ),
    *REFUSALS,
]
