"""What rises without falling as far is no cosmic ray: a step of the detector, or the edge of a stitched range, stays."""

import numpy as np
import pytest

from spectra_dl.spectra.preprocessing.cosmic_rays import despiked, find_rays

POINTS, AT, HEIGHT = 200, 90, 30_000.0


@pytest.fixture
def quiet():
    """A spectrum of little noise."""
    return np.random.default_rng(0).normal(1000.0, 5.0, size=(1, POINTS))


def overshooting(spectrum, width, falls, *, down):
    """Return a step whose first ``width`` points stand above the rest by ``falls`` of its height."""
    struck = spectrum.copy()
    step = struck[:, : AT + width] if down else struck[:, AT:]
    step += HEIGHT * (1 - falls)
    struck[:, AT : AT + width] += HEIGHT * falls
    return struck


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("falls", [0.0, 0.05, 0.1, 0.15])
def test_a_step_is_no_ray(quiet, falls, width, down):
    struck = overshooting(quiet, width, falls, down=down)
    cleaned, replaced = despiked(struck)
    assert not replaced.any()
    np.testing.assert_array_equal(cleaned, struck)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("falls", [0.3, 0.5, 1.0])
def test_what_falls_by_more_than_a_fifth_of_its_rise_is_a_ray(quiet, falls, width, down):
    found = find_rays(overshooting(quiet, width, falls, down=down))
    assert np.flatnonzero(found[0]).tolist() == list(range(AT, AT + width))
