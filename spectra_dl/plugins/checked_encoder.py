"""Encoders of other packages: the features they give are checked."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.plugins.foreign import foreign_code
from spectra_dl.plugins.installed import version_of


@dataclass(frozen=True)
class CheckedEncode:
    """From tiles to features as a plugin does, which must give a finite row for each tile.

    Attributes
    ----------
    encode
        The plugin's.
    name
        With ``plugin:`` before it.
    """

    encode: Callable[[Iterable[Any]], Any]
    name: str

    def __call__(self, tiles: Iterable[Any]) -> NDArray[np.float32]:
        """Return ``(k, d)`` float32.

        Parameters
        ----------
        tiles
            ``k`` tiles.

        Raises
        ------
        DataError
            The plugin gives another number of rows, or values that are missing or infinite.
        EnvironmentFault
            It fails.
        """
        counted = 0

        def counting() -> Iterator[Any]:
            nonlocal counted
            for tile in tiles:
                counted += 1
                yield tile

        with foreign_code("encoders", self.name):
            features: NDArray[np.float32] = np.asarray(self.encode(counting()), dtype=np.float32)
        if features.ndim != 2 or len(features) != counted or not np.isfinite(features).all():
            raise DataError(
                f"{self.name} of {version_of('encoders', self.name)} gave features of shape {features.shape} for {counted} tiles, or missing or "
                "infinite ones; choose another encoder, or tell whoever keeps that package"
            )
        return features
