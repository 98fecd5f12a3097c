"""Text above and below a table is peeled off, noted and searched; nothing that could be a row is lost with it."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra

AXIS = np.arange(380.0, 1822.0, 2.0)
VALUES = np.round(800 + np.random.default_rng(5).normal(0, 4, AXIS.size), 2)
ABOVE = {
    "OceanView": "Data from swab_1.txt Node\n\nDate: Tue Jan 02\nUser: lab\nXAxis mode: Raman Shifts\n>>>>>Begin Spectral Data<<<<<\n",
    "SpectraSuite": "SpectraSuite Data File\n++++++++++++\nDate: Tue\nIntegration Time (usec): 100000 (A)\n>>>>>Begin Processed Spectral Data<<<<<\n",
    "JASCO": "TITLE\tswab\nDATA TYPE\tRAMAN SPECTRUM\nORIGIN\tJASCO\nXUNITS\t1/CM\nNPOINTS\t721\nXYDATA\n",
    "WITec": "//Exported ASCII-File\n[Header]\nGraphName = a\nSizeX = 1\nXAxisUnit = rel. 1/cm\n\n[Data]\nX-Axis{s}Spec 1\nrel. 1/cm{s}CCD cts\n",
    "RRUFF": "##NAMES=Testite\n##RRUFFID=R000000\n##CELL PARAMETERS=a: 4.91, b: 4.9\n##STATUS=synthetic\n",
    "PerkinElmer": "PE IR       SPECTRUM    ASCII\n  -1\nswab.sp\n#HDR\n  -1\n#GR\nCM-1\nCOUNTS\n#DATA\n",
    "percent": "% laser 785\n% 10 s\n",
    "semicolon": "; laser 785\n; 10 s\n",
    "key and value": "Laser{s}785\nOperator{s}lab\n\nsome words\n",
    "StellarNet": '"File: swab.raman, 2 of 3"\n"Int. time:  500 ms"\n"laser 785 nm"\n',
    "Edinburgh": "Labels{s}Swab{s}\nXAxis{s}Raman Shift(/cm){s}\nYAxis{s}Counts{s}\nScan{s}400.00{s}1800.00{s}\n",
    "a hundred lines": "".join(f"Setting {k} = on\n" for k in range(100)),
}
BELOW = {
    "nothing": "",
    "Andor": "\nTemperature (C): -60\nExposure Time (secs): 10\n",
    "end mark": ">>>>>End Spectral Data<<<<<\n",
    "sentence": "\nmeasured by hand, twice\n",
}


def rows(separator, decimal="."):
    """Return the table's rows."""
    return "".join(
        f"{x:.3f}{separator}{v:.2f}\n".replace(".", decimal) for x, v in zip(AXIS, VALUES, strict=True)
    )


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("separator", ["\t", ",", ";", " ", "  "])
@pytest.mark.parametrize("above", ABOVE)
def test_the_table_is_read_and_the_text_noted_with_its_lines(tmp_path, above, separator, below):
    path = tmp_path / "swab.txt"
    path.write_text(ABOVE[above].format(s=separator) + rows(separator) + BELOW[below])
    table = read_spectra(path)
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, [VALUES])
    said = "comment lines up to line 4" if above == "RRUFF" else "are text above the table"
    assert any(said in note for note in table.notes)
    assert any("text below the table" in note for note in table.notes) == (below != "nothing")


@pytest.mark.parametrize(
    "entry",
    [
        "XAxis mode: Wavelengths",
        "XUNITS\tNANOMETERS",
        "XAxisUnit = nm",
        "##XUNITS=nm",
        "X-Achse: Wellenlänge [nm]",
        "Units: nm",
        "nm",
        "Axis Type: Wavelength (nm)",
        "XTitle: Wavelength (nm)",
        "Spectral axis unit: nm",
        "Achse: Wellenlänge in nm",
        "Dispersion axis: wavelength",
        "Horizontal axis: nm",
        "Calibration: nm",
        "Scale = nm",
        "Calibrated in nm",
        "Format: nm, counts",
    ],
)
def test_a_unit_that_the_text_states_outranks_numbers_that_fit(tmp_path, entry):
    path = tmp_path / "swab.txt"
    path.write_text(f"Data from a spectrometer\n{entry}\n>>>>>Begin<<<<<\n" + rows("\t"), encoding="utf-8")
    with pytest.raises(DataError, match="wavelengths in nm, not Raman shift"):
        read_spectra(path)


@pytest.mark.parametrize(
    "entry",
    [
        "Y-axis: Wavelength",
        "Stage axis: 5 nm",
        "Optical axis: 3 µm",
        "X (µm)=12.5",
        "Slit: µm",
        "Laser unit: nm",
        "Filter: 785 nm",
        "Stage position: um",
    ],
)
def test_text_about_another_axis_says_nothing_of_the_spectrums(tmp_path, entry):
    path = tmp_path / "swab.txt"
    path.write_text(f"Data from a spectrometer\n{entry}\n>>>>>Begin<<<<<\n" + rows("\t"), encoding="utf-8")
    np.testing.assert_array_equal(read_spectra(path).wavenumber, AXIS)


