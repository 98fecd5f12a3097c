"""The contract of an encoder of tiles."""

from collections.abc import Callable

import numpy as np

from spectra_dl.imaging.encoders.encoder import Encoder
from spectra_dl.testing.claims import claim


def check_encoder(build: Callable[[], Encoder]) -> None:
    """Check an encoder: float32 features, the same each time, and tiles apart from one another.

    Parameters
    ----------
    build
        Returns the encoder.

    Raises
    ------
    AssertionError
        It breaks the contract; the sentence says how.

    Examples
    --------
    >>> from spectra_dl.imaging.encoders.registry import ENCODERS
    >>> check_encoder(ENCODERS["colour-texture"])
    """
    encoder = build()
    claim(isinstance(encoder, Encoder), "it returns no Encoder")
    side = encoder.tile_pixels
    tiles = list(np.random.default_rng(0).integers(0, 256, size=(4, side, side, 3), dtype=np.uint8))
    features = encoder.encode(tiles)
    claim(features.ndim == 2 and len(features) == 4, f"features of 4 tiles are {features.shape}, not (4, d)")
    claim(features.dtype == np.float32, f"features are {features.dtype}, not float32")
    claim(bool(np.isfinite(features).all()), "features are not finite")
    claim(np.array_equal(features, encoder.encode(tiles)), "features differ from one call to the next")
    apart = np.concatenate([encoder.encode([tile]) for tile in tiles])
    claim(
        np.allclose(features, apart, rtol=1e-4, atol=1e-5), "a tile's features depend on the tiles beside it"
    )
    empty = encoder.encode([np.full((side, side, 3), 255, np.uint8)])
    claim(bool(np.isfinite(empty).all()), "a white tile's features are not finite")
