"""Serum of people with COVID-19 and of healthy ones (Yin et al. 2021)."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

FILE = "original_covid_and_healthy_spectra.csv"


def load(folder: Path) -> "SpectraTable":
    """Return 309 spectra; no column names the patients, but each three consecutive rows are replicates of one.

    Raises
    ------
    DataError
        The file can't be read.
    """
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    return read_spectra(folder / FILE, ReadOptions(label="diagnostic", replicates=3))
