"""From a certificate and a measured standard to corrected intensities: what is found, refused, stored and applied."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl import DataError, calibrate_axis
from spectra_dl.arrays import text_array
from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
from spectra_dl.spectra.intensity_calibration.certificate import Certificate, read_certificate
from spectra_dl.spectra.intensity_calibration.measure import measured_response
from spectra_dl.spectra.intensity_calibration.response import POINTS, IntensityResponse
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.simulation.standard_spectrum import (
    Spectrometer,
    simulate_intensity_standard,
    simulate_standard,
)
from spectra_dl.spectra.table import LASER, MEASURED, SpectraTable, spectrum_hashes

SHIFT = np.linspace(200.0, 3500.0, 200)
GLASS = Certificate(
    "glass", SHIFT, 0.1 + np.exp(-0.5 * ((SHIFT - 1800) / 900) ** 2), laser_nm=785.0, uncertainty=0.01
)
STATED = """
name = "glass"
laser_nm = 785
first = 200
last = 3500
coefficients = [1.0, 0.001, -1e-7]
expanded_uncertainty_percent = 3.0
"""


@pytest.fixture(scope="module")
def axis():
    """The axis of a spectrometer, which is right."""
    return calibrate_axis(simulate_standard("polystyrene", Spectrometer())[0], "polystyrene")


def response_of(found, truth, shift):
    """Return the largest relative error of a response whose factor is free."""
    ratio = found.at(shift) / truth
    return float(np.abs(np.log(ratio / np.exp(np.log(ratio).mean()))).max())


@settings(max_examples=20, deadline=None)
@given(
    response=st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=4),
    counts=st.floats(5_000, 60_000),
    seed=st.integers(0, 10_000),
)
def test_a_known_response_is_found_within_its_uncertainty(response, counts, seed):
    table, truth = simulate_intensity_standard(GLASS, Spectrometer(counts=counts), response, seed)
    found = measured_response(table, GLASS)
    assert response_of(found, truth, table.wavenumber) < 4 * found.uncertainty.max()
    assert found.uncertainty.min() >= GLASS.uncertainty


def test_a_ray_on_the_standard_is_not_taken_for_response():
    table, truth = simulate_intensity_standard(GLASS, Spectrometer(), (0.4, -0.2))
    hit = table.intensity.copy()
    hit[0, 300] += 30_000
    found = measured_response(replace(table, intensity=hit), GLASS)
    assert response_of(found, truth, table.wavenumber) < 0.02


def spoilt(what):
    """Return a standard that can't be used."""
    table, _ = simulate_intensity_standard(GLASS, Spectrometer(), (0.3,))
    counts = table.intensity
    made = {
        "saturated": lambda: replace(table, intensity=np.minimum(counts, 0.8 * counts.max())),
        "noisy": lambda: simulate_intensity_standard(GLASS, Spectrometer(counts=20.0), (0.3,), 1)[0],
        "short": lambda: table.points(table.wavenumber < 450),
        "dark": lambda: replace(table, intensity=counts - 0.5 * counts.max()),
        "bands": lambda: replace(
            table, intensity=counts + 50 * simulate_standard("polystyrene", Spectrometer())[0].intensity
        ),
        "laser": lambda: replace(table, metadata={LASER: text_array(["532"])}),
        "gap": lambda: replace(table, intensity=np.where(table.wavenumber > 1900, np.nan, counts)),
    }
    return made[what]()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("saturated", "the detector was full: expose shorter"),
        ("noisy", "expose longer, or give several spectra|counts at"),
        ("short", "points over 2.. cm-1 in common, and 50 over 300 are needed"),
        ("dark", "subtract the dark signal alone and no baseline"),
        ("bands", "is not smooth"),
        ("laser", "measured at 532 nm, and glass is certified for 785 nm"),
        ("gap", "can't be used .*; measure it anew"),
    ],
)
def test_what_is_no_measured_standard_is_refused_in_a_sentence(what, words):
    with pytest.raises(DataError, match=words):
        measured_response(spoilt(what), GLASS)


def test_corrected_spectra_lie_where_the_response_is_known_and_say_so(axis):
    standard, truth = simulate_intensity_standard(GLASS, Spectrometer(), (0.4, 0.1))
    part = standard.points(standard.wavenumber < 1500)
    calibration = replace(axis, response=measured_response(part, GLASS))
    flat = replace(standard, intensity=np.vstack([truth, 3 * truth]), sample_id=text_array(["a", "b"]))
    corrected = calibration.applied(flat)
    assert corrected.wavenumber[-1] < 1500 < flat.wavenumber[-1]
    np.testing.assert_allclose(
        corrected.intensity / corrected.intensity.mean(axis=1, keepdims=True), 1, atol=0.02
    )
    assert "relative intensity corrected by glass (" in corrected.axis_calibration
    assert any("points outside" in note for note in corrected.notes)
    assert list(corrected.metadata[MEASURED]) == spectrum_hashes(flat)
    with pytest.raises(DataError, match="the response is known from"):
        calibration.applied(flat.points(flat.wavenumber > 1600))


