"""JCAMP-DX: the worked example of the compressed forms, a real file against the reference reader, and broken tables."""

import jcamp
import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

# The ten ordinates of McDonald and Wilks 1988 in every form, and ten more from the last one back.
ORDINATES = [1, 2, 3, 3, 2, 1, 0, -1, -2, -3, -2, -1, 0, 1, 2, 3, 3, 2, 1, 0]
FORMS = {
    "AFFN": ("400 1 2 3 3 2 1 0 -1 -2 -3", "500 -2 -1 0 1 2 3 3 2 1 0"),
    "PAC": ("400+1+2+3+3+2+1+0-1-2-3", "500-2-1+0+1+2+3+3+2+1+0"),
    "SQZ": ("400ABCCBA@abc", "500ba@ABCCBA@"),
    "DIF": ("400AJJ%jjjjjj", "490cJJJJJJ%jjj"),
    "DIF and DUP": ("400AJJ%jX", "490cJX%jU"),
    "SQZ and DUP": ("400ABCTBA@abc", "500ba@ABCTBA@"),
    "blanks between": ("400 A B C C B A @ a b c", "500 b a @ A B C C B A @"),
}


def jcamp_text(*table, form="(X++(Y..Y))", name="XYDATA", **labels):
    header = {
        "TITLE": "a powder",
        "JCAMP-DX": "4.24",
        "DATA TYPE": "RAMAN SPECTRUM",
        "XUNITS": "1/CM",
        "YUNITS": "COUNTS",
        "FIRSTX": "400",
        "LASTX": "590",
        "XFACTOR": "1",
        "YFACTOR": "1",
        "NPOINTS": "20",
        **{key.replace("_", " "): value for key, value in labels.items()},
    }
    lines = [f"##{key}={value}" for key, value in header.items() if value is not None]
    return "\n".join([*lines, f"##{name}={form}", *table, "##END=", ""])


def test_the_real_file_has_the_values_of_the_reference_reader(instruments):
    path = instruments / "jcamp_dx" / "tannic_acid.jdx"
    table = read_spectra(path)
    reference = jcamp.readfile(str(path))
    np.testing.assert_array_equal(table.wavenumber, reference["x"])
    np.testing.assert_array_equal(table.intensity[0], reference["y"])
    assert table.metadata["instrument"][0] == "Ocean Optics R2000"
    assert table.metadata["measured_at"][0] == "2000/10/04 14:47"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_worked_example_is_read(form, read):
    table = read(jcamp_text(*FORMS[form], YFACTOR="0.5"))
    np.testing.assert_array_equal(table.intensity[0], np.array(ORDINATES) * 0.5)
    np.testing.assert_allclose(table.wavenumber, np.linspace(400, 590, 20))


def test_lines_that_end_with_a_difference_are_checked_by_the_next_one(read):
    table = read(jcamp_text("400AJJ%j", "440Bjjjj", "480bj", "490cJJJJJJ%jjj"))
    np.testing.assert_array_equal(table.intensity[0], ORDINATES)
    with pytest.raises(DataError, match="line 13: the check fails"):
        read(jcamp_text("400AJJ%j", "440Cjjjj", "480bj", "490cJJJJJJ%jjj"))


def test_a_difference_may_be_repeated_more_than_nine_times(read):
    table = read(jcamp_text("400AJT0", NPOINTS="21", LASTX="600"))
    np.testing.assert_array_equal(table.intensity[0], np.arange(1, 22))


MORE_PAIRS = [(460 + 10 * k, k) for k in range(16)]


@pytest.mark.parametrize("name", ["XYDATA", "XYPOINTS"])
@pytest.mark.parametrize(
    "table",
    [
        ["400,1; 410,2", "420,3; 450,4.5", "; ".join(f"{x},{y}" for x, y in MORE_PAIRS)],
        ["400 1 410 2 420 3 450 4.5 " + " ".join(f"{x} {y}" for x, y in MORE_PAIRS)],
    ],
)
def test_pairs_are_read_whatever_separates_them(name, table, read):
    spectrum = read(jcamp_text(*table, form="(XY..XY)", name=name, NPOINTS="20", LASTX=None))
    np.testing.assert_array_equal(spectrum.wavenumber, [400, 410, 420, 450, *(x for x, _ in MORE_PAIRS)])
    np.testing.assert_array_equal(spectrum.intensity[0], [1, 2, 3, 4.5, *(y for _, y in MORE_PAIRS)])