@pytest.mark.parametrize("unit", ["_cm-1", "/cm", " cm?1", " cm¯1", " cm⁻¹"])
def test_a_unit_behind_each_wavenumber_is_left_out_however_it_is_spelled(tmp_path, unit):
    path = tmp_path / "wide.csv"
    names = ",".join(f"{x:g}{unit}" for x in AXIS)
    path.write_text(f"sample_id,dose_10_s,{names}\na,1,{','.join(map(str, VALUES))}\n", encoding="utf-8")
    table = read_spectra(path)
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    assert set(table.metadata) == {"dose_10_s"}


def test_text_and_header_that_state_two_units_are_refused_by_both(tmp_path):
    path = tmp_path / "swab.txt"
    path.write_text("Export\nXUNITS = nm\n[Data]\nRaman shift (cm-1)\tCounts\n" + rows("\t"))
    with pytest.raises(DataError, match=r"says both 'Raman shift \(cm-1\)' and 'XUNITS = nm'"):
        read_spectra(path)


@pytest.mark.parametrize("kind", ["INFRARED SPECTRUM", "FTIR", "UV-Vis", "Fluorescence"])
def test_another_method_is_refused_by_the_files_own_words(tmp_path, kind):
    path = tmp_path / "swab.txt"
    path.write_text(f"TITLE\tfilm\nDATA TYPE\t{kind}\nXYDATA\n" + rows("\t"))
    with pytest.raises(DataError, match="holds no Raman spectrum"):
        read_spectra(path)


def test_laser_exposure_and_instrument_become_columns(tmp_path):
    path = tmp_path / "swab.txt"
    path.write_text(
        "Instrument: inVia\nLaser wavelength: 785.0 nm\nIntegration time (ms): 400\n[Data]\n" + rows("\t")
    )
    metadata = read_spectra(path).metadata
    assert {name: column[0] for name, column in metadata.items()} == {
        "instrument": "inVia",
        "laser_nm": "785",
        "exposure_s": "0.4",
    }


FURTHER_ROWS = {
    "a second spectrum": (rows("\t") + "\nsecond spectrum\n" + rows("\t"), 723),
    "a small table below": (rows("\t") + "\nCalibration\n1 2\n3 4\n", 723),
    "a small table above": ("Coefficients\n1 2 3\n4 5 6\n[Data]\n" + rows("\t"), 2),
    "one more row": (rows("\t") + ">>>>>End<<<<<\n1822.0\t5\n", 722),
}


@pytest.mark.parametrize("case", FURTHER_ROWS)
def test_further_rows_of_numbers_are_refused_by_line_and_never_skipped(tmp_path, case):
    text, line = FURTHER_ROWS[case]
    path = tmp_path / "swab.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=f"line {line}: "):
        read_spectra(path)


def test_a_row_cut_short_at_the_end_of_a_wide_table_is_no_text(tmp_path):
    path = tmp_path / "swabs.csv"
    header = ",".join(["sample_id", *map(str, AXIS)])
    path.write_text(f"{header}\nS1,{','.join(map(str, VALUES))}\n\nS2,800")
    with pytest.raises(DataError, match="line 4"):
        read_spectra(path)


def test_a_wide_table_has_text_around_it_too(tmp_path):
    path = tmp_path / "swabs.csv"
    header = ",".join(["sample_id", *map(str, AXIS)])
    table = f"{header}\nS1,{','.join(map(str, VALUES))}\nS2,{','.join(map(str, VALUES + 1))}\n"
    path.write_text(f"Exported by hand\nLaser, 785 nm\n\n{table}\nend of the export\n")
    assert list(read_spectra(path).sample_id) == ["S1", "S2"]


def test_a_row_of_units_may_leave_the_last_out_and_a_sample_beside_its_dark_is_one(tmp_path):
    path = tmp_path / "swab.txt"
    rows = "".join(
        f"{x:.2f};{v:.2f};1,0;2,0;{2 * v:.2f}\n".replace(".", ",") for x, v in zip(AXIS, VALUES, strict=True)
    )
    names = "Shift  ;Sample  ;Dark     ;Reference;Scope\n[cm-1] ;[counts] ;[counts] ;[counts]\n\n"
    path.write_text(f"Integration time: 0,50 ms\nAverage: 3 scans\n{names}{rows}")
    with pytest.raises(DataError, match=r"Sample, Scope are one sample in several states.*--intensity"):
        read_spectra(path)
    table = read_spectra(path, ReadOptions(intensity=("Scope",)))
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, [2 * VALUES])


def test_axis_and_intensities_in_two_files_are_one_spectrum(tmp_path):
    axis, counts = tmp_path / "a (X-Axis).txt", tmp_path / "a (Y-Axis).txt"
    axis.write_text("[Header]\nXAxisUnit = rel. 1/cm\n[Data]\n" + "".join(f"{x:.5E}\n" for x in AXIS))
    counts.write_text("".join(f"{v}\n" for v in VALUES))
    for order in ([axis, counts], [counts, axis]):
        table = read_spectra(order)
        np.testing.assert_array_equal(table.wavenumber, AXIS)
        np.testing.assert_array_equal(table.intensity, [VALUES])
    counts.write_text("".join(f"{v}\n" for v in VALUES[:-1]))
    with pytest.raises(DataError, match="721 points of the axis for 720 rows"):
        read_spectra([axis, counts])
    with pytest.raises(DataError, match="both hold an axis alone"):
        read_spectra([axis, axis])
