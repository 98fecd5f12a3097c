"""What a model is shown of a spot: its own tile and the tissue around it.

Each feature is standardised over the spots of its section. This takes nothing but the section's own image, so it may
be done with a section nobody has counted, and it removes what differs between stains and scanners.
"""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.estimators.registry import FINE_TUNED
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import Features

# Distances in units of the spots' pitch: the spots that touch a spot, square or hexagonal, and those around them.
RINGS = ((0.0, 1.5), (1.5, 2.9))


def design(spots: SpotTable, *, surroundings: bool) -> Features:
    """Return what a model is shown, ``(n, 1 or 3, d)`` float32: each spot, and the means of the two rings around it.

    Blocks are scaled so that each has the same weight, however many numbers it holds.

    Parameters
    ----------
    spots
        All spots of a section that can be used, so that each one's neighbours are there.
    surroundings
        Also show the rings.
    """
    weight = np.concatenate([np.full(one.width, 1.0 / np.sqrt(one.width)) for one in spots.blocks])
    weight *= np.sqrt(len(weight) / len(spots.blocks))
    shown = np.empty((len(spots), 1 + len(RINGS) * surroundings, len(weight)), dtype=np.float32)
    for name in dict.fromkeys(spots.section):
        rows = np.flatnonzero(spots.section == name)
        own = standardised(spots.features[rows].astype(np.float64)) * weight
        shown[rows, 0] = own
        if surroundings:
            # Averaging shrinks; each ring is brought back to the same spread.
            for ring, mean in enumerate(
                ring_means(own, spots.position_um[rows], spots.pitch_um[rows]), start=1
            ):
                shown[rows, ring] = standardised(mean) * weight
    return shown


def shown_to(head: str, spots: SpotTable, *, surroundings: bool) -> Features:
    """Return what a head is shown: the pixels themselves to the one that is fine-tuned on tiles, else `design`."""
    return spots.features[:, None] if head == FINE_TUNED else design(spots, surroundings=surroundings)


def standardised(values: FloatArray) -> FloatArray:
    """Return ``(n, d)`` columns with mean 0 and standard deviation 1; a column that is constant becomes 0."""
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    floor = 1e-9 * np.maximum(1.0, np.abs(values).max(axis=0, initial=0.0))
    scaled: FloatArray = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > floor)
    return scaled


def ring_means(values: FloatArray, position_um: FloatArray, pitch_um: FloatArray) -> list[FloatArray]:
    """Return for each ring the mean of ``values`` (n, d) over the spots in it; the spot's own where the ring is empty."""
    from scipy.sparse import csr_matrix
    from scipy.spatial import cKDTree

    tree = cKDTree(position_um)
    widest = RINGS[-1][1] * float(pitch_um.max())
    pairs = tree.query_pairs(widest, output_type="ndarray")
    one = np.concatenate([pairs[:, 0], pairs[:, 1]])
    other = np.concatenate([pairs[:, 1], pairs[:, 0]])
    distance = np.linalg.norm(position_um[one] - position_um[other], axis=1) / pitch_um[one]
    means = []
    for low, high in RINGS:
        inside = (distance > low) & (distance <= high)
        n = len(values)
        member = csr_matrix((np.ones(inside.sum()), (one[inside], other[inside])), shape=(n, n))
        count = np.asarray(member.sum(axis=1)).ravel()
        mean = member @ values / np.maximum(count, 1.0)[:, None]
        means.append(np.where((count > 0)[:, None], mean, values))
    return means
