"""Maps of values as paths: colours, squares where there are too many places, and the scale bar."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.evaluation.report.colours import VIRIDIS
from spectra_dl.evaluation.report.page.value_maps import (
    bar_length,
    colour_limits,
    coloured,
    grouped,
    places_of,
)


def points(path, shape="h0"):
    """The places of a path's points, in units of the figure."""
    steps = [piece for piece in path.split("m") if piece]
    assert all(piece.endswith(shape) for piece in steps)
    moves = [re.findall(r"-?\d+", piece.removesuffix(shape)) for piece in steps]
    return (np.cumsum(np.array(moves, dtype=int), axis=0) / 10).tolist()


values = st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=30)


@given(values, values)
def test_colours_run_upwards_and_never_beyond_what_is_drawn(first, second):
    low, high = colour_limits(np.array(first), np.array(second), None)
    assert low < high
    known = np.array([*first, *second])
    known = known[np.isfinite(known)]
    if known.size and np.ptp(known) > 1:
        assert known.min() - 0.5 <= low
        assert high <= known.max() + 0.5


@given(st.floats(1e-3, 1e9))
def test_a_scale_bar_is_a_round_length_of_at_most_a_quarter(width):
    length = bar_length(width)
    assert width / 10.01 <= length <= width / 4
    assert f"{length:.0e}"[0] in "125"


def test_each_place_has_the_colour_of_its_value_and_none_without_one():
    x, y = np.array([3.0, 1.0, 2.0, np.nan]), np.array([5.0, 5.0, 4.0, 1.0])
    places = places_of(x, y, 1.0, 10)
    values = places.means(np.array([0.0, 10.0, np.nan, 7.0]))
    low, high = coloured(places, values, (0.0, 10.0))
    assert (low.step, points(low.path)) == (0, [[3.0, 5.0]])
    assert (high.step, points(high.path)) == (len(VIRIDIS) - 1, [[1.0, 5.0]])


def test_values_beyond_the_ends_have_the_colours_of_the_ends():
    places = places_of(np.arange(2.0), np.zeros(2), 1.0, 10)
    assert [each.step for each in coloured(places, np.array([-5.0, 99.0]), (0.0, 1.0))] == [
        0,
        len(VIRIDIS) - 1,
    ]


@pytest.mark.parametrize("most", [7, 400, 2000])
def test_too_many_places_are_gathered_into_squares_whose_values_are_means(most):
    draw = np.random.default_rng(0)
    x, y = draw.uniform(0, 320, (2, 20_000))
    places = places_of(x, y, 0.5, most)
    assert places.gathered
    assert most / 4 <= len(places.x) <= most
    inside = np.maximum(abs(places.x[places.row_of] - x), abs(places.y[places.row_of] - y))
    assert inside.max() <= places.size / 2 + 1e-9
    means = places.means(x)
    assert means[3] == pytest.approx(x[places.row_of == 3].mean())


def test_groups_are_drawn_apart_with_a_shape_of_their_own():
    places = places_of(np.array([1.0, 2.0, 3.0]), np.zeros(3), 1.0, 5)
    (only,) = grouped(places, np.array([-1, 2, -1]), "l1 1")
    assert only.step == 2
    assert only.path == "m20 0l1 1"