def test_a_full_detector_is_still_seen_after_the_correction(axis):
    standard, _ = simulate_intensity_standard(GLASS, Spectrometer(), (0.4,))
    calibration = replace(axis, response=measured_response(standard, GLASS))
    counts = simulate_standard("polystyrene", Spectrometer())[0]
    full = replace(counts, intensity=np.minimum(counts.intensity, 0.6 * counts.intensity.max()))
    assert any("saturated" in reason for reason in inspect(calibration.applied(full))[1][0].reasons)


def test_a_calibration_with_a_response_is_stored_and_read_again(axis, tmp_path):
    standard, _ = simulate_intensity_standard(GLASS, Spectrometer(), (0.4,))
    calibration = replace(axis, response=measured_response(standard, GLASS))
    calibration.save(tmp_path / "c.json")
    again = AxisCalibration.load(tmp_path / "c.json")
    assert again.to_json() == calibration.to_json()
    assert again.words() == calibration.words()
    assert len(calibration.words()) < 300
    np.testing.assert_array_equal(again.applied(standard).intensity, calibration.applied(standard).intensity)


@pytest.mark.parametrize(
    "changed",
    [
        {"shift": [1.0] * POINTS},
        {"log_response": [1e9] * POINTS},
        {"uncertainty": [float("nan")] * POINTS},
        {"uncertainty": [0.1]},
        {"standard": "a\nb"},
        {"more": 1},
    ],
)
def test_a_response_that_was_not_written_so_is_refused(axis, tmp_path, changed):
    standard, _ = simulate_intensity_standard(GLASS, Spectrometer(), (0.4,))
    values = json.loads(replace(axis, response=measured_response(standard, GLASS)).to_json())
    values["response"] |= changed
    (tmp_path / "c.json").write_text(json.dumps(values))
    with pytest.raises(DataError, match="write it anew with 'calibrate-axis'"):
        AxisCalibration.load(tmp_path / "c.json")


def test_a_certificate_is_a_polynomial_or_a_table(tmp_path):
    polynomial, table = tmp_path / "p.toml", tmp_path / "glass.csv"
    polynomial.write_text(STATED)
    table.write_text(
        "shift,intensity\n" + "".join(f"{x},{1 + 0.001 * x - 1e-7 * x * x}\n" for x in range(200, 3600, 100))
    )
    stated, tabled = read_certificate(polynomial), read_certificate(table)
    at = np.array([300.0, 1234.5, 3000.0])
    np.testing.assert_allclose(stated.at(at), 1 + 0.001 * at - 1e-7 * at**2, rtol=1e-5)
    np.testing.assert_allclose(tabled.at(at), stated.at(at), rtol=1e-3)
    assert (stated.laser_nm, stated.uncertainty, tabled.laser_nm, tabled.name) == (
        785.0,
        0.015,
        None,
        "glass",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STATED.replace("laser_nm = 785\n", ""), "laser_nm is missing"),
        (STATED.replace("first = 200", "first = 4000"), "'first' must lie below 'last'"),
        (STATED + "lot = 3\n", "lot is not known here"),
        (
            STATED.replace("[1.0, 0.001, -1e-7]", "[0.001, -1.0]"),
            "must be above 0; give the coefficients in ascending order",
        ),
        (STATED.replace("[1.0, 0.001, -1e-7]", "[nan]"), "coefficients"),
        (
            "shift,intensity\n" + "".join(f"{x},{(x - 400) ** 2}\n" for x in range(300, 700, 10)),
            "at 400 cm-1 is 0, and must be above 0",
        ),
    ],
)
def test_what_is_no_certificate_is_refused(tmp_path, text, words):
    path = tmp_path / "certificate"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        read_certificate(path)


def test_a_missing_certificate_is_named(tmp_path):
    with pytest.raises(DataError, match=r"c\.toml"):
        read_certificate(tmp_path / "c.toml")


def test_words_hold_the_range_and_the_uncertainty():
    response = IntensityResponse(
        "glass", np.linspace(200, 3500, POINTS), np.zeros(POINTS), np.full(POINTS, 0.01)
    )
    assert response.words() == "relative intensity corrected by glass (200-3500 cm-1, +- 2.0 %)"
    assert SpectraTable([[1.0, 2.0]], [1.0, 2.0], ["a"]).axis_calibration is None
