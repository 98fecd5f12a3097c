"""The steps of preprocessing, one by one, against numpy, scipy and hand-worked cases."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.baseline import asls
from spectra_dl.spectra.preprocessing.steps import (
    EMSC,
    STEPS,
    Baseline,
    Crop,
    Despike,
    Normalise,
    Resample,
    Smooth,
    Step,
    step_from_json,
    step_to_json,
)

FloatArray = NDArray[np.float64]

AXIS = np.linspace(400, 1800, 701)


@pytest.fixture(scope="module")
def spectra() -> FloatArray:
    """Thirty raw serum-like spectra, 701 points of 2 cm⁻¹, some 4,000 counts, bands 10 cm⁻¹ wide and more."""
    random = np.random.default_rng(3)
    rows = []
    for _ in range(30):
        centres, heights = random.uniform(420, 1780, 15), random.uniform(100, 2000, 15)
        widths = random.uniform(4.2, 12, 15)
        bands = heights[:, None] * np.exp(-0.5 * ((AXIS - centres[:, None]) / widths[:, None]) ** 2)
        fluorescence = 4000 * np.exp(-(AXIS - 400) / random.uniform(900, 3000))
        rows.append(fluorescence + bands.sum(axis=0) + random.normal(0, 20, AXIS.size))
    return np.array(rows)


ASLS = (("lam", 1e5), ("p", 0.01), ("tol", 1e-3))

EVERY_STEP: list[Step] = [
    Crop(500, 1500),
    Resample(410, 1790, 3.5),
    Despike(),
    Baseline(),
    Baseline("imodpoly", (("poly_order", 3),), negatives="clip"),
    Smooth(11, 2),
    Normalise("snv"),
    Normalise("vector"),
    Normalise("area"),
    Normalise("minmax"),
    EMSC(3),
]


@pytest.mark.parametrize("step", EVERY_STEP, ids=str)
def test_no_row_changes_another(step: Step, spectra: FloatArray) -> None:
    ready = step.fit(spectra, AXIS)
    together = ready.apply(spectra[:8], AXIS)
    other_company = spectra[:8].copy()
    other_company[1:] *= -1e9
    beside_giants = ready.apply(other_company, AXIS)
    alone = ready.apply(spectra[:1], AXIS)
    assert np.array_equal(together.intensity[0], alone.intensity[0])
    assert np.array_equal(together.intensity[0], beside_giants.intensity[0])
    for name, remark in together.remarks.items():
        assert remark[0] == alone.remarks[name][0]


@pytest.mark.parametrize("step", EVERY_STEP, ids=str)
def test_input_is_not_changed(step: Step, spectra: FloatArray) -> None:
    before = spectra.copy()
    step.fit(spectra, AXIS).apply(spectra, AXIS)
    assert np.array_equal(spectra, before)


@pytest.mark.parametrize("step", EVERY_STEP, ids=str)
def test_a_step_survives_its_json_exactly(step: Step, spectra: FloatArray) -> None:
    ready = step.fit(spectra, AXIS)
    again = step_from_json(json.loads(json.dumps(step_to_json(ready))))
    assert again == ready
    assert np.array_equal(again.apply(spectra[:2], AXIS).intensity, ready.apply(spectra[:2], AXIS).intensity)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("os.system", {}, "unknown step 'os.system'"),
        (["crop"], {}, "unknown step"),
        ("crop", [1.0, 2.0], "has no object"),
        ("crop", {"low": 1.0}, "its settings are high, low; the file has low"),
        ("crop", {"low": 1.0, "high": 2.0, "path": "x"}, "has high, low, path"),
        ("crop", {"low": "1", "high": 2.0}, "low is '1'"),
        ("crop", {"low": True, "high": 2.0}, "low is True"),
        ("crop", {"low": 900.0, "high": 500.0}, "lower end first"),
        ("crop", {"low": 0.0, "high": float("inf")}, "high is inf"),
        ("resample", {"low": 0.0, "high": 1000.0, "step": 1e-9}, "step is 1e-09"),
        ("despike", {"threshold": float("nan")}, "threshold is nan"),
        ("smooth", {"window": 10, "order": 3}, "odd"),
        ("smooth", {"window": 10**9 + 1, "order": 3}, "window is 1000000001"),
        ("smooth", {"window": 5, "order": 5}, "order is 5"),
        ("smooth", {"window": 5.0, "order": 2}, "whole number"),
        ("normalise", {"kind": "zscore"}, "one of snv, vector, area, minmax"),
        ("normalise", {"kind": ["snv"]}, "kind is"),
        ("emsc", {"order": 2, "reference": [1.0, "x"]}, "finite floats"),
        ("emsc", {"order": 2, "reference": [1.0, float("nan")]}, "finite floats"),
        ("emsc", {"order": 99, "reference": None}, "order is 99"),
        ("baseline", {"method": "magic", "parameters": [], "negatives": "keep"}, "no baseline method"),
        ("baseline", {"method": ["asls"], "parameters": [], "negatives": "keep"}, "no baseline method"),
        ("baseline", {"method": "asls", "parameters": [["lam"]], "negatives": "keep"}, "pairs"),
        ("baseline", {"method": "asls", "parameters": [["lam", [1]]], "negatives": "keep"}, "pairs"),
        ("baseline", {"method": "asls", "parameters": [["lam", -1]], "negatives": "keep"}, "lam is -1"),
        ("baseline", {"method": "asls", "parameters": [["x", 1]], "negatives": "keep"}, "no parameter"),
        ("baseline", {"method": "asls", "parameters": [["p", 0.1]] * 2, "negatives": "keep"}, "twice"),
        ("baseline", {"method": "asls", "parameters": [], "negatives": "abs"}, "keep, clip"),
    ],
)
def test_stored_steps_that_are_not_ours_are_refused(name: object, settings: object, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        step_from_json({"step": name, "settings": settings})
    assert len(str(caught.value)) <= 500


@pytest.mark.parametrize(
    "stored", ["crop", None, {}, {"step": "despike"}, {"step": "a", "settings": {}, "x": 1}]
)
def test_what_is_not_a_stored_step_is_refused(stored: object) -> None:
    with pytest.raises(DataError, match="a stored step is not an object"):
        step_from_json(stored)


def test_every_step_is_in_the_registry() -> None:
    assert {type(step) for step in EVERY_STEP} == set(STEPS.values())


def test_crop_keeps_both_ends() -> None:
    result = Crop(402, 406).apply(np.arange(12.0).reshape(2, 6), np.array([400.0, 402, 404, 406, 408, 410]))
    assert result.wavenumber.tolist() == [402, 404, 406]
    assert result.intensity.tolist() == [[1, 2, 3], [7, 8, 9]]


def test_crop_without_any_point_is_refused() -> None:
    with pytest.raises(DataError, match="no point between 2000 and 2100 cm⁻¹; the spectra cover 400 to 1800"):
        Crop(2000, 2100).apply(np.ones((1, 701)), AXIS)


def test_resample_agrees_with_numpy_interp(spectra: FloatArray) -> None:
    uneven = np.sort(np.random.default_rng(0).uniform(399, 1801, 701))
    uneven[[0, -1]] = 399, 1801
    uneven += np.arange(701) * 1e-9
    result = Resample(450, 1750, 2.5).apply(spectra, AXIS)
    assert result.wavenumber.tolist() == pytest.approx(np.arange(450, 1750.1, 2.5).tolist())
    for row, spectrum in enumerate(spectra):
        np.testing.assert_allclose(
            result.intensity[row], np.interp(result.wavenumber, AXIS, spectrum), rtol=1e-12
        )


def test_resample_beyond_the_spectra_is_refused_with_both_ranges(spectra: FloatArray) -> None:
    with pytest.raises(
        DataError, match="cover 400 to 1800 cm⁻¹ with 701 points, and not each of 751 points from 300 to 1800"
    ):
        Resample(300, 1800, 2).apply(spectra, AXIS)


def test_rays_of_one_and_two_points_are_removed_and_counted(spectra: FloatArray) -> None:
    random = np.random.default_rng(5)
    clean = spectra
    struck = spectra.copy()
    for row in struck:
        row[random.choice(np.arange(20, 340), 3, replace=False)] += 30_000
        first = random.integers(400, 680)
        row[first : first + 2] += [30_000, random.uniform(8_000, 30_000)]
    result = Despike(10.0).apply(struck, AXIS)  # noise is never so high
    assert (result.remarks["spikes_removed"] == 5).all()
    assert np.abs(result.intensity - clean).max() < 500  # of bands of up to 2,000 and rays of 30,000


@pytest.mark.parametrize("place", [0, 1, 699, 700])
def test_a_ray_at_an_end_is_removed(place: int, spectra: FloatArray) -> None:
    struck = spectra[:1].copy()
    struck[0, place] += 30_000
    cleaned = Despike().apply(struck, AXIS).intensity
    np.testing.assert_allclose(cleaned, spectra[:1], atol=150)


def test_a_ray_on_a_constant_spectrum_is_removed() -> None:
    struck = np.full((1, 100), 5.0)
    struck[0, 40] = 30_000
    assert (Despike().apply(struck, AXIS[:100]).intensity == 5).all()


def test_bands_of_noisefree_spectra_are_not_touched() -> None:
    centres = np.linspace(500, 1700, 12)
    for width_at_half_height in (6.0, 8.0, 10.0, 20.0):  # three points of 2 cm⁻¹ and more
        sigma = width_at_half_height / 2.3548
        bands = np.exp(-0.5 * ((AXIS - centres[:, None]) / sigma) ** 2) * np.linspace(1, 1e4, 12)[:, None]
        spectrum = 4000 * np.exp(-AXIS / 1000) + bands
        assert not Despike().apply(spectrum, AXIS).remarks["spikes_removed"].any()


@pytest.mark.parametrize(
    ("name", "columns", "most"),
    [
        ("covid_serum/original_covid_and_healthy_spectra.csv", range(900), 9),
        ("cartilage_map/chondro.csv.gz", range(3, 303), 5),
    ],
)
def test_bands_of_real_spectra_are_not_touched(
    shared_data: Path, name: str, columns: range, most: int
) -> None:
    table = np.genfromtxt(shared_data / "raman" / name, delimiter=",", skip_header=1, usecols=columns)
    axis = np.arange(float(len(columns)))
    result = Despike().fit(table, axis).apply(table, axis)
    changed = result.intensity != table
    assert changed.sum() <= most  # in four of 309 and two of 875 spectra
    assert changed.sum(axis=0).max() <= 1  # a band would be hit more than once at its place


def test_baseline_subtracts_what_asls_fits(spectra: FloatArray) -> None:
    result = Baseline("asls", ASLS).apply(spectra, AXIS)
    fitted = asls(spectra, lam=1e5, p=0.01, tol=1e-3)
    assert np.array_equal(result.intensity, spectra - fitted.baseline)
    assert np.array_equal(result.remarks["baseline_converged"], fitted.certificate.converged)
    assert np.array_equal(result.remarks["fraction_below_zero"], fitted.certificate.fraction_below_zero)
    for name in ("iterations", "final_change", "roughness"):
        assert np.array_equal(result.remarks[f"baseline_{name}"], getattr(fitted.certificate, name))


def test_negatives_are_clipped_only_when_asked(spectra: FloatArray) -> None:
    kept = Baseline("asls", ASLS).apply(spectra, AXIS).intensity
    clipped = Baseline("asls", ASLS, negatives="clip").apply(spectra, AXIS).intensity
    assert (kept < 0).any()
    assert np.array_equal(clipped, np.maximum(kept, 0))


@given(
    window=st.integers(1, 20).map(lambda half: 2 * half + 1),
    order=st.integers(0, 5),
    seed=st.integers(0, 1000),
    extra=st.integers(0, 40),
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_smooth_agrees_with_scipy(window: int, order: int, seed: int, extra: int) -> None:
    from scipy.signal import savgol_filter

    order = min(order, window - 1)
    spectra = np.random.default_rng(seed).normal(0, 100, (3, window + extra))
    smoothed = Smooth(window, order).apply(spectra, np.arange(float(window + extra))).intensity
    expected = savgol_filter(spectra, window, order, axis=1, mode="interp")
    np.testing.assert_allclose(smoothed, expected, rtol=1e-8, atol=1e-8)


def test_spectra_shorter_than_the_window_are_refused() -> None:
    with pytest.raises(DataError, match="Smooth needs spectra of at least 9 points; these have 3"):
        Smooth(9, 3).apply(np.ones((1, 3)), np.arange(3.0))


def test_normalisations_do_what_they_say(spectra: FloatArray) -> None:
    snv = Normalise("snv").apply(spectra, AXIS).intensity
    np.testing.assert_allclose(snv.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(snv.std(axis=1, ddof=1), 1)
    np.testing.assert_allclose((Normalise("vector").apply(spectra, AXIS).intensity ** 2).sum(axis=1), 1)
    np.testing.assert_allclose(np.abs(Normalise("area").apply(spectra, AXIS).intensity).sum(axis=1), 1)
    scaled = Normalise("minmax").apply(spectra, AXIS).intensity
    assert (scaled.min(axis=1) == 0).all()
    assert (scaled.max(axis=1) == 1).all()


@pytest.mark.parametrize("kind", ["snv", "vector", "area", "minmax"])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e5])
def test_a_constant_spectrum_gives_no_infinities(kind: str, value: float) -> None:
    result = Normalise(kind).apply(np.full((1, 50), value), np.arange(50.0)).intensity  # type: ignore[arg-type]
    assert np.isfinite(result).all()
    if kind in ("snv", "minmax") or value == 0:
        assert (result == 0).all()


def test_emsc_undoes_offset_slope_and_path_length(spectra: FloatArray) -> None:
    """Built from the model's own terms, every spectrum must come back as the reference."""
    reference = spectra.mean(axis=0)
    random = np.random.default_rng(1)
    v = np.linspace(-1, 1, AXIS.size)
    built = np.array(
        [
            random.uniform(0.3, 3) * reference + 500 * random.normal() + 300 * random.normal() * v + 90 * v**2
            for _ in range(6)
        ]
    )
    fitted = EMSC(2).fit(spectra, AXIS)
    np.testing.assert_allclose(fitted.apply(built, AXIS).intensity, np.tile(reference, (6, 1)), rtol=1e-8)


