"""Words about an axis, in the spellings of instruments and people."""

import pytest

from spectra_dl.spectra.readers.stated.units import (
    AxisUnit,
    foreign_intensity,
    names_a_count,
    plain,
    stated_unit,
)

SPELLINGS = {
    AxisUnit.SHIFT: (
        "Raman shift (cm-1)|Raman Shift / cm⁻¹|RamanShift[cm^-1]|Raman.shift..cm.1.|rel. 1/cm|CM-1|1/CM|Rcm-1|cm−1|cm^{-1}|wavenumber|"
        "Wave number (1/cm)|Raman shift|Ramanverschiebung (cm⁻¹)|Wellenzahl|Nombre d'onde (cm-1)|Déplacement Raman (cm-1)|拉曼位移 (cm⁻¹)|"
        "波数|Raman shift 785nm laser|raman_shift_cm-1|inverse centimeters|Wavelength (cm-1)|Raman Shift (a.u.)|Wavenumbers (cm¯¹)|cm?1|Raman shift (cm�1)|Raman shift (cmâˆ’1)|Raman shift (cmâ\x81»Â¹)|cm<sup>-1</sup>"
    ),
    AxisUnit.ABSOLUTE: "Absolute wavenumber (cm-1)|abs. wavenumber [1/cm]|absolute Wellenzahl (cm-1)",
    AxisUnit.NM: (
        "Wavelength (nm)|Wavelength [nm]|nm|λ/nm|λ (nm)|lambda [nm]|Wellenlänge|Wellenlaenge [nm]|Longueur d'onde|波长(nm)|wavelength_nm|"
        "Wavelength..nm.|Nanometers|WL|wave length|Raman shift (nm)|nano meter|n m|[n m]|Wavelength (n m)|n.m.|Wvlgth|wvl|Wvlngth|wavel|Wave lgth|w_len|lam|μήκος κύματος|파장|Ｗavelength （ｎｍ）"
    ),
    AxisUnit.MICROMETRE: "Wavelength (µm)|um|wavelength [μm]|microns",
    AxisUnit.ANGSTROM: "Wavelength (Å)|Angstrom",
    AxisUnit.EV: "Energy (eV)|E [eV]|Photon energy, eV|electron volts|Электрон-вольт",
    AxisUnit.MEV: "Energy shift (meV)|meV",
    AxisUnit.THZ: "Frequency (THz)|THz|частота, ТГц",
    AxisUnit.GHZ: "Frequency shift (GHz)",
    AxisUnit.PIXEL: "Pixel|pixel number|px|Channel|CCD pixel|像素",
    AxisUnit.MASS: "m/z|mass|Masse_(Da)",
    AxisUnit.TIME: "Time (s)|t (s)|Zeit [s]|s|retention time (min)",
    AxisUnit.OTHER: "2theta (deg)|Chemical shift (ppm)|q (1/nm)|Raman shift (kK)|Energy (J)|Energy [kJ/mol]|Frequency (PHz)|Hartree|Kinetic energy|Temperature (K)",
}


@pytest.mark.parametrize(
    ("unit", "name"), [(unit, name) for unit, names in SPELLINGS.items() for name in names.split("|")]
)
def test_a_unit_is_known_in_the_ways_people_write_it(unit, name):
    stated = stated_unit(name)
    assert stated is not None
    assert stated.unit is unit
    assert stated.text == name


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "A",
        "Intensity",
        "sample",
        "S1",
        "swab 3",
        "nmol",
        "evening",
        "mean",
        "Laser (785 nm)",
        "timestamp",
        "",
    ],
)
def test_other_names_say_nothing_of_an_axis(name):
    assert stated_unit(name) is None


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("Index", True),
        ("Data point", True),
        ("Row no.", True),
        ("#", True),
        ("N°", True),
        ("Shift", False),
        ("x", False),
        ("Rowan", False),
        ("Pointer", False),
    ],
)
def test_a_word_that_counts_is_known(name, counts):
    assert names_a_count(name) == counts


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("Wavelength", False), ("Wavelength (nm)", True), ("Raman shift", False), ("1/cm", True)],
)
def test_a_quantity_is_no_unit(name, spelled):
    stated = stated_unit(name)
    assert stated is not None
    assert stated.spelled is spelled


@pytest.mark.parametrize(
    "name", ["Absorbance", "Extinktion", "Transmittance (%)", "%T", "Reflectance", "吸光度"]
)
def test_intensities_of_other_methods_are_known_by_name(name):
    assert foreign_intensity(name)
    assert not foreign_intensity("Intensity (counts)")


def test_a_very_long_name_is_cut():
    assert len(plain("Ä" * 10_000)) <= 200
