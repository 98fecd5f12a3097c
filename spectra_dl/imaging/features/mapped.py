"""Features of many images in a file without a name, from where rows are read when they are asked for."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import EnvironmentFault
from spectra_dl.imaging.features.recipe import FeatureStream, write_streams


def mapped_features(streams: Sequence[FeatureStream], n: int, folder: Path) -> NDArray[np.float32]:
    """Return features ``(n, d)`` in a file without a name, block beside block.

    Parameters
    ----------
    streams
        Blocks of features of the same ``n`` rows.
    n
        How many there are.
    folder
        On whose disk the file lies; it goes with the array.

    Raises
    ------
    EnvironmentFault
        There is no room for it.
    """
    shape = (n, sum(stream.block.width for stream in streams))
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(4 * shape[0] * shape[1])
            values = np.memmap(file, dtype=np.float32, mode="r+", shape=shape)
    except OSError as err:
        raise EnvironmentFault(f"{folder}: no room for features of {n} images ({err}); free some") from err
    write_streams(streams, values)
    return values