def test_emsc_agrees_with_least_squares(spectra: FloatArray) -> None:
    fitted = EMSC(1).fit(spectra[:20], AXIS)
    model = np.column_stack([spectra[:20].mean(axis=0), np.ones(701), AXIS])
    for spectrum, corrected in zip(spectra[20:], fitted.apply(spectra[20:], AXIS).intensity, strict=True):
        path, offset, slope = np.linalg.lstsq(model, spectrum)[0]
        np.testing.assert_allclose(corrected, (spectrum - offset - slope * AXIS) / path, rtol=1e-7)


def test_emsc_learns_from_its_training_rows_alone(spectra: FloatArray) -> None:
    assert EMSC().fit(spectra[:5], AXIS).reference == tuple(spectra[:5].mean(axis=0).tolist())


def test_emsc_unfitted_or_on_another_number_of_points_is_refused(spectra: FloatArray) -> None:
    with pytest.raises(DataError, match="EMSC is not fitted"):
        EMSC().apply(spectra, AXIS)
    with pytest.raises(DataError, match="EMSC is fitted on 701 points and got 700"):
        EMSC().fit(spectra, AXIS).apply(spectra[:, 1:], AXIS[1:])


def test_settings_are_checked_when_a_step_is_made() -> None:
    with pytest.raises(UsageError, match="Crop: low is 9000"):
        Crop(9000, 9001)
    with pytest.raises(UsageError, match="asls: lam is"):
        Baseline("asls", (("lam", -1.0),))
