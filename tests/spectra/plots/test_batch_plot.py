"""Mean spectra by batch: who is drawn, and that level alone shows no difference."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl import SpectraTable
from spectra_dl.arrays import text_array
from spectra_dl.spectra.plots.batch_plot import batch_figure, batches_of

AXIS = np.linspace(400, 800, 101)
BAND = 1 + np.exp(-0.5 * ((AXIS - 600) / 10) ** 2)
TABLE = SpectraTable(
    np.stack([BAND, 5 * BAND, np.roll(BAND, 2), np.full(101, np.nan)]),
    AXIS,
    ["1", "2", "3", "4"],
    batch=["one", "two", "three", "three"],
)


def drawn(table):
    """Titles, and the differences that are drawn below."""
    above, below = batch_figure(table).axes
    return [line.get_label() for line in above.lines], [line.get_ydata() for line in below.lines[1:]]


def test_a_shift_is_drawn_and_a_level_is_not():
    titles, differences = drawn(TABLE)
    assert titles == ["one (n = 1)", "three (n = 1)", "two (n = 1)"]
    np.testing.assert_allclose(differences[0], differences[2], atol=1e-12)
    assert np.abs(differences[1]).max() > 0.05
    assert AXIS[differences[1].argmax()] > 600 > AXIS[differences[1].argmin()]


def test_the_column_instrument_stands_in_and_one_batch_is_none():
    instrument = text_array(["A", "A", "B", "B"])
    named = replace(TABLE, batch=None, metadata={"instrument": instrument})
    assert list(batches_of(named)) == list(instrument)
    assert batch_figure(replace(TABLE, batch=None)) is None
    assert (
        batch_figure(replace(TABLE, batch=["one", "one", "", "three"])) is None
    )  # none of "three" is complete


@pytest.mark.parametrize("count", [7])
def test_six_batches_are_drawn_at_most(count):
    many = SpectraTable(
        np.ones((count, 30)), np.arange(30.0), list(map(str, range(count))), batch=list("abcdefg")
    )
    assert len(drawn(many)[0]) == 6
