"""Texts that once were read as what they are not, or refused although they are plain."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

AXIS = np.arange(400.0, 1102.0, 2.0)
DRAW = np.random.default_rng(8)
SPECTRA = [np.round(800 + DRAW.normal(0, 4, AXIS.size) + 10 * k, 2) for k in range(3)]
FALLING = [np.round(9000 * np.exp(-AXIS / (300 + 100 * k)), 3) for k in range(2)]
NM = np.round(1e7 / (1e7 / 785 - AXIS), 3)
EV = np.round(1.2 + 0.002 * np.arange(AXIS.size), 4)
NUMBERS = range(AXIS.size)


def rows(separator, *columns, decimal="."):
    """Return the rows of these columns as text."""
    lines = (separator.join(map(str, row)).replace(".", decimal) for row in zip(*columns, strict=True))
    return "\n".join(lines) + "\n"


TWO = rows("\t", AXIS, SPECTRA[0])
WIDE = ",".join(["id", *map(str, AXIS)]) + "\n"
WIDE += "".join(",".join([f"S{k}", *map(str, values)]) + "\n" for k, values in enumerate(SPECTRA))

NANOMETRES = {
    "an empty cell before semicolons": ";Wavelength (nm);I\n"
    + rows(";", NUMBERS, AXIS, SPECTRA[0], decimal=","),
    "above a wide table": "Wavelength (nm)\n" + WIDE,
    "above the second column of a wide table": ",Wavelength (nm)\n" + WIDE,
    "a comment above a wide table": "# wavelength (nm)\n" + WIDE,
    "an entry before the header": "X = 12.5\nWavelength  P1  A\n" + rows(" ", AXIS, *SPECTRA[:2]),
    "three rows of names": "Export\nWave   ;Sample   ;\n[nm]   ;[counts]   ;\n\n"
    + rows(";", AXIS, SPECTRA[0], decimal=","),
    "an entry without a tab": "#AxisUnit[1]=nm\n" + TWO,
    "names of columns in a comment": "# columns: wavelength_nm, counts\n" + TWO,
    "a column's number": "# 1: wavelength [nm]\n" + TWO,
    "quotes": '"XLabel","Wavelength"\n"XUnits","nm"\n' + TWO,
}


@pytest.mark.parametrize("case", NANOMETRES)
def test_nanometres_are_found_wherever_they_are_stated(tmp_path, case):
    path = tmp_path / "swab.txt"
    path.write_text(NANOMETRES[case], encoding="utf-8")
    with pytest.raises(DataError, match="wavelengths in nm, not Raman shift"):
        read_spectra(path)


REFUSED = {
    "commas of two kinds": (rows(",", AXIS, SPECTRA[0], decimal=","), "can't be told apart"),
    "commas of two kinds below names": (
        "Raman shift,Intensity\n" + rows(",", AXIS, SPECTRA[0], decimal=","),
        "can't be told apart",
    ),
    "pixels beside smooth spectra": (
        "Pixel\tA\tB\n" + rows("\t", NUMBERS, *FALLING),
        "pixels of the detector",
    ),
    "a unit between names": ("Energy\tI\neV\ta.u.\n\tswab\n" + rows("\t", EV, SPECTRA[0]), "energies in eV"),
    "an axis of two units of nothing": (rows("\t", EV, SPECTRA[0]), "names no unit"),
    "pixels in German": ("Bildpunkt\tI\n" + TWO, "pixels of the detector"),
    "thomson": ("Th\tI\n" + TWO, "m/z"),
    "kiloelectronvolts": ("Energy (keV)\tI\n" + TWO, "another unit"),
    "wavelengths as a row": (WIDE + ",".join(["nm", *map(str, NM)]) + "\n", "a second header"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_reading_is_refused_with_its_reason(tmp_path, case):
    text, words = REFUSED[case]
    path = tmp_path / "swab.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_spectra(path)


ENTRIES = (
    "Integration time: 10 s|Centre wavelength: 850 nm|Laser (nm): 785|Slit width [µm]: 100|Pixels: 351|Channel\t1|Delay (s): 2|"
    "Title: nm-sized gold|Number of pixels|Excitation wavelength [nm]: 785|Sample: 5 ppm melamine|Param\t3.5|pixel_num: 351|Voltage: 5 V"
)
ENDS = "END|EOF|end of data|---|}|Page 1|Laser: 785 nm|Date and Time:\tMon|>>>>>End<<<<<"
UNIT_ROWS = ("1/cm\ta.u.", "X\tY\n1/cm\ta.u.", "Wellenzahl\tIntensität\n1/cm\ta.u.", "x\ty\n[1/cm]\t[a.u.]")
ONE_SPECTRUM = {
    **{f"above: {entry}": f"Export\n{entry}\n{TWO}" for entry in ENTRIES.split("|")},
    **{f"below: {end}": f"{TWO}{end}\n" for end in ENDS.split("|")},
    **{f"units: {unit}": f"{unit}\n{TWO}" for unit in UNIT_ROWS},
    "many entries": "".join(f"key{k}\t{k}.5\n" for k in range(70)) + "Raman shift\tIntensity\n" + TWO,
    "wavelengths beside shifts": rows("\t", AXIS, NM, SPECTRA[0]),
}


@pytest.mark.parametrize("case", ONE_SPECTRUM)
def test_a_plain_spectrum_is_read_whatever_stands_around_it(tmp_path, case):
    path = tmp_path / "swab.txt"
    path.write_text(ONE_SPECTRUM[case], encoding="utf-8")
    table = read_spectra(path)
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, SPECTRA[:1])


SEVERAL = {
    "a sentence of as many words": ("swab time one\n" + rows(" ", AXIS, *SPECTRA[:2]), ["1", "2"]),
    "seconds": ("Raman Shift (cm-1),0 s,60 s,120 s\n" + rows(",", AXIS, *SPECTRA), ["0 s", "60 s", "120 s"]),
    "lasers": (
        "Raman Shift (cm-1),532 nm,633 nm,785 nm\n" + rows(",", AXIS, *SPECTRA),
        ["532 nm", "633 nm", "785 nm"],
    ),
    "times": ("Raman Shift (cm-1),Time 0,Time 5\n" + rows(",", AXIS, *SPECTRA[:2]), ["Time 0", "Time 5"]),
    "an empty corner before semicolons": (";A;B\n" + rows(";", AXIS, *SPECTRA[:2], decimal=","), ["A", "B"]),
    "pairs with one name": (
        "shift,int,shift,int\n" + rows(",", AXIS, SPECTRA[0], AXIS, SPECTRA[1]),
        ["swab/1", "swab/2"],
    ),
}


@pytest.mark.parametrize("case", SEVERAL)
def test_every_sample_is_a_spectrum_under_its_name(tmp_path, case):
    text, ids = SEVERAL[case]
    path = tmp_path / "swab.txt"
    path.write_text(text, encoding="utf-8")
    table = read_spectra(path)
    assert list(table.sample_id) == ids
    np.testing.assert_array_equal(table.intensity, SPECTRA[: len(ids)])


@pytest.mark.parametrize(
    "name",
    [
        "Dark current",
        "White reference",
        "SG smoothed",
        "err",
        "Noise",
        "Intensity_std",
        "A_std",
        "sd_A",
        "Second derivative",
        "Flag",
    ],
)
def test_what_belongs_to_a_sample_is_no_sample(tmp_path, name):
    path = tmp_path / "swab.txt"
    path.write_text(f"wavenumber\tA\t{name}\n" + rows("\t", AXIS, *SPECTRA[:2]))
    table = read_spectra(path)
    np.testing.assert_array_equal(table.intensity, SPECTRA[:1])
    assert any(f"'{name}'" in note for note in table.notes)
