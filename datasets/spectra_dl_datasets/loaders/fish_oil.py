"""Fish oils of known iodine value, three spectra of each (Liland, Kohler, Afseth 2016)."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

FILE = "fishoil.csv.gz"


def load(folder: Path) -> "SpectraTable":
    """Return 126 spectra of 42 oils, each oil in the patient's place; the iodine value is in the metadata, and there are no classes.

    Raises
    ------
    DataError
        The file can't be read.
    """
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    return read_spectra(folder / FILE, ReadOptions(patient="replicate_group"))
