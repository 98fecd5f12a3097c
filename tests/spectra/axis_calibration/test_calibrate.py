"""A standard's lines bring a wrong axis back, with an uncertainty that holds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl import DataError, SpectraTable, UsageError, read_spectra
from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
from spectra_dl.spectra.axis_calibration.standards import STANDARDS, standard_named
from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard

LASER_NM = 785.0
_PART = st.floats(-5.0, 5.0)


def corrected(name, error, seed=0, **spectrometer):
    """The largest error between the outermost lines before and after the correction, and the calibration."""
    settings_ = Spectrometer(low=100.0, high=3200.0, error=error, laser_nm=LASER_NM, **spectrometer)
    table, true = simulate_standard(name, settings_, seed)
    calibration = calibrate_axis(table, name, laser_nm=LASER_NM)
    low, high = calibration.range
    inside = (true >= low - 1) & (true <= high + 1)
    stated = table.wavenumber[inside]
    off = stated + calibration.correction(stated) - true[inside]
    assert (np.abs(off) <= 4 * calibration.uncertainty(stated)).all()
    return np.abs(stated - true[inside]).max(), np.abs(off).max(), calibration


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["polystyrene", "acetonitrile", "paracetamol", "calcite"]),
    offset=_PART,
    slope=_PART,
    curve=_PART,
    seed=st.integers(0, 1_000),
)
def test_an_axis_that_is_off_comes_back_within_three_tenths(name, offset, slope, curve, seed):
    _, after, calibration = corrected(name, (offset, slope, curve), seed)
    assert after <= 0.3
    assert len(calibration.lines) >= 4


@pytest.mark.parametrize("sign", [-1, 1])
def test_fifteen_wavenumbers_of_offset_are_found(sign):
    before, after, _ = corrected("polystyrene", (15.0 * sign, 0.0, 0.0))
    assert before == pytest.approx(15.0)
    assert after <= 0.1


def test_silicon_shows_an_offset_alone():
    _, _, calibration = corrected("silicon", (4.0, 0.0, 0.0))
    assert len(calibration.coefficients) == 1
    assert calibration.coefficients[0] == pytest.approx(4.0, abs=0.1)
    assert calibration.uncertainty(np.array([1500.0]))[0] >= 0.3


def test_neon_lines_lie_where_the_laser_puts_them():
    shifts, _ = STANDARDS["neon"].shifts(LASER_NM)
    nearest = shifts[np.abs(shifts - 1000.0).argmin()]
    # 849.53591 nm in air seen with 785 nm: 1e7 / n (1 / 785 - 1 / 849.53591) with n = 1.000275.
    assert nearest == pytest.approx(967.46, abs=0.02)
    assert corrected("neon", (6.0, 2.0, -3.0))[1] <= 0.2
    with pytest.raises(UsageError, match="give its wavelength"):
        STANDARDS["neon"].shifts()


def test_a_line_that_another_band_hides_is_left_out():
    table, _ = simulate_standard("polystyrene", Spectrometer(error=(3.0, 0.0, 0.0)))
    beside = table.wavenumber[:, None] - np.array([1452.5])
    other = 30_000 * np.exp(-0.5 * (beside / 4.0) ** 2).sum(axis=1)
    # The band at 1450.5 now seems to stand 2 to 5 cm⁻¹ too high.
    calibration = calibrate_axis(replace(table, intensity=table.intensity + other), "polystyrene")
    assert 1450.5 not in calibration.lines.tolist() or abs(calibration.residual).max() < 1.0
    assert calibration.correction(np.array([1000.0]))[0] == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize(
    ("spectrum", "claimed", "message"),
    [
        ("silicon", "paracetamol", "of the 20 lines of paracetamol on this axis were found"),
        ("calcite", "polystyrene", "of the 8 lines of polystyrene on this axis were found"),
    ],
)
def test_another_substance_is_refused(spectrum, claimed, message):
    table, _ = simulate_standard(spectrum, Spectrometer())
    with pytest.raises(DataError, match=message):
        calibrate_axis(table, claimed)


def test_any_band_near_the_one_line_of_silicon_is_not_silicon(repository):
    serum = read_spectra(repository / "datasets" / "demo" / "spectra.csv")
    with pytest.raises(DataError, match="may be that of silicon, but a higher one stands at"):
        calibrate_axis(serum, "silicon")


@pytest.mark.parametrize("name", ["polystyrene", "calcite"])
def test_serum_has_bands_near_many_lines_and_is_no_standard(repository, name):
    serum = read_spectra(repository / "datasets" / "demo" / "spectra.csv")
    with pytest.raises(DataError, match=f"make sure that the file is a spectrum of {name}"):
        calibrate_axis(serum, name)


@pytest.mark.parametrize("name", ["polystyrene", "cyclohexane", "paracetamol", "calcite"])
def test_many_bands_anywhere_are_no_standard(name):
    rng = np.random.default_rng(4)
    axis = np.arange(400.0, 1801.0, 2.0)
    passed = 0
    for _ in range(20):
        centre, width = rng.uniform(500, 1750, (24, 1)), rng.uniform(5, 12, (24, 1))
        bands = rng.lognormal(0, 0.7, (24, 1)) * np.exp(-0.5 * ((axis - centre) / width) ** 2)
        intensity = 1e3 * bands.sum(axis=0) + rng.normal(0, 4, axis.size)
        table = SpectraTable(intensity=intensity[None], wavenumber=axis, sample_id=np.array(["a"]))
        try:
            calibrate_axis(table, name)
        except DataError:
            continue
        passed += 1
    assert passed == 0


def test_a_standard_whose_lines_are_not_on_the_axis_is_refused():
    table, _ = simulate_standard("polystyrene", Spectrometer(low=1700.0, high=2500.0))
    with pytest.raises(DataError, match="no line of silicon lies on the axis of 1700 to 2500"):
        calibrate_axis(table, "silicon")


def test_a_name_that_nobody_knows_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match=r"no standard is called 'gold'.*silicon, polystyrene"):
        standard_named("gold")


@pytest.mark.parametrize(
    ("file", "name", "lines", "at", "expected"),
    [
        ("bwtek_bwspec/PST10_iR785_OP01_40000msx4.txt", "polystyrene", 10, 1001.4, -0.7),
        ("two_column/paracetamol.txt", "paracetamol", 22, 1648.4, -5.5),
        ("horiba_labspec/532nm-191216-Si_200mu.txt", "silicon", 1, 520.7, -2.5),
    ],
)
def test_real_standards_are_recognised(shared_data, file, name, lines, at, expected):
    table = read_spectra(shared_data / "raman" / "instruments" / file)
    calibration = calibrate_axis(table, name)
    assert len(calibration.lines) >= lines
    assert calibration.correction(np.array([at]))[0] == pytest.approx(expected, abs=0.4)
    assert np.sqrt(np.mean(calibration.residual**2)) < 0.8
