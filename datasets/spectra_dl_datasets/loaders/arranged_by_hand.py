"""Sets whose files were never seen here: their user puts them into one of two shapes, which the cards describe."""

from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.errors import DataError

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.spectra.table import SpectraTable

TABLE, SAMPLES, SECTIONS = "spectra.csv", "samples.csv", "sections.csv"
_UNVERIFIED = "no checksum of these files is known, so they were not verified"


def load_spectra(folder: Path) -> "SpectraTable":
    """Return the spectra of ``spectra.csv`` (columns patient and label), or of the two-column files that ``samples.csv`` lists.

    Raises
    ------
    DataError
        Neither or both are there, a patient or label column is missing, or a file can't be read.
    """
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    table, sheet = folder / TABLE, folder / SAMPLES
    if table.is_file() == sheet.is_file():
        which = "both" if table.is_file() else "neither"
        raise DataError(
            f"{folder}: {which} of {TABLE} and {SAMPLES} are there; give {TABLE} with the columns patient and label, or {SAMPLES} "
            "with the columns file, patient and label beside two-column files"
        )
    if table.is_file():
        options = ReadOptions(patient="patient", label="label")
        return read_spectra(table, options).with_notes(_UNVERIFIED)
    options = ReadOptions(patient="patient", label="label", samples=sheet)
    return read_spectra(folder, options).with_notes(_UNVERIFIED)


def load_sections(folder: Path) -> "tuple[TissueSection, ...]":
    """Return the sections that ``sections.csv`` lists with path, patient and section.

    Raises
    ------
    DataError
        The sheet is missing, or a section can't be read.
    """
    from dataclasses import replace

    from spectra_dl.expression.readers import read_sections

    sheet = folder / SECTIONS
    if not sheet.is_file():
        raise DataError(
            f"{folder}: no {SECTIONS} in it; write one with the columns path, patient and section"
        )
    return tuple(replace(section, notes=(*section.notes, _UNVERIFIED)) for section in read_sections(sheet))