def test_exponents_comments_and_missing_ordinates_are_understood(read):
    table = read(
        jcamp_text("400 1.5E+02 ? 3 $$ a comment", "$$ another", "430 4e1 5 6 7 8 9 10", "500" + " 11" * 10)
    )
    np.testing.assert_array_equal(table.intensity[0], [150, np.nan, 3, 40, 5, 6, 7, 8, 9, 10, *[11] * 10])


def test_an_axis_that_runs_downwards_is_turned_round(read):
    table = read(jcamp_text("590 " + " ".join("1234567890" * 2), FIRSTX="590", LASTX="400"))
    assert table.intensity[0][0] == 0
    assert any("downwards" in note for note in table.notes)


def test_laser_title_and_date_become_columns(read):
    table = read(
        jcamp_text(*FORMS["SQZ"], **{"$LASER WAVELENGTH": "785.2 nm", "LONGDATE": "2024/02/29 13:45"})
    )
    assert {name: values[0] for name, values in table.metadata.items()} == {
        "laser_nm": "785.2",
        "title": "a powder",
        "measured_at": "2024/02/29 13:45",
    }


def test_what_the_file_does_not_state_is_noted(read):
    table = read(jcamp_text(*FORMS["SQZ"], XUNITS=None, DATA_TYPE=None))
    assert any("kind of spectrum and the unit of its axis" in note for note in table.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (jcamp_text("400 1 2 3", NPOINTS="701"), "3 of 701 points"),
        (jcamp_text("400 1", "410 2", "420 3", NPOINTS="2000000000"), "3 of 2e"),
        (jcamp_text(*FORMS["SQZ"], NPOINTS=None), "no ##NPOINTS"),
        (jcamp_text(*FORMS["SQZ"], NPOINTS="1e400"), "not a number"),
        (jcamp_text(*FORMS["SQZ"], FIRSTX=None), "FIRSTX, LASTX"),
        (jcamp_text(*FORMS["SQZ"], YFACTOR="0"), "can't scale"),
        (jcamp_text(*FORMS["SQZ"], XUNITS="NANOMETERS"), "nm, not Raman shift"),
        (jcamp_text(*FORMS["SQZ"], XUNITS="SECONDS"), "'SECONDS'"),
        (jcamp_text(*FORMS["SQZ"], DATA_TYPE="INFRARED SPECTRUM"), "no Raman spectrum"),
        (jcamp_text(*FORMS["SQZ"], form="(T2+(U..U))"), "a table of the form"),
        (jcamp_text(*FORMS["SQZ"], name="NTUPLES"), "no single spectrum"),
        (jcamp_text(*FORMS["SQZ"]) + jcamp_text(*FORMS["SQZ"]), "several spectra"),
        (jcamp_text("##TITLE=another", *FORMS["SQZ"]), "several spectra"),
        (jcamp_text(*FORMS["SQZ"]).replace("##END=", ""), "no ##END"),
        (jcamp_text("400ABC", "900CBA@abc", NPOINTS="10", LASTX="490"), "begins at 900"),
        (jcamp_text("400ABC!!A@abc"), "'!!A@abc'"),
        (jcamp_text("400 1 2 3x3 2 1 0 -1 -2 -3"), "'x3 2 1 0 -1 -2 -3'"),
        (jcamp_text("400J"), "'J'"),
        (jcamp_text("400A" + "Z9999"), "at most 65536"),
        (jcamp_text("400A" + "1" * 99), "no number"),
        (jcamp_text("400,1;410", form="(XY..XY)", NPOINTS="2"), "without its pair"),
        ("##TITLE=x\n##NPOINTS=701\n", "no table of a spectrum"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_with_what_is_wrong(text, words, read):
    with pytest.raises(DataError, match=words):
        read(text)


@pytest.mark.parametrize(
    ("quantity", "name"), [("ABSORBANCE", "absorbance"), ("% TRANSMITTANCE", "transmittance")]
)
def test_an_infrared_quantity_of_a_raman_spectrum_is_a_note(quantity, name, read):
    table = read(jcamp_text(*np.atleast_1d(FORMS["AFFN"]), YUNITS=quantity))
    assert any(f"calls its intensities {name}" in note for note in table.notes)


def test_an_infrared_quantity_without_a_kind_of_spectrum_is_refused(read):
    with pytest.raises(DataError, match="intensities transmittance"):
        read(jcamp_text(*np.atleast_1d(FORMS["AFFN"]), YUNITS="TRANSMITTANCE", DATA_TYPE=None))
