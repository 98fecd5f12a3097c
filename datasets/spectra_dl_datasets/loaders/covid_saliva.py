"""Raw spectra of saliva of people with and without COVID-19, a folder per person."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable


def load(folder: Path) -> "SpectraTable":
    """Return 1,675 spectra of 67 folders, on one grid of wavenumbers; person 422H has a folder in either class.

    Raises
    ------
    DataError
        A file can't be read.
    """
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    return read_spectra(folder, ReadOptions(label="category", patient="user"))
