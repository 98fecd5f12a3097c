"""Curves become short paths that keep what a reader looks for."""

import re

import numpy as np
import pytest

from spectra_dl.evaluation.report.page.paths import Span, band, curve, round_ticks, thinned


def points_of(path):
    """The points of a path, in the figure's units."""
    numbers = [int(number) for number in re.findall(r"-?\d+", path)]
    return np.cumsum(np.reshape(numbers, (-1, 2)), axis=0) / 10


def test_a_path_goes_through_its_points_to_a_tenth():
    draw = np.random.default_rng(0)
    x, y = np.sort(draw.uniform(0, 480, 90)), draw.uniform(-30, 300, 90)
    np.testing.assert_allclose(points_of(curve(x, y)), np.stack([x, y], axis=1), atol=0.0501)


@pytest.mark.parametrize("points", [281, 700, 1001, 5000])
def test_the_highest_and_lowest_point_and_a_band_of_one_point_survive_thinning(points):
    values = np.random.default_rng(1).normal(size=points)
    values[points // 3] = 9
    kept = thinned(values)
    assert kept.size <= 280
    assert {points // 3, int(values.argmin())} <= set(kept.tolist())
    assert np.all(np.diff(kept) > 0)
    assert kept[-1] < points


def test_what_is_not_finite_or_far_outside_stays_near_the_panel():
    places = Span(0.0, 1.0, 100.0, 20.0).at(np.array([0.0, 1.0, 50.0, -50.0, np.nan, np.inf]))
    assert places.tolist() == [100.0, 20.0, 0.0, 120.0, 100.0, 0.0]


def test_a_band_is_closed_and_has_both_curves():
    path = band(np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([4.0, 5.0]))
    assert path.endswith("z")
    assert points_of(path).tolist() == [[0, 2], [1, 2], [1, 5], [0, 4]]


@pytest.mark.parametrize(("low", "high"), [(400, 1800), (600.5, 612.25), (-120, 4000), (1000, 1000.4)])
def test_ticks_are_a_few_round_values_within_the_range(low, high):
    ticks = round_ticks(low, high, 7)
    assert 2 <= len(ticks) <= 8
    assert low - 1e-9 <= ticks[0] < ticks[-1] <= high + 1e-9
