"""Section A: what a file of spectra states in words, and columns that are no samples."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from refusals.inputs import predict_file, write
from refusals.row import Command, Row

_AXIS = np.arange(380.0, 1822.0, 2.0)
_VALUES = np.round(800 + np.random.default_rng(6).normal(0, 4, _AXIS.size), 2)
_LASER = "Give --laser NM, or export Raman shift."
_EXPORT = "Export Raman shift in cm-1."
_CHOOSE = "Choose with --intensity COLUMN."
_AROUND = "tests/spectra/readers/text/test_text_around_a_table.py"
_COLUMNS = "tests/spectra/readers/text/columns/test_columns_that_are_no_samples.py"
_PAIRS = "tests/spectra/readers/text/columns/test_pairs_and_long_tables.py"
_CLAIMS = "tests/spectra/readers/stated/test_claims.py"
_CONVERSION = "tests/spectra/readers/stated/test_conversion.py"
_UNITS = "tests/spectra/readers/stated/test_units.py"


def two_columns(header: str, *, above: str = "", below: str = "") -> str:
    """One spectrum as two columns under a header, with text around it."""
    rows = "".join(f"{x:.3f}\t{v:.2f}\n" for x, v in zip(_AXIS, _VALUES, strict=True))
    return f"{above}{header}\n{rows}{below}" if header else f"{above}{rows}{below}"


def counted(name: str) -> str:
    """One spectrum whose axis counts from 400."""
    return f"{name}\tCounts\n" + "".join(f"{400 + k}\t{v:.2f}\n" for k, v in enumerate(_VALUES))


def columns(*names: str) -> str:
    """A table with a column of numbers under each name, the axis first."""
    rows = (
        "\t".join([f"{x:.3f}", *(f"{v + k:.2f}" for k in range(len(names) - 1))])
        for x, v in zip(_AXIS, _VALUES, strict=True)
    )
    return "\t".join(names) + "\n" + "\n".join(rows) + "\n"


def _pairs_behind() -> str:
    rows = (f"{v:.2f}\t{x:.3f}\t{v + 3:.2f}\t{x + 0.6:.3f}" for x, v in zip(_AXIS, _VALUES, strict=True))
    return "A\tx_A\tB\tx_B\n" + "\n".join(rows) + "\n"


def _wide(*ids: str) -> str:
    header = ",".join(["sample_id", *map(str, _AXIS)])
    return (
        "\n".join([header, *(",".join([name, *map(str, _VALUES + k)]) for k, name in enumerate(ids))]) + "\n"
    )


def _two_files(folder: Path) -> Sequence[Command]:
    axis = write(folder, "axis.txt", "".join(f"{x}\n" for x in _AXIS))
    counts = write(folder, "counts.txt", "".join(f"{v}\n" for v in _VALUES[:-1]))
    return [("preprocess", axis, counts, "--out", "out")]


ROWS = [
    Row("A", "a header that says nm, [nm], λ/nm, Wellenlänge, 波长 ...", "refuse", _LASER, predict_file(two_columns("Wavelength [nm]\tCounts")), "wavelengths in nm", tests=(f"{_UNITS}::test_a_unit_is_known_in_the_ways_people_write_it",)),
    Row("A", "a header that says eV or meV", "refuse", _LASER, predict_file(two_columns("Energy (eV)\tCounts")), "energies in eV"),
    Row("A", "a header that says THz", "refuse", _LASER, predict_file(two_columns("Frequency (THz)\tCounts")), "frequencies in THz"),
    Row("A", "a header that says absolute wavenumber", "refuse", _LASER, predict_file(two_columns("Absolute wavenumber (cm-1)\tCounts")), "absolute wavenumbers"),
    Row("A", "a header that says pixel, m/z or time", "refuse", _EXPORT, predict_file(two_columns("Pixel\tCounts")), "pixels of the detector"),
    Row("A", "a unit that is stated above the table (XUNITS, XAxis mode ...)", "refuse", _LASER, predict_file(two_columns("", above="Data from a spectrometer\nXAxis mode: Wavelengths\n>>>>>Begin Spectral Data<<<<<\n")), "XAxis mode: Wavelengths", tests=(f"{_AROUND}::test_a_unit_that_the_text_states_outranks_numbers_that_fit",)),
    Row("A", "row numbers (Point, Index, ...) over whole numbers in steps of one", "refuse", _EXPORT, predict_file(counted("Point")), "pixels of the detector"),
    Row("A", "a name over the axis that is none of an axis", "same", "Call it Raman shift (cm-1).", says="Its numbers are read as Raman shifts, and a note says so.", tests=(f"{_CONVERSION}::test_a_name_that_is_none_of_an_axis_is_noted",)),
    Row("A", "ends, step or number of points that the numbers contradict", "refuse", _EXPORT, predict_file(two_columns("", above="TITLE\tswab\nNPOINTS\t1442\nXYDATA\n")), "721 of 1442 points", tests=(f"{_CLAIMS}::test_ends_and_points_that_the_numbers_do_not_have_are_refused", f"{_CLAIMS}::test_steps_that_the_numbers_do_not_have_are_refused")),
    Row("A", "a header and a line above it that state two units", "refuse", "Delete the wrong one.", predict_file(two_columns("Raman shift (cm-1)\tCounts", above="Export\nXUNITS = nm\n[Data]\n")), "says both"),
    Row("A", "--laser and the file name two lasers", "refuse", "Correct --laser.", predict_file(two_columns("Wavelength (nm)\tCounts", above="Laser: 532 nm\nspectra\n"), "spectra.csv", "--laser", "785"), "another"),
    Row("A", "text that calls the spectrum infrared, UV-VIS, fluorescence", "refuse", "Give a Raman spectrum.", predict_file(two_columns("", above="TITLE\tfilm\nDATA TYPE\tINFRARED SPECTRUM\nXYDATA\n")), "no Raman spectrum"),
    Row("A", "text above and below the table", "same", "Nothing.", says="It is left out with a note of its lines, and searched for unit, laser and exposure.", tests=(f"{_AROUND}::test_the_table_is_read_and_the_text_noted_with_its_lines",)),
    Row("A", "rows of numbers below text that ends the table", "refuse", "Put each table into a file of its own.", predict_file(two_columns("", below="\nsecond spectrum\n400\t5\n402\t6\n")), "rows of numbers go on"),
    Row("A", "Dark, Reference, Baseline, std, mean ... beside a sample", "same", _CHOOSE, says="They are no spectra, and a note names them.", tests=(f"{_COLUMNS}::test_a_column_that_is_no_sample_by_its_whole_name_is_left_out_with_a_note",)),
    Row("A", "several states of one sample (raw, processed)", "refuse", _CHOOSE, predict_file(columns("wavenumber", "raw", "processed")), "raw, processed"),
    Row("A", "no column of a sample", "refuse", _CHOOSE, predict_file(columns("wavenumber", "Dark", "Reference")), "no column of a sample"),
    Row("A", "a row called Dark, Reference, mean or std", "refuse", "Delete the line.", predict_file(_wide("S1", "Dark", "S2")), "no sample by its name"),
    Row("A", "the axis, row numbers or a straight line among the columns", "same", "Nothing.", says="They are no spectra, and a note names them.", tests=(f"{_COLUMNS}::test_the_axis_is_the_column_that_names_it_or_the_first_that_can_be_one",)),
    Row("A", "pairs of axis and intensities", "same", "Nothing.", says="Each spectrum is read on the axis before it; all are brought to one grid, with a note.", tests=(f"{_PAIRS}::test_each_spectrum_stands_on_the_axis_before_it",)),
    Row("A", "an axis behind its spectrum", "refuse", "Put every axis before its spectra.", predict_file(_pairs_behind()), "behind its spectrum"),
    Row("A", "a long table: a point a row", "same", "Nothing.", says="Its places are the spectra.", tests=(f"{_PAIRS}::test_a_long_table_is_read_by_its_places",)),
    Row("A", "one column only", "refuse", "Give axis and intensities in two columns, or both files.", predict_file("".join(f"{x}\n" for x in _AXIS)), "one column only"),
    Row("A", "axis and intensities in two files of unequal length", "refuse", "Export both again.", _two_files, "721 points of the axis for 720 rows"),
    Row("A", "intensities called absorbance or transmittance", "same", "Make sure that they are Raman spectra.", says="They are read, and a note says so.", tests=(f"{_COLUMNS}::test_absorbance_is_noted",)),
]  # fmt: skip
