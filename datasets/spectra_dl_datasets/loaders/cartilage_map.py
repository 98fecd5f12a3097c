"""A Raman map of one cartilage section with the clusters its authors found."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

FILE = "chondro.csv.gz"
BLOCK_UM = (7, 5)


def load(folder: Path) -> "SpectraTable":
    """Return 875 spectra; a group, in the patient's place, is one cluster in one block of 7 by 5 µm.

    Six spectra without a cluster keep an empty label; `study.load_study` leaves them out.

    Raises
    ------
    DataError
        The file can't be read.
    """
    from dataclasses import replace

    import numpy as np

    from spectra_dl.arrays import text_array
    from spectra_dl.spectra.readers import ReadOptions, read_spectra

    table = read_spectra(folder / FILE, ReadOptions(label="cluster"))
    place = np.stack([table.metadata[name].astype(float) for name in ("x_um", "y_um")], axis=1)
    column, row = ((place - place.min(axis=0)).round().astype(int) // BLOCK_UM).T
    label = text_array(table.label if table.label is not None else [])
    blocks = [f"{x}-{y} {name}" for x, y, name in zip(column, row, label, strict=True)]
    return replace(table, patient=text_array(blocks)).with_notes(
        "one section: blocks of 7 by 5 µm stand in the patients' place, and neighbouring spectra across their borders are nearly "
        "copies; nothing here speaks of patients"
    )
