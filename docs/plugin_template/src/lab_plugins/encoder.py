"""An encoder of tiles: what a tile becomes must not depend on the tiles beside it."""

import numpy as np

from spectra_dl.imaging.encoders.encoder import Encoder


def lab_colours() -> Encoder:
    """Return the encoder; its name is that of the entry point."""
    return Encoder("lab-colours", 64, _mean_and_spread)


def _mean_and_spread(tiles):
    rows = [np.concatenate([tile.mean(axis=(0, 1)), tile.std(axis=(0, 1))]) for tile in tiles]
    return np.array(rows, dtype=np.float32).reshape(-1, 6)
