"""Points without a measurement: marks, zeros and one value are gaps; true zeros, clipped and coarse spectra are none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spectra_dl.spectra.quality import Verdict, inspect
from spectra_dl.spectra.quality.padding import find_padding
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

FloatArray = NDArray[np.float64]
AXIS = np.arange(380.0, 1821.0, 2.0)
MARKS = [-999.0, -9999.0, -99999.0, 99999.0, 999999.0]


def sample(seed: int = 0, level: float = 500.0) -> FloatArray:
    random = np.random.default_rng(seed)
    bands = sum(
        height * np.exp(-(((AXIS - centre) / 12) ** 2))
        for centre, height in zip(random.uniform(450, 1750, 8), random.uniform(50, 400, 8), strict=True)
    )
    return level + 300 * np.exp(-(AXIS - 380) / 900) + bands + random.normal(0, 3, AXIS.size)


def checked(spectrum: FloatArray, within: tuple[float, float] | None = None) -> tuple[FloatArray, Verdict]:
    table, verdicts = inspect(SpectraTable(spectrum[np.newaxis], AXIS, ["a"]), within=within)
    return table.intensity[0], verdicts[0]


@pytest.mark.parametrize("value", [0.0, *MARKS, 321.0])
@pytest.mark.parametrize(
    ("first", "end", "place"), [(0, 37, "380 to 452"), (650, 721, "1680 to 1820"), (300, 340, "980 to 1058")]
)
def test_long_padding_is_refused_with_its_place_and_the_remedy(
    value: float, first: int, end: int, place: str
) -> None:
    spectrum = sample()
    spectrum[first:end] = value
    given, verdict = checked(spectrum)
    assert verdict.status == "refused"
    (reason,) = verdict.reasons
    what = f"{end - first} zeros" if value == 0 else f"{end - first} values of {value:g}"
    assert f"{what} at {place} cm⁻¹: padding, no measurement; use " in reason
    assert "only (crop), or delete these points" in reason
    np.testing.assert_array_equal(given, spectrum)


@pytest.mark.parametrize("value", [0.0, *MARKS])
@pytest.mark.parametrize("points", [1, 2, 3])
def test_up_to_three_points_are_filled_and_warned_of(value: float, points: int) -> None:
    spectrum = sample()
    whole = spectrum.copy()
    spectrum[300 : 300 + points] = value
    filled, verdict = checked(spectrum)
    assert verdict.status == "warned"
    assert "at 980" in verdict.reasons[0]
    assert "no measurement, filled from the neighbours" in verdict.reasons[0]
    np.testing.assert_allclose(filled, whole, atol=25)


def test_both_ends_and_scattered_marks_are_one_reason() -> None:
    spectrum = sample()
    spectrum[:20] = spectrum[700:] = -9999
    _, verdict = checked(spectrum)
    assert "41 values of -9999 at 1780 to 1820 cm⁻¹ and 1 more places" in verdict.reasons[0]
    assert "use 420 to 1778 cm⁻¹ only" in verdict.reasons[0]


def test_an_end_filled_with_its_last_value_is_padding() -> None:
    spectrum = sample()
    spectrum[690:] = spectrum[689]
    assert "values of" in checked(spectrum)[1].reasons[0]


def test_padding_outside_the_range_that_is_used_is_not_looked_at() -> None:
    spectrum = sample()
    spectrum[:37], spectrum[600:] = 0, np.nan
    filled, verdict = checked(spectrum, within=(460, 1560))
    assert verdict == Verdict("ok")
    assert np.isfinite(filled).all()
    inside = (AXIS >= 460) & (AXIS <= 1560)
    np.testing.assert_array_equal(filled[inside], spectrum[inside])
    assert checked(spectrum, within=(400, 1560))[1].status == "refused"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, *MARKS]), st.integers(4, 200), st.floats(0, 1))
def test_padding_of_any_length_anywhere_is_found_exactly(
    seed: int, value: float, points: int, place: float
) -> None:
    spectrum = sample(seed)
    first = int(place * (AXIS.size - points))
    spectrum[first : first + points] = value
    padding = find_padding(spectrum[np.newaxis])[0]
    assert np.flatnonzero(padding.mask).tolist() == list(range(first, first + points))


def corrected(spectra: FloatArray) -> FloatArray:
    """Less a baseline through the lowest of each 25 points."""
    at = np.arange(0, spectra.shape[1], 25)
    lowest = np.array([spectra[:, k : k + 25].min(axis=1) for k in at]).T
    points = np.arange(spectra.shape[1])
    return np.array([row - np.interp(points, at, low) for row, low in zip(spectra, lowest, strict=True)])


def coarse(spectra: FloatArray, steps: int) -> FloatArray:
    return np.round(spectra / np.ptp(spectra, axis=1, keepdims=True) * steps)


HARMLESS = {
    "as measured": lambda spectra: spectra,
    "negatives clipped": lambda spectra: np.maximum(corrected(spectra), 0),
    "less the mean and clipped": lambda spectra: np.maximum(spectra - spectra.mean(axis=1, keepdims=True), 0),
    "clipped and coarse": lambda spectra: coarse(np.maximum(corrected(spectra), 0), 200),
    "coarse": lambda spectra: coarse(spectra, 100),
    "from 0 to 1": lambda spectra: (
        (spectra - spectra.min(axis=1, keepdims=True)) / np.ptp(spectra, axis=1, keepdims=True)
    ),
    "negated": lambda spectra: -spectra,
    "low counts": lambda spectra: (
        np.random.default_rng(0).poisson(np.maximum(corrected(spectra), 0) / 40).astype(float)
    ),
    "full detector": lambda spectra: np.minimum(spectra, np.quantile(spectra, 0.9, axis=1, keepdims=True)),
    "around -9999": lambda spectra: np.round(spectra - spectra.mean(axis=1, keepdims=True) - 9999),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_true_zeros_and_repeated_values_are_no_padding(kind: str) -> None:
    spectra = np.array([sample(seed) for seed in range(40)])
    assert find_padding(HARMLESS[kind](spectra)) == {}


def test_no_simulated_serum_spectrum_has_padding() -> None:
    assert find_padding(simulate_study(StudySettings(patients=40)).table.intensity) == {}


@pytest.mark.parametrize(
    "kind", ["as measured", "negatives clipped", "clipped and coarse", "coarse", "from 0 to 1"]
)
def test_no_real_spectrum_has_padding(kind: str, shared_data: Path) -> None:
    raman = shared_data / "raman"
    folders = sorted((raman / "covid_saliva").glob("*/spectra.csv"))
    saliva = np.vstack([np.loadtxt(file, delimiter=",", ndmin=2) for file in folders])
    cartilage = np.genfromtxt(raman / "cartilage_map/chondro.csv.gz", delimiter=",", skip_header=1)[:, 3:]
    # Those of a full detector are warned of as they are.
    for spectra in (saliva[saliva.max(axis=1) < 64_500], cartilage):
        assert find_padding(HARMLESS[kind](spectra)) == {}
