"""The inputs of a model for a spot: features of its own tile and of the tissue around it.

Each feature is standardised over the spots of its section. This takes nothing but the section's own image, so it may
be done with a section without counts, and it removes what differs between stains and scanners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.estimators.head_registry import FINE_TUNED
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock, Features

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Distances in units of the spots' pitch: the spots that touch a spot, square or hexagonal, and those around them.
RINGS = ((0.0, 1.5), (1.5, 2.9))
# Columns are standardised a few at a time, or their copies in 64 bits would take several times the features' memory.
COLUMNS_AT_ONCE = 128


def design(spots: SpotTable, *, surroundings: bool) -> Features:
    """Return a model's inputs, ``(n, 1 or 3, d)`` float32: each spot's features, and their means over the two rings around it.

    Blocks are scaled so that each has the same weight, whatever its width.

    Parameters
    ----------
    spots
        All spots of a section that can be used, so that each spot's neighbours are among them.
    surroundings
        Also use the rings.
    """
    weight = block_weights(spots.blocks)
    inputs = np.empty((len(spots), 1 + len(RINGS) * surroundings, len(weight)), dtype=np.float32)
    for name in dict.fromkeys(spots.section):
        rows = np.flatnonzero(spots.section == name)
        rings = Rings.around(spots.position_um[rows], spots.pitch_um[rows]) if surroundings else None
        for first in range(0, len(weight), COLUMNS_AT_ONCE):
            columns = slice(first, first + COLUMNS_AT_ONCE)
            inputs[rows, :, columns] = region_inputs(spots.features[rows, columns], weight[columns], rings)
    return inputs


def block_weights(blocks: Sequence[FeatureBlock]) -> FloatArray:
    """Return ``(d,)`` factors of the columns, by which each block has the same weight, whatever its width."""
    weight = np.concatenate([np.full(block.width, 1.0 / np.sqrt(block.width)) for block in blocks])
    weighted: FloatArray = weight * np.sqrt(len(weight) / len(blocks))
    return weighted


def region_inputs(features: Features, weight: FloatArray, rings: "Rings | None") -> Features:
    """Return some columns of `design` for one section, ``(n, 1 or 3, c)`` float32; no column depends on another.

    Parameters
    ----------
    features
        ``(n, c)`` of the section's spots.
    weight
        ``(c,)`` factors of the columns.
    rings
        The spots around each; None leaves the surroundings out.
    """
    scaled = standardised(features.astype(np.float64)) * weight
    regions = [scaled]
    if rings is not None:
        # Averaging shrinks; each ring is brought back to the same spread.
        regions += [standardised(mean) * weight for mean in rings.means(scaled)]
    return np.stack([region.astype(np.float32) for region in regions], axis=1)


def head_inputs(head: str, spots: SpotTable, *, surroundings: bool) -> Features:
    """Return the inputs of a head: raw pixels ``(n, 1, 3 side²)`` for the one that is fine-tuned on tiles, else `design`.

    Parameters
    ----------
    head
        A name of `spectra_dl.expression.estimators.head_registry.HEADS`.
    spots
        All spots of a section that can be used.
    surroundings
        Also use the rings; a fine-tuned head has none.
    """
    return spots.features[:, None] if head == FINE_TUNED else design(spots, surroundings=surroundings)


def standardised(values: FloatArray) -> FloatArray:
    """Return ``(n, d)`` columns with mean 0 and standard deviation 1; a column that is constant becomes 0."""
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    floor = 1e-9 * np.maximum(1.0, np.abs(values).max(axis=0, initial=0.0))
    scaled: FloatArray = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > floor)
    return scaled


def ring_means(values: FloatArray, position_um: FloatArray, pitch_um: FloatArray) -> list[FloatArray]:
    """Return for each of `RINGS` the mean of values over the spots in it, ``(n, d)``; the spot's own value where the ring is empty.

    Parameters
    ----------
    values
        ``(n, d)`` of the spots of one section.
    position_um
        ``(n, 2)`` x and y in µm.
    pitch_um
        ``(n,)`` distance of neighbouring spots in µm, above 0.
    """
    return Rings.around(position_um, pitch_um).means(values)


@dataclass(frozen=True, eq=False)
class Rings:
    """Which spots of a section lie in each of `RINGS` around each spot.

    Attributes
    ----------
    member
        For each ring, ``(n, n)`` with ones for the spots in it.
    count
        For each ring, ``(n,)`` how many they are.
    """

    member: tuple["csr_matrix", ...]
    count: tuple[FloatArray, ...]

    @classmethod
    def around(cls, position_um: FloatArray, pitch_um: FloatArray) -> "Rings":
        """Find the rings of the spots of one section.

        Parameters
        ----------
        position_um
            ``(n, 2)`` x and y in µm.
        pitch_um
            ``(n,)`` distance of neighbouring spots in µm, above 0.
        """
        from scipy.sparse import csr_matrix
        from scipy.spatial import cKDTree

        n, tree = len(position_um), cKDTree(position_um)
        widest = RINGS[-1][1] * float(pitch_um.max())
        pairs = tree.query_pairs(widest, output_type="ndarray")
        spot = np.concatenate([pairs[:, 0], pairs[:, 1]])
        neighbour = np.concatenate([pairs[:, 1], pairs[:, 0]])
        distance = np.linalg.norm(position_um[spot] - position_um[neighbour], axis=1) / pitch_um[spot]
        members = []
        for low, high in RINGS:
            inside = (distance > low) & (distance <= high)
            members.append(
                csr_matrix((np.ones(inside.sum()), (spot[inside], neighbour[inside])), shape=(n, n))
            )
        return cls(
            tuple(members), tuple(np.asarray(each.sum(axis=1), dtype=np.float64).ravel() for each in members)
        )

    def means(self, values: FloatArray) -> list[FloatArray]:
        """Return for each ring the mean of values ``(n, d)`` over the spots in it; the spot's own value where it is empty."""
        means = []
        for member, count in zip(self.member, self.count, strict=True):
            mean = member @ values / np.maximum(count, 1.0)[:, None]
            means.append(np.where((count > 0)[:, None], mean, values))
        return means
