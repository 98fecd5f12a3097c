"""Steps in level are found where they are, and nothing that only looks like one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spectra_dl.spectra.quality import inspect
from spectra_dl.spectra.quality.joints import find_joints, steps_at
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

FloatArray = NDArray[np.float64]
AXIS = np.arange(380.0, 1821.0, 2.0)
NOISE = 3.0


def sample(
    seed: int = 0, *, bands: tuple[tuple[float, float, float], ...] = ((1003, 300, 6), (1450, 500, 14))
) -> FloatArray:
    """Fluorescence with bands (centre, height, width at half height) and noise of 3 counts."""
    shape = sum(height * np.exp(-2.77 * ((AXIS - centre) / width) ** 2) for centre, height, width in bands)
    return 800 * np.exp(-(AXIS - 380) / 900) + shape + np.random.default_rng(seed).normal(0, NOISE, AXIS.size)


def stepped(spectrum: FloatArray, place: float, size: float) -> FloatArray:
    return spectrum + size * (place < AXIS)


def verdict(spectrum: FloatArray) -> tuple[str, str]:
    found = inspect(SpectraTable(spectrum[np.newaxis], AXIS, ["a"]))[1][0]
    return found.status, "; ".join(found.reasons)


def test_a_step_of_20_times_the_noise_is_warned_of_with_place_and_size() -> None:
    status, reason = verdict(stepped(sample(), 1149, 60))
    assert status == "warned"
    assert "between 1148 and 1150 cm⁻¹" in reason
    assert "gratings or windows put together?" in reason
    size, times = float(reason.split("by ")[1].split()[0]), float(reason.split("(")[1].split()[0])
    assert size == pytest.approx(60, abs=12)
    assert times == pytest.approx(20, rel=0.3)


def test_several_steps_are_counted_and_two_named() -> None:
    spectrum = sample()
    for place in (551, 851, 1251, 1651):
        spectrum = stepped(spectrum, place, 90)
    status, reason = verdict(spectrum)
    assert status == "warned"
    assert reason.count("between") == 2
    assert "and at 2 more places" in reason
    assert len(reason) < 200


@pytest.mark.parametrize("size", [20, -20])
def test_most_steps_of_20_times_the_noise_are_found_wherever_they_are(size: float) -> None:
    random = np.random.default_rng(1)
    places = random.uniform(420, 1780, 200)
    found = 0
    for seed, place in enumerate(places):
        joints = find_joints(stepped(sample(seed), place, size * NOISE)[np.newaxis])[0]
        at = int(np.searchsorted(AXIS, place)) - 1
        found += any(joint.left == at and np.sign(joint.step) == np.sign(size) for joint in joints)
    assert found >= 0.85 * len(places)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.floats(420, 1780), st.floats(3, 60), st.floats(-3000, 3000))
def test_no_band_of_whatever_width_is_a_joint(seed: int, centre: float, width: float, height: float) -> None:
    assert find_joints(sample(seed, bands=((centre, height, width),))[np.newaxis]) == [[]]


def test_hardly_any_ray_of_one_to_six_points_is_a_joint() -> None:
    random = np.random.default_rng(3)
    spectra = np.array([sample(seed) for seed in range(500)])
    for spectrum in spectra:
        points, first = random.integers(1, 7), random.integers(20, 690)
        spectrum[first : first + points] += random.uniform(8, 100) * NOISE * random.uniform(0.4, 1, points)
    assert sum(map(bool, find_joints(spectra))) <= 2


def test_a_ray_with_a_tail_is_no_joint() -> None:
    spectrum = sample()
    spectrum[300:320] += 900 * np.exp(-np.arange(20) / 3)
    assert find_joints(spectrum[np.newaxis]) == [[]]


def test_steep_fluorescence_and_full_detectors_have_no_joints() -> None:
    steep = 60_000 * np.exp(-(AXIS - 380) / 80) + sample()
    full = np.minimum(sample(bands=((1000, 4000, 200),)), 2500)
    assert find_joints(np.array([steep, full])) == [[], []]


@pytest.mark.parametrize("digits", [1, 0, -1, -2])
def test_coarse_numbers_have_no_joints(digits: int) -> None:
    spectra = np.array([np.round(sample(seed), digits) for seed in range(40)])
    assert not any(find_joints(spectra))


@pytest.mark.parametrize("edge", [np.maximum, np.minimum])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_clipped_spectra_have_no_joints(edge: np.ufunc, share: float) -> None:
    spectra = np.array([sample(seed) for seed in range(40)])
    clipped = edge(spectra, np.quantile(spectra, share, axis=1, keepdims=True))
    assert not any(find_joints(clipped))


def test_a_joint_does_not_depend_on_the_scale_or_the_company() -> None:
    spectrum = stepped(sample(), 1149, 90)
    (alone,) = find_joints(spectrum[np.newaxis])
    together = find_joints(np.array([sample(1), 1e-6 * spectrum + 5, sample(2)]))
    assert [joint.left for joint in alone] == [joint.left for joint in together[1]]
    assert together[0] == together[2] == []


@pytest.mark.parametrize("points", [1, 2, 20, 27, 28, 29, 30])
def test_short_spectra_are_no_trouble(points: int) -> None:
    assert find_joints(np.ones((2, points))) == [[], []]
    assert steps_at(np.ones((2, points)), points // 2) == [None, None]
    assert find_joints(np.ones((0, points))) == []


@pytest.mark.parametrize("half_way", [False, True])
def test_where_windows_are_known_to_meet_smaller_steps_count(half_way: bool) -> None:
    spectra = np.array([stepped(sample(seed), 1149, 36) for seed in range(50)])
    at = int(np.searchsorted(AXIS, 1149)) - 1
    if half_way:
        spectra[:, at] += 18
    found = [joint for joint in steps_at(spectra, at) if joint is not None]
    assert len(found) >= 40
    assert np.median([joint.step for joint in found]) == pytest.approx(36, abs=6)
    assert steps_at(np.array([sample(seed) for seed in range(50)]), at).count(None) >= 49


def test_no_simulated_serum_spectrum_has_a_joint() -> None:
    table = simulate_study(StudySettings(patients=40)).table
    assert not any(find_joints(table.intensity))


def test_real_spectra_have_joints_where_the_instrument_changed_its_grating_and_nowhere_else(
    shared_data: Path,
) -> None:
    raman = shared_data / "raman"
    oil = read_spectra(raman / "fish_oil/fishoil.csv.gz")
    folders = sorted((raman / "covid_saliva").glob("*/spectra.csv"))
    saliva = np.vstack([np.loadtxt(file, delimiter=",", ndmin=2) for file in folders])
    cartilage = np.genfromtxt(raman / "cartilage_map/chondro.csv.gz", delimiter=",", skip_header=1)[:, 3:]
    serum = np.loadtxt(
        raman / "covid_serum/original_covid_and_healthy_spectra.csv",
        delimiter=",",
        skiprows=1,
        usecols=range(900),
    )
    for spectra in (saliva, cartilage, serum):
        assert not any(find_joints(spectra))
    found = [{float(oil.wavenumber[joint.left]) for joint in joints} for joints in find_joints(oil.intensity)]
    assert sum(bool(places) for places in found) == 126
    assert sum(1852.0 in places for places in found) >= 110
