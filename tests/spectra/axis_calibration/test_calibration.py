"""A calibration is stored whole, read with suspicion and applied once."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl import DataError, ReadOptions, read_spectra
from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration
from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard


@pytest.fixture(scope="module")
def measured():
    """A standard on an axis that is off, and the true axis."""
    return simulate_standard("polystyrene", Spectrometer(error=(-5.0, -2.0, 1.0)))


@pytest.fixture(scope="module")
def calibration(measured):
    """The correction of that axis."""
    return calibrate_axis(measured[0], "polystyrene")


def test_it_comes_back_from_its_file_as_it_was(calibration, tmp_path):
    calibration.save(tmp_path / "c.json")
    again = AxisCalibration.load(tmp_path / "c.json")
    assert again.to_json() == calibration.to_json()
    assert again.digest == calibration.digest


def test_a_table_is_corrected_and_says_so(calibration, measured):
    table, true = measured
    corrected = calibration.applied(table)
    inside = (true > 621) & (true < 1602)
    assert np.abs(corrected.wavenumber - true)[inside].max() < 0.2
    assert corrected.axis_calibration == calibration.words()
    assert "polystyrene (8 lines, 621-1602 cm-1" in corrected.axis_calibration
    assert any("the largest change is" in note for note in corrected.notes)
    assert table.axis_calibration is None


def test_no_axis_is_corrected_twice(calibration, measured):
    with pytest.raises(DataError, match="corrected before; leave the calibration out"):
        calibration.applied(calibration.applied(measured[0]))


def test_beyond_the_lines_it_goes_on_straight_and_less_certain(calibration):
    shift = np.array([1700.0, 1900.0, 2100.0])
    first, second, third = calibration.correction(shift)
    assert third - second == pytest.approx(second - first)
    assert calibration.uncertainty(np.array([2000.0]))[0] > 2 * calibration.uncertainty(np.array([1100.0]))[0]


def test_a_correction_that_would_fold_the_axis_is_refused(calibration, measured):
    folded = replace(calibration, coefficients=np.array([0.0, -900.0, 0.0]))
    with pytest.raises(DataError, match="would not ascend"):
        folded.applied(measured[0])


def mangled(content, change):
    """The text of a calibration's file with one change."""
    values = json.loads(content)
    change(values)
    return json.dumps(values)


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(kind="another"),
        lambda values: values.update(version=99),
        lambda values: values.update(extra=1),
        lambda values: values.pop("covariance"),
        lambda values: values.update(coefficients=[1.0, float("nan"), 0.0]),
        lambda values: values.update(coefficients=[1e9, 0.0, 0.0]),
        lambda values: values.update(coefficients=[0.0] * 5),
        lambda values: values.update(covariance=[[0.0]]),
        lambda values: values.update(scale=0.0),
        lambda values: values.update(standard="bell \x07"),
        lambda values: values.update(lines=["x"] * 8),
        lambda values: values.update(laser_nm=[]),
    ],
)
def test_a_file_that_is_no_calibration_is_refused_in_words(calibration, tmp_path, change):
    path = tmp_path / "c.json"
    path.write_text(mangled(calibration.to_json(), change))
    with pytest.raises(DataError, match=r"^c\.json: no axis calibration of this version"):
        AxisCalibration.load(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"[" * 100_000, b" " * (1 << 17), b"1e999"])
def test_any_other_content_is_refused_in_words(tmp_path, content):
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="no axis calibration of this version"):
        AxisCalibration.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.json: No such file or directory; give a file that"):
        AxisCalibration.load(tmp_path / "gone.json")


def test_readers_correct_every_block(calibration, repository, tmp_path):
    calibration.save(tmp_path / "c.json")
    path = repository / "datasets" / "demo" / "spectra.csv"
    plain = read_spectra(path)
    table = read_spectra(path, ReadOptions(calibration=tmp_path / "c.json"))
    assert (table.wavenumber == plain.wavenumber + calibration.correction(plain.wavenumber)).all()
    assert table.axis_calibration == calibration.words()
    assert len(set(table.notes)) == len(table.notes)
