"""Files as instruments write them, to try a reader on; each file is a table of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable


def examples(*names: str) -> "Callable[[Path], tuple[SpectraTable, ...]]":
    """Return a loader of these files, in this order."""

    def load(folder: Path) -> "tuple[SpectraTable, ...]":
        from spectra_dl.spectra.readers import read_spectra

        return tuple(read_spectra(folder / name) for name in names)

    return load
