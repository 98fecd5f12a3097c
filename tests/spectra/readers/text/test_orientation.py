"""Where the first line and the first column could both be an axis, the one in order is it."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.text.orientation import Orientation, decide_orientation

IN_ORDER = np.arange(400, 800, 20)


def table(across, down):
    """Return the cells of a table with these numbers as its first line and first column, which share the corner."""
    cells = np.random.default_rng(0).uniform(1, 9, size=(len(down), len(across))).round(3).astype(str)
    cells[0], cells[:, 0] = across.astype(str), down.astype(str)
    return cells.tolist()


def test_the_axis_in_order_decides_against_one_that_is_regular_once_sorted():
    shuffled = np.concatenate([[400], np.random.default_rng(1).permutation(IN_ORDER[1:])])
    assert decide_orientation(table(IN_ORDER, shuffled), (), "a.csv") is Orientation.ROWS
    assert decide_orientation(table(shuffled, IN_ORDER), (), "a.csv") is Orientation.COLUMNS


def test_two_axes_alike_are_refused():
    with pytest.raises(DataError, match="both look like a wavenumber axis"):
        decide_orientation(table(IN_ORDER, IN_ORDER), (), "a.csv")
