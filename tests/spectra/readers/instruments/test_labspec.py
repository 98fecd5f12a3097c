"""LabSpec text: real spectra against a plain reading of their two columns, series and maps as the program writes them."""

import numpy as np
import pytest

from example_text import COUNTS, SHIFTS, labspec_file
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        (
            "532nm-191216-Si_200mu",
            {"laser_nm": "532", "exposure_s": "1", "title": "HB003-_4", "z_um": "-0.55"},
        ),
        ("SMC1-Initial_RT", {"laser_nm": "532", "exposure_s": "120", "title": "D_1", "x_um": "-1.8"}),
    ],
)
def test_a_real_spectrum_has_its_values_and_what_its_header_says(name, metadata, instruments):
    path = instruments / "horiba_labspec" / f"{name}.txt"
    table = read_spectra(path)
    reference = np.genfromtxt(path, encoding="latin-1", comments="#")
    np.testing.assert_array_equal(table.wavenumber, reference[:, 0])
    np.testing.assert_array_equal(table.intensity[0], reference[:, 1])
    assert metadata.items() <= {column: text[0] for column, text in table.metadata.items()}.items()
    assert table.metadata["instrument"][0] == "LabRAM HR Evol"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_a_single_spectrum_is_read_in_any_encoding(encoding, read):
    table = read(labspec_file(0).encode(encoding, "replace"))
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    np.testing.assert_array_equal(table.intensity, COUNTS[:1])
    assert table.metadata["x_um"][0] == "-1.8"


@pytest.mark.parametrize("end", ["", "\t"])
def test_a_map_keeps_x_and_y(end, read):
    table = read(labspec_file(2, end=end))
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    np.testing.assert_array_equal(table.intensity, COUNTS)
    assert list(table.metadata["x_um"]) == ["0", "1.5", "3"]
    assert list(table.metadata["y_um"]) == ["0", "-2", "-4"]
    assert set(table.metadata["exposure_s"]) == {"120"}
    assert any("taken as x and y" in note for note in table.notes)


def test_a_series_keeps_its_place(read):
    table = read(labspec_file(1))
    np.testing.assert_array_equal(table.intensity, COUNTS)
    assert list(table.metadata["series"]) == ["0", "1.5", "3"]
    assert "x_um" not in table.metadata


def test_a_title_can_be_the_patient(write):
    table = read_spectra(write(labspec_file(1), "s.txt"), ReadOptions(patient="title"))
    assert set(table.patient) == {"D_1"}


@pytest.mark.parametrize("unit", ["nm", "eV"])
def test_an_axis_in_another_unit_is_refused(unit, read):
    with pytest.raises(DataError, match=f"'{unit}'"):
        read(labspec_file(0, **{"AxisUnit[1]": unit}))


def test_a_spectrometer_set_in_nm_is_refused(read):
    with pytest.raises(DataError, match=r"give --laser NM .*; the file names 532"):
        read(labspec_file(0).replace("Spectro (cm-¹)", "Spectro (nm)"))


def test_a_spectrometer_set_in_nm_is_converted_with_the_files_laser_and_no_other(tmp_path):
    path = tmp_path / "swab.txt"
    shifts = np.linspace(400, 1800, 60)
    rows = "".join(f"{1e7 / (1e7 / 532 - x):.8f}\t{100 + k % 7}\n" for k, x in enumerate(shifts))
    path.write_text(f"#Acq. time (s)=\t10\n#Laser=\t532nm\n#AxisUnit[1]=\tnm\n{rows}")
    table = read_spectra(path, ReadOptions(laser_nm=532))
    np.testing.assert_allclose(table.wavenumber, shifts, atol=1e-3)
    assert any("converted from wavelengths in nm" in note for note in table.notes)
    with pytest.raises(DataError, match="a laser of 532 nm, and --laser 785"):
        read_spectra(path, ReadOptions(laser_nm=785))


def broken(old, new, leading=2):
    content = labspec_file(leading)
    assert old in content
    return content.replace(old, new, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (labspec_file(0)[: labspec_file(0).index("410")], "without a spectrum"),
        (labspec_file(2)[: labspec_file(2).index("0.0\t")], "no spectrum below it"),
        (labspec_file(2)[:-30], "line 12: .* cells where"),
        (broken("\t\t410", "\t\t\t410"), "3 empty cells"),
        (broken("481.282", "here"), "line 9: 'here' is not a number"),
        (broken("445.641\t", "445.641\t1\t", leading=0), "line 10: 3 cells where the lines above have 2"),
        (broken("445.641", "410.0", leading=2), "duplicate wavenumber 410"),
    ],
)
def test_text_that_is_not_whole_is_refused_with_its_place(content, words, read):
    with pytest.raises(DataError, match=words):
        read(content)
