"""How much of each tile areas cover: by hand, and beside matplotlib's points in polygons."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from spectra_dl.errors import DataError
from spectra_dl.tissue.slides.outlines import (
    SAMPLES,
    Outline,
    TileGrid,
    coverage_of,
    merged_names,
    refuse_outside,
)

coordinate = st.floats(-20, 120, allow_nan=False, width=32)
whole = st.integers(-20, 120)
polygon = st.lists(st.tuples(whole, whole), min_size=3, max_size=9)


def box(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)


def shares(outlines, grid):
    coverage = coverage_of(outlines, grid)
    return {name: coverage.covered[k] for k, name in enumerate(coverage.names)}


def by_matplotlib(ring, grid):
    """The share of each tile's points in one polygon without holes that doesn't cross itself, or by parity of triangles of a fan."""
    at = (np.arange(grid.rows * SAMPLES) + 0.5) * grid.side / SAMPLES
    across = (np.arange(grid.columns * SAMPLES) + 0.5) * grid.side / SAMPLES
    points = np.stack(np.meshgrid(across, at), axis=-1).reshape(-1, 2)
    odd = np.zeros(len(points), dtype=bool)
    for first, second in pairwise(ring[1:]):
        odd ^= Path(np.array([ring[0], first, second])).contains_points(points)
    return odd.reshape(grid.rows, SAMPLES, grid.columns, SAMPLES).mean(axis=(1, 3))


@given(polygon)
@settings(max_examples=40, deadline=None)
def test_any_polygon_covers_what_matplotlib_says(points):
    grid, ring = TileGrid(25, 4, 4), np.array(points, dtype=float) + np.array([0.3719, 0.7127])
    own = shares([Outline("a", (ring,))], grid)["a"]
    assert np.abs(own - by_matplotlib(ring, grid)).max() <= 2 / SAMPLES**2  # a point nearly on a line


@given(st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_areas_of_one_class_are_joined_and_never_counted_twice(corners):
    grid, outlines, union = TileGrid(50, 2, 2), [], np.zeros((2 * SAMPLES, 2 * SAMPLES), dtype=bool)
    at = (np.arange(2 * SAMPLES) + 0.5) * 50 / SAMPLES
    for x0, y0, x1, y1 in corners:
        (left, right), (top, bottom) = sorted((x0, x1)), sorted((y0, y1))
        outlines.append(Outline("a", (box(left, top, right, bottom),)))
        union |= ((at > top) & (at < bottom))[:, None] & ((at > left) & (at < right))
    expected = union.reshape(2, SAMPLES, 2, SAMPLES).mean(axis=(1, 3))
    assert (
        np.abs(shares(outlines, grid)["a"] - expected).max() <= 0.07
    )  # a column and a row of 16 lie on lines


def test_half_a_tile_is_half():
    assert shares([Outline("a", (box(0, 0, 50, 100),))], TileGrid(100, 1, 1))["a"].tolist() == [[0.5]]


def test_a_triangle_is_half_a_square_to_a_point():
    ring = np.array([[0, 0], [100, 0], [0, 100]], dtype=float)
    assert shares([Outline("a", (ring,))], TileGrid(100, 1, 1))["a"][0, 0] == pytest.approx(
        0.5, abs=1 / SAMPLES
    )


def test_holes_are_left_out_and_an_island_in_one_is_covered_again():
    rings = (box(0, 0, 100, 100), box(25, 25, 75, 75))
    assert shares([Outline("a", rings)], TileGrid(100, 1, 1))["a"].tolist() == [[0.75]]
    island = Outline("a", (box(37.5, 37.5, 62.5, 62.5),))
    assert shares([Outline("a", rings), island], TileGrid(100, 1, 1))["a"].tolist() == [[0.8125]]


def test_what_lies_in_two_classes_counts_for_neither():
    grid = TileGrid(100, 3, 1)
    coverage = coverage_of(
        [Outline("a", (box(0, 0, 200, 100),)), Outline("b", (box(100, 0, 300, 100),))], grid
    )
    assert coverage.covered.tolist() == [[[1, 1, 0]], [[0, 1, 1]]]
    assert coverage.alone.tolist() == [[[1, 0, 0]], [[0, 0, 1]]]
    number, shared = coverage.decided(0.5)
    assert (number.tolist(), shared.tolist()) == ([[0, -1, 1]], [[False, True, False]])


def test_neighbours_that_overlap_by_a_sliver_keep_their_tiles():
    coverage = coverage_of(
        [Outline("a", (box(0, 0, 103, 100),)), Outline("b", (box(97, 0, 200, 100),))], TileGrid(100, 2, 1)
    )
    assert coverage.decided(0.9)[0].tolist() == [[0, 1]]


def test_two_classes_that_share_a_tile_evenly_have_none_of_it():
    coverage = coverage_of(
        [Outline("a", (box(0, 0, 50, 100),)), Outline("b", (box(50, 0, 100, 100),))], TileGrid(100, 1, 1)
    )
    assert coverage.decided(0.5)[0].tolist() == [[-1]]
    assert coverage.decided(0.4)[0].tolist() == [[-1]]


def test_rings_may_turn_either_way_and_repeat_their_first_corner():
    grid = TileGrid(10, 10, 10)
    ring = box(13, 17, 64, 81)
    for same in (ring[::-1], np.vstack([ring, ring[:1]]), np.roll(ring, 1, axis=0)):
        assert (
            shares([Outline("a", (same,))], grid)["a"] == shares([Outline("a", (ring,))], grid)["a"]
        ).all()


@pytest.mark.parametrize("corner", [(-200, 50), (1100, 50), (50, 900), (1e300, 0)])
def test_areas_beyond_the_slide_are_refused(corner):
    ring = np.array([[0, 0], [100, 0], corner], dtype=float)
    with pytest.raises(
        DataError, match=r"a.xml: an area of 'tumour' reaches from .* and the slide has 1000 x 800 pixels"
    ):
        refuse_outside([Outline("tumour", (box(0, 0, 9, 9), ring))], (1000, 800), "a.xml")


def test_a_hand_may_draw_a_little_beyond_the_edge():
    refuse_outside([Outline("tumour", (box(-9, -9, 1009, 809),))], (1000, 800), "a.xml")


def test_lines_without_end_are_refused_before_they_are_followed():
    ring = np.tile([[0.0, 0.0], [1.0, 10_000.0]], (40_000, 1))
    with pytest.raises(DataError, match="too many long lines"):
        coverage_of([Outline("a", (ring,))], TileGrid(16, 600, 600))


def test_names_become_classes_and_what_is_not_named_is_left_out():
    outlines = [Outline(name, (box(0, 0, 1, 1),)) for name in ("Tumor", "Stroma", "Other")]
    assert [each.name for each in merged_names(outlines, {"Tumor": "a", "Stroma": "a"})] == ["a", "a"]
    assert [each.name for each in merged_names(outlines, {})] == ["Tumor", "Stroma", "Other"]
