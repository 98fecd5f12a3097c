"""Spots of several sections in one table, as estimators and the evaluation take them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.features.block import FeatureBlock, Features


@dataclass(frozen=True, eq=False)
class SpotTable:
    """A row per spot; ``table[rows]`` takes some of them.

    Attributes
    ----------
    features
        ``(n, d)`` float32: the blocks side by side.
    blocks
        What the columns are, block after block.
    position_um
        ``(n, 2)`` x and y in µm.
    pitch_um
        ``(n,)`` distance of neighbouring spots in the spot's section, in µm.
    section, patient
        ``(n,)`` text.
    library
        ``(n,)`` counts over all genes; NaN without counts.
    tissue_share
        ``(n,)`` how much of a spot is tissue in the image, 0 to 1; None where nobody looked.

    Raises
    ------
    DataError
        The parts have different lengths.
    """

    features: Features
    blocks: tuple[FeatureBlock, ...]
    position_um: FloatArray
    pitch_um: FloatArray
    section: TextArray
    patient: TextArray
    library: FloatArray
    tissue_share: FloatArray | None = None

    def __post_init__(self) -> None:
        n = len(self.features)
        parts = (self.position_um, self.pitch_um, self.section, self.patient, self.library, self.tissue_share)
        if (
            any(part is not None and len(part) != n for part in parts)
            or sum(block.width for block in self.blocks) != self.features.shape[1]
        ):
            raise DataError(
                f"{n} spots with parts of other lengths; give one entry per spot, and blocks that add up"
            )

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: IndexArray | NDArray[np.bool_]) -> "SpotTable":
        return SpotTable(
            self.features[rows],
            self.blocks,
            self.position_um[rows],
            self.pitch_um[rows],
            self.section[rows],
            self.patient[rows],
            self.library[rows],
            None if self.tissue_share is None else self.tissue_share[rows],
        )

    def of_blocks(self, chosen: tuple[int, ...]) -> "SpotTable":
        """Return the table with these blocks of features only."""
        ends = np.cumsum([0, *(block.width for block in self.blocks)])
        columns = np.concatenate([np.arange(ends[at], ends[at + 1]) for at in chosen])
        blocks = tuple(self.blocks[at] for at in chosen)
        return replace(self, features=self.features[:, columns], blocks=blocks)
