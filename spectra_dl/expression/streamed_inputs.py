"""The inputs of a head for a section of any size, of which no more than a few columns or a few spots are in memory."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.estimators.context import (
    COLUMNS_AT_ONCE,
    RINGS,
    Rings,
    block_weights,
    region_inputs,
)
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.features.recipe import FeatureStream
from spectra_dl.imaging.features.scratch import ScratchColumns


@dataclass(frozen=True, eq=False)
class SpooledFeatures:
    """Features of a section's spots in a temporary file.

    Attributes
    ----------
    values
        ``(n, 1, d)``, the blocks side by side.
    weight
        ``(d,)``, see `spectra_dl.expression.estimators.context.block_weights`.
    known
        ``(n,)`` whether all features of a spot are numbers.
    """

    values: ScratchColumns
    weight: FloatArray
    known: NDArray[np.bool_]


@contextlib.contextmanager
def spooled(streams: Sequence[FeatureStream], n: int) -> Iterator[SpooledFeatures]:
    """Compute features and keep them in a temporary file while the block runs.

    Parameters
    ----------
    streams
        The blocks of features of one section.
    n
        Its spots.

    Raises
    ------
    DataError
        The image can't be decoded.
    EnvironmentFault
        There is no room for the temporary file.
    """
    weight = block_weights([stream.block for stream in streams])
    known = np.ones(n, dtype=np.bool_)
    with contextlib.closing(ScratchColumns(n, 1, len(weight), at_once=COLUMNS_AT_ONCE)) as values:
        column = 0
        for stream in streams:
            row = 0
            for part in stream.rows():
                values.write(part[:, None], row=row, column=column)
                known[row : row + len(part)] &= np.isfinite(part).all(axis=1)
                row += len(part)
            column += stream.block.width
        yield SpooledFeatures(values, weight, known)


@contextlib.contextmanager
def streamed_design(
    features: SpooledFeatures, position_um: FloatArray, pitch_um: FloatArray, *, surroundings: bool
) -> Iterator[ScratchColumns]:
    """Hold `spectra_dl.expression.estimators.context.design` of the known spots of one section on disk while the block runs.

    The numbers are the same to the bit: each column is standardised and averaged on its own.

    Parameters
    ----------
    features
        Of the section.
    position_um
        ``(k, 2)`` of the known spots.
    pitch_um
        ``(k,)`` their distance from each other.
    surroundings
        Also use the rings.

    Raises
    ------
    EnvironmentFault
        There is no room for the temporary file.
    """
    rings = Rings.around(position_um, pitch_um) if surroundings else None
    shape = len(position_um), 1 + len(RINGS) * surroundings, len(features.weight)
    with contextlib.closing(ScratchColumns(*shape, at_once=COLUMNS_AT_ONCE)) as inputs:
        for columns in features.values.column_slices:
            values: Features = features.values.columns(columns)[features.known, 0]
            inputs.write(region_inputs(values, features.weight[columns], rings), row=0, column=columns.start)
        yield inputs
