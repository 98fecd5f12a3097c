"""Tissue of mice, diseased and healthy, most of it of the same mouse (Guo et al. 2020)."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

FILE = "mice.csv"


def load(folder: Path) -> "SpectraTable":
    """Return 440 mean spectra of 47 mice; 39 mice have both classes, so that the class is of the sample.

    Raises
    ------
    DataError
        The file can't be read.
    """
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    return read_spectra(folder / FILE, ReadOptions(label="tissue_state", patient="mouse"))
