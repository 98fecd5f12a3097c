"""What becomes of a file that was damaged."""

from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.table import SpectraTable


def read_or_refused(path: Path) -> SpectraTable | str:
    """Return the spectra, or the sentence they were refused with; any other error is one."""
    try:
        return read_spectra(path)
    except DataError as refusal:
        return str(refusal)
