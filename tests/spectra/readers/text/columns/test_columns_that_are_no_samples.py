"""Of the columns of a table only samples are spectra, on the axis that is named."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import ReadOptions, read_spectra

AXIS = np.arange(380.0, 1822.0, 2.0)
DRAW = np.random.default_rng(3)
RAW, SECOND, THIRD = (np.round(800 + DRAW.normal(0, 4, AXIS.size), 2) for _ in range(3))
DARK = np.round(300 + DRAW.normal(0, 1, AXIS.size), 2)
ROWS = np.arange(AXIS.size)


def written(tmp_path, header, columns, separator=","):
    """Write a table with these columns and return its path."""
    path = tmp_path / "swab.csv"
    lines = [separator.join(map(str, header))] if header else []
    lines += [separator.join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(tmp_path, header, columns, **options):
    """Read a table with these columns."""
    return read_spectra(written(tmp_path, header, columns), ReadOptions(**options))


ASIDE = (
    "Dark|dark counts|Dark spectrum|Reference|Ref|Background|Bkg|Baseline|base line|std|SD|St.Dev.|error|±SD|Dunkel|Untergrund|"
    "Standardabweichung|基线|Smoothed|Processed|mean|Pixel"
)


@pytest.mark.parametrize("name", ASIDE.split("|"))
def test_a_column_that_is_no_sample_by_its_whole_name_is_left_out_with_a_note(tmp_path, name):
    table = read(tmp_path, ["Raman shift (cm-1)", "swab 3", name], [AXIS, RAW, DARK])
    assert table.intensity.shape == (1, AXIS.size)
    np.testing.assert_array_equal(table.intensity[0], RAW)
    assert any(f"'{name}'" in note and "--intensity" in note for note in table.notes)


@pytest.mark.parametrize(
    "name",
    ["Dark chocolate", "Reference 12", "means", "Baseline visit", "Background noise 3", "errors in S1"],
)
def test_a_longer_name_is_a_samples(tmp_path, name):
    assert list(read(tmp_path, ["wavenumber", "S1", name], [AXIS, RAW, SECOND]).sample_id) == ["S1", name]


def test_the_user_chooses_what_names_leave_out(tmp_path):
    header, columns = ["wavenumber", "S1", "Dark", "S2"], [AXIS, RAW, DARK, SECOND]
    assert list(read(tmp_path, header, columns).sample_id) == ["S1", "S2"]
    chosen = read(tmp_path, header, columns, intensity=("Dark",))
    np.testing.assert_array_equal(chosen.intensity, [DARK])
    with pytest.raises(DataError, match="no column of intensities 'dark2'"):
        read(tmp_path, header, columns, intensity=("dark2",))


def test_the_processed_column_is_the_spectrum_where_it_is_raw_less_dark(tmp_path):
    header = ["Pixel", "Wavelength", "Wavenumber", "Processed", "Raw", "Dark"]
    columns = [ROWS, 1e7 / (1e7 / 785 - AXIS), AXIS, np.round(RAW - DARK, 2), RAW, DARK]
    table = read(tmp_path, header, columns)
    np.testing.assert_allclose(table.intensity[0], RAW - DARK, atol=0.006)
    np.testing.assert_array_equal(table.wavenumber, AXIS)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Raw", "Processed"], "Raw, Processed"),
        (["mean", "median"], "mean, median"),
        (["Dark", "Reference"], "Dark, Reference"),
    ],
)
def test_states_of_one_sample_or_none_are_refused_by_name_with_the_option(tmp_path, names, said):
    with pytest.raises(DataError, match="--intensity COLUMN") as refusal:
        read(tmp_path, ["wavenumber", *names], [AXIS, RAW, SECOND])
    assert said in str(refusal.value)


def test_a_mean_alone_is_the_spectrum(tmp_path):
    table = read(tmp_path, ["wavenumber", "mean", "std"], [AXIS, RAW, DARK])
    np.testing.assert_array_equal(table.intensity, [RAW])
    assert list(table.sample_id) == ["swab"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["", "wavenumber", "intensity"], [ROWS, AXIS, RAW]),
        (["", "Wavenumber", "name", "Intensity"], [ROWS + 1, AXIS, ["swab 3"] * AXIS.size, RAW]),
        (
            ["Pixel", "Wavelength (nm)", "Raman shift (cm-1)", "Intensity"],
            [ROWS, 1e7 / (1e7 / 785 - AXIS), AXIS, RAW],
        ),
        (["Intensity", "Raman shift"], [RAW, AXIS]),
        (["no", "Intensity", "Raman shift"], [ROWS, RAW, AXIS]),
        (["x", "Intensity", "t"], [AXIS, RAW, ROWS / 2]),
        (["Raman shift", "Raman shift", "Intensity"], [AXIS, AXIS, RAW]),
        (None, [ROWS, AXIS, RAW]),
        (None, [RAW, AXIS]),
    ],
)
def test_the_axis_is_the_column_that_names_it_or_the_first_that_can_be_one(tmp_path, header, columns):
    table = read(tmp_path, header, columns)
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, [RAW])


def test_smooth_fluorescence_is_a_spectrum_and_a_straight_line_is_none(tmp_path):
    smooth = np.round(9000 * np.exp(-AXIS / 900), 6)
    assert len(read(tmp_path, ["wavenumber", "S1", "S2"], [AXIS, RAW, smooth])) == 2
    with pytest.raises(DataError, match="is an axis or row numbers itself"):
        read(tmp_path, ["wavenumber", "Intensity"], [AXIS, 3 * AXIS + 7])


def test_text_that_changes_between_the_points_is_refused_by_its_column(tmp_path):
    texts = [f"point {k}" for k in ROWS]
    with pytest.raises(DataError, match=r"column 2 \('comment'\) holds text that changes"):
        read(tmp_path, ["wavenumber", "comment", "Intensity"], [AXIS, texts, RAW])


def test_one_column_is_refused_with_what_is_missing(tmp_path):
    for header, values, missing in (
        ([], AXIS, "intensities are"),
        ([], RAW, "wavenumbers"),
        (["Intensity"], RAW, "wavenumbers"),
    ):
        with pytest.raises(DataError, match="one column only") as refusal:
            read(tmp_path, header, [values])
        assert missing in str(refusal.value)


@pytest.mark.parametrize("name", ["Dark", "mean", "STD", "Background"])
def test_a_row_that_is_no_sample_by_its_name_is_refused_by_its_line(tmp_path, name):
    header = ["sample_id", *AXIS]
    rows = [["S1", *RAW], [name, *SECOND], ["S2", *THIRD]]
    with pytest.raises(DataError, match=f"line 3: '{name}' is no sample by its name"):
        read(tmp_path, header, list(zip(*rows, strict=True)))
    with_patient = [[row[0], "P7", *row[1:]] for row in rows]
    table = read(tmp_path, ["sample_id", "patient", *AXIS], list(zip(*with_patient, strict=True)))
    assert len(table) == 3


def test_absorbance_is_noted(tmp_path):
    table = read(tmp_path, ["Wavenumber (cm-1)", "Absorbance"], [AXIS, RAW])
    assert any("'Absorbance'" in note for note in table.notes)
