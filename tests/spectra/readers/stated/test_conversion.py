"""Axes in other units become Raman shifts where the user names the laser, and only then."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.readers.stated.conversion import Laser, as_raman_shift, to_raman_shift
from spectra_dl.spectra.readers.stated.units import AxisUnit, StatedUnit, stated_unit

SHIFTS = np.linspace(380, 1820, 721)
PER_EV = constants.e / (100 * constants.h * constants.c)
PER_THZ = 1e12 / (100 * constants.c)


def measured(unit: AxisUnit, laser_nm: float) -> np.ndarray:
    """Return what an axis of `SHIFTS` is in a unit."""
    absolute = 1e7 / laser_nm - SHIFTS
    return {
        AxisUnit.NM: 1e7 / absolute,
        AxisUnit.ANGSTROM: 1e8 / absolute,
        AxisUnit.MICROMETRE: 1e4 / absolute,
        AxisUnit.ABSOLUTE: absolute,
        AxisUnit.EV: absolute / PER_EV,
        AxisUnit.MEV: absolute / PER_EV * 1000,
        AxisUnit.THZ: absolute / PER_THZ,
        AxisUnit.GHZ: absolute / PER_THZ * 1000,
    }[unit]


UNITS = st.sampled_from(
    [
        AxisUnit.NM,
        AxisUnit.ANGSTROM,
        AxisUnit.MICROMETRE,
        AxisUnit.ABSOLUTE,
        AxisUnit.EV,
        AxisUnit.MEV,
        AxisUnit.THZ,
        AxisUnit.GHZ,
    ]
)


@given(UNITS, st.floats(200, 1600))
def test_every_unit_comes_back_to_the_same_shifts(unit, laser_nm):
    stated = StatedUnit(unit, unit.value, True)
    shifts, notes = to_raman_shift(measured(unit, laser_nm), stated, Laser(laser_nm), "a.txt")
    np.testing.assert_allclose(shifts, SHIFTS, rtol=0, atol=1e-7)
    assert f"{laser_nm:g} nm" in notes[0]


@pytest.mark.parametrize(
    ("name", "factor"),
    [("Energy shift (meV)", PER_EV / 1000), ("Frequency shift (THz)", PER_THZ), ("Energy loss (eV)", PER_EV)],
)
def test_differences_are_only_brought_to_inverse_cm(name, factor):
    stated = stated_unit(name)
    assert stated is not None
    np.testing.assert_allclose(
        to_raman_shift(SHIFTS / factor, stated, Laser(532), "a.txt")[0], SHIFTS, atol=1e-9
    )


@pytest.mark.parametrize(
    "name", ["Wavelength (nm)", "Energy (eV)", "Absolute wavenumber (cm-1)", "Frequency (THz)"]
)
def test_without_a_laser_the_unit_is_refused_with_the_way_to_convert_it(name):
    stated = stated_unit(name)
    assert stated is not None
    with pytest.raises(DataError, match=r"--laser NM") as refusal:
        to_raman_shift(measured(stated.unit, 785), stated, Laser(None, 785.0), "a.txt")
    assert name in str(refusal.value)
    assert "the file names 785" in str(refusal.value)


@pytest.mark.parametrize("name", ["Pixel", "m/z", "Time (s)", "2theta (deg)"])
def test_what_no_laser_converts_is_refused_with_and_without_one(name):
    stated = stated_unit(name)
    assert stated is not None
    for laser in (Laser(), Laser(785)):
        with pytest.raises(DataError, match="export Raman shift") as refusal:
            to_raman_shift(SHIFTS, stated, laser, "a.txt")
        assert "--laser" not in str(refusal.value)


def test_a_laser_that_is_not_the_files_is_refused_and_a_nominal_one_is_not():
    stated = StatedUnit(AxisUnit.NM, "nm", True)
    with pytest.raises(DataError, match=r"a laser of 532 nm, and --laser 785"):
        to_raman_shift(measured(AxisUnit.NM, 532), stated, Laser(785, 532), "a.txt")
    to_raman_shift(measured(AxisUnit.NM, 784.6), stated, Laser(785, 784.6), "a.txt")


def test_a_laser_that_makes_no_raman_shifts_of_the_axis_is_refused():
    with pytest.raises(DataError, match=r"would be .* no Raman shifts; correct --laser"):
        to_raman_shift(measured(AxisUnit.NM, 785), StatedUnit(AxisUnit.NM, "nm", True), Laser(532), "a.txt")


def test_numbers_without_a_word_are_shifts_unless_a_laser_makes_them_wavelengths():
    nm = measured(AxisUnit.NM, 785)
    np.testing.assert_allclose(as_raman_shift(nm, None, Laser(785), "a.txt").values, SHIFTS, atol=1e-7)
    np.testing.assert_array_equal(as_raman_shift(SHIFTS, None, Laser(785), "a.txt").values, SHIFTS)
    assert as_raman_shift(SHIFTS, None, Laser(), "a.txt").notes == ()
    assert "fits wavelengths" in as_raman_shift(np.linspace(340, 1025, 300), None, Laser(), "a.txt").notes[0]


def test_the_command_lines_laser_reaches_a_file_and_its_columns(tmp_path):
    path = tmp_path / "swab.txt"
    nm = measured(AxisUnit.NM, 785)
    rows = "".join(f"{x:.6f}\t{500 + k % 7}\n" for k, x in enumerate(nm))
    path.write_text(
        "Laser: 785 nm\nIntegration time (ms): 500\n>>>Begin<<<\nWavelength (nm)\tCounts\n" + rows
    )
    table = read_spectra(path, ReadOptions(laser_nm=785))
    np.testing.assert_allclose(table.wavenumber, SHIFTS, atol=0.02)
    assert table.metadata["laser_nm"][0] == "785"
    assert table.metadata["exposure_s"][0] == "0.5"


@pytest.mark.parametrize("name", ["Index", "Point", "Row no.", "Energy", "t/s", "Sample", "kJ/mol"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_a_name_that_is_none_of_an_axis_is_noted(tmp_path, name, separator):
    path = tmp_path / "a.txt"
    path.write_text(
        f"{name}{separator}Counts\n" + "".join(f"{x}{separator}{x % 7}\n" for x in range(400, 480, 2))
    )
    table = read_spectra(path)
    assert any(f"the axis is called '{name}', no word for Raman shift" in note for note in table.notes)


@pytest.mark.parametrize(
    "name", ["", "x", "Raman shift (cm-1)", "shift", "wave", "sample_id", "Unnamed: 0", "V1"]
)
def test_a_usual_name_of_an_axis_is_not_noted(tmp_path, name):
    path = tmp_path / "a.csv"
    path.write_text(f"{name},A,B\n" + "".join(f"{x},{x % 7},{x % 5}\n" for x in range(400, 480, 2)))
    assert not any("the axis is called" in note for note in read_spectra(path).notes)


@pytest.mark.parametrize("name", ["Index", "Point", "Row", "No.", "Data point"])
def test_points_that_are_counted_are_no_shifts(tmp_path, name):
    path = tmp_path / "a.txt"
    path.write_text(f"{name},Counts\n" + "".join(f"{x},{x % 7}\n" for x in range(400, 1425)))
    with pytest.raises(DataError, match=f"'{name}', so its axis is pixels of the detector"):
        read_spectra(path)
