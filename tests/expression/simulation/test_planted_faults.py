"""Planted faults are what they say, and nothing else is changed."""

import numpy as np
import pytest

from spectra_dl.expression.registration.tile_flags import tissue_under_spots
from spectra_dl.expression.simulation.planted_faults import (
    FAULTS,
    darkness_under_spots,
    depth_alone,
    depth_follows_image,
    few_outliers,
    smoothed_over_neighbours,
    spots_on_glass,
    without_signal,
)
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue


@pytest.fixture(scope="module")
def section():
    """A simulated section of about 70 spots."""
    return simulate_tissue(TissueSettings(1, 1, 10, 40, um_per_pixel=8.0, seed=2))[0].section


def counts(section):
    return section.counts.toarray()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_counts_whole_and_every_spot_counted(section, name):
    planted = FAULTS[name](section, np.random.default_rng(0))
    values = counts(planted)
    assert (values == np.rint(values)).all()
    assert values.min() >= 0
    assert values.sum(axis=1).min() > 0
    assert planted.usable.all()


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_seed_plants_the_same_fault(section, name):
    first, second = (FAULTS[name](section, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(counts(first), counts(second))


def test_without_signal_every_spot_has_the_counts_of_another(section):
    shuffled = without_signal(section, np.random.default_rng(0))
    assert sorted(map(tuple, counts(shuffled))) == sorted(map(tuple, counts(section)))
    assert (counts(shuffled) != counts(section)).any()


def test_spots_on_glass_are_shallow_and_have_no_tissue_under_them(section):
    planted = spots_on_glass(section, np.random.default_rng(0))
    new = np.arange(len(section), len(planted))
    assert len(new) >= 6
    assert counts(planted)[new].sum(axis=1).max() < np.median(counts(section).sum(axis=1)) / 2
    assert np.median(tissue_under_spots(planted)[new]) < 0.05


def test_smoothed_counts_differ_less_between_spots(section):
    smoothed = smoothed_over_neighbours(section, np.random.default_rng(0))
    assert counts(smoothed).var(axis=0).mean() < counts(section).var(axis=0).mean() / 2


def test_depth_alone_follows_the_darkness_and_one_profile(section):
    planted = depth_alone(section, np.random.default_rng(0))
    depth = counts(planted).sum(axis=1)
    assert np.corrcoef(np.log(depth), darkness_under_spots(section))[0, 1] > 0.9


def test_outliers_are_two_spots_in_folds(section):
    planted = few_outliers(section, np.random.default_rng(0))
    odd = counts(planted)[:, ::2].sum(axis=1) == 0
    assert odd.sum() == 2
    assert darkness_under_spots(planted)[odd].min() > 2


def test_more_cells_hold_more_counts_of_the_same_spots(section):
    thinned = depth_follows_image(section, np.random.default_rng(0))
    assert (counts(thinned) <= np.maximum(counts(section), 1)).all()
