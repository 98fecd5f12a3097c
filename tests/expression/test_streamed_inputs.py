"""Inputs of a head on disk are to the bit those that are computed in memory."""

from functools import partial

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.expression.estimators import context
from spectra_dl.expression.spots import SpotTable
from spectra_dl.expression.streamed_inputs import spooled, streamed_design
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.imaging.features.recipe import FeatureStream

SIDE, PITCH = 15, 100.0
N = SIDE * SIDE
WIDTHS = (47, 300, 5)


@pytest.fixture(scope="module")
def values():
    """Features of a square of spots; a column is constant, and spot 7 has none."""
    drawn = np.random.default_rng(0).normal(2.0, 5.0, (N, sum(WIDTHS))).astype(np.float32)
    drawn[:, 50] = 3.0
    drawn[7, -5:] = np.nan
    return drawn


@pytest.fixture(scope="module")
def position():
    """The spots' places, in no order."""
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) * PITCH
    return np.random.default_rng(1).permutation(grid)


BLOCKS = tuple(FeatureBlock(f"encoder {at}", 112.0, width) for at, width in enumerate(WIDTHS))


def streams(values, rows=40):
    """Return the blocks as streams of a few rows."""
    found, column = [], 0
    for block in BLOCKS:
        part = values[:, column : column + block.width]
        parts = [part[row : row + rows] for row in range(0, len(part), rows)]
        found.append(FeatureStream(block, partial(iter, parts)))
        column += block.width
    return found


def in_memory(values, position, *, surroundings):
    """Return the inputs without a file and without slices of columns."""
    known = np.isfinite(values).all(axis=1)
    n = int(known.sum())
    names = text_array(["S"] * n)
    table = SpotTable(
        values[known], BLOCKS, position[known], np.full(n, PITCH), names, names, np.full(n, np.nan)
    )
    return context.design(table, surroundings=surroundings)


@pytest.mark.parametrize("surroundings", [True, False])
def test_inputs_on_disk_are_those_in_memory_to_the_bit(values, position, surroundings, monkeypatch):
    with spooled(streams(values), N) as features:
        assert np.flatnonzero(~features.known).tolist() == [7]
        pitch = np.full(N - 1, PITCH)
        with streamed_design(features, position[features.known], pitch, surroundings=surroundings) as inputs:
            found = np.concatenate([inputs.rows(row, min(row + 50, N - 1)) for row in range(0, N - 1, 50)])
    monkeypatch.setattr(context, "COLUMNS_AT_ONCE", 10_000)
    np.testing.assert_array_equal(found, in_memory(values, position, surroundings=surroundings))
