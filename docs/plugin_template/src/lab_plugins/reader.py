"""Files of our spectrometer: a line `shift;counts` for each point, after the line `LAB`."""

from pathlib import Path

import numpy as np

import spectra_dl as sdl
from spectra_dl.spectra.readers.instruments.recording import Recording


def read_lab_text(path: Path) -> list[Recording]:
    """Return the spectrum of a file; whatever is wrong with it is a DataError that says where."""
    try:
        first, *lines = path.read_text(encoding="ascii").splitlines()
        points = np.array([[float(value) for value in line.split(";")] for line in lines])
    except (UnicodeDecodeError, ValueError) as err:
        raise sdl.DataError(f"{path.name}: not a file of our spectrometer; export it again") from err
    if first != "LAB" or points.ndim != 2 or points.shape[1] != 2:
        raise sdl.DataError(f"{path.name}: not a file of our spectrometer; export it again")
    return [Recording(path.name, points[:, 0], points[None, :, 1], {}, stated=True)]
