"""JCAMP-DX: each way of squeezing numbers, and what is not whole is refused with its line."""

import numpy as np
import pytest

from made_instrument_files import jcamp
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra

VALUES = [100, 101, 103, 103, 103, 103, 90, -5, -16, 0, 7, 1200, 1200, 33]


@pytest.fixture
def written(tmp_path):
    """Write a file and return its path."""

    def write(text):
        path = tmp_path / "serum.dx"
        path.write_text(text)
        return path

    return write


FORMS = {
    "plain": ["400 100 101 103 103 103 103 90", "1100 -5 -16 0 7 1200 1200 33"],
    "packed": ["400+100+101+103+103+103+103+90", "1100-5-16+0+7+1200+1200+33"],
    "squeezed, repeated": ["400A00A01A03VI0", "1100e", "1200a6@GA200TC3"],
}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_come_back_however_they_are_squeezed(written, form):
    found = read_spectra(written(jcamp(FORMS[form])))
    assert found.intensity[0].tolist() == VALUES
    np.testing.assert_allclose(found.wavenumber, np.linspace(400, 1700, len(VALUES)))


def test_differences_add_up_and_the_next_line_checks_the_last(written):
    # 100, +1, +2, +0 and that step three times in all, -13; the next line starts with the last value again: 90, +95, -11.
    found = read_spectra(written(jcamp(["400A00JK%Uj3", "1000I0R5j1"], points=9)))
    assert found.intensity[0].tolist() == [100, 101, 103, 103, 103, 103, 90, 185, 174]


def test_a_line_that_does_not_go_on_where_the_last_one_ended_is_refused(written):
    with pytest.raises(DataError, match=r"line 13: it starts with 95\.0, the line before ended with 103"):
        read_spectra(written(jcamp(["400A00JK", "1000I5J"], points=4)))


def test_pairs_are_taken_as_they_stand(written):
    pairs = [f"{400 + 100 * k}, {value};" for k, value in enumerate(VALUES)]
    found = read_spectra(written(jcamp(pairs, form="XYPOINTS=(XY..XY)")))
    assert found.intensity[0].tolist() == VALUES


def test_factors_are_applied(written):
    text = jcamp(FORMS["plain"]).replace("##YFACTOR=1", "##YFACTOR=0.5")
    assert read_spectra(written(text)).intensity[0].tolist() == [value / 2 for value in VALUES]


BROKEN = {
    "3 of 701 points": (jcamp(["400 1 2 3"], points=701), "3 of 701 points"),
    "more points than said": (jcamp(FORMS["plain"], points=5), "more than the 5 points"),
    "2 000 000 000 points": (jcamp(FORMS["plain"], points=2 * 10**9), "claims 2000000000 points"),
    "a million repeats": (jcamp(["400A00S999999999"]), "line 12: 'S999999999' can't be read"),
    "letters": (jcamp(["400 100 abc?"]), "line 12"),
    "an x without y": (jcamp(["400, 1, 500"], form="XYDATA=(XY..XY)"), "an x without its y"),
    "nanometres": (jcamp(FORMS["plain"]).replace("1/CM", "NANOMETERS"), "in NANOMETERS"),
    "two blocks": (jcamp(FORMS["plain"], more=["##BLOCKS=2"]), "several blocks"),
    "tuples": (jcamp(FORMS["plain"], more=["##NTUPLES=X"]), "several blocks or pages"),
    "peaks": (jcamp(["400, 1"], form="PEAKTABLE=(XY..XY)"), "PEAKTABLE"),
    "no data": ("##TITLE=x\n##NPOINTS=3\n##END=\n", "no XYDATA"),
    "no number of points": (jcamp(FORMS["plain"]).replace("##NPOINTS=14\n", ""), "NPOINTS is ''"),
    "an infinite factor": (jcamp(FORMS["plain"]).replace("##YFACTOR=1", "##YFACTOR=1e999"), "YFACTOR"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_not_whole_is_refused_with_its_place(written, fault):
    text, said = BROKEN[fault]
    with pytest.raises(DataError, match=said) as refusal:
        read_spectra(written(text))
    assert str(refusal.value).startswith("serum.dx")
    assert len(str(refusal.value)) <= 500


def test_a_real_file_has_the_points_it_says(shared_data):
    found = read_spectra(shared_data / "raman/instruments/jcamp_dx/tannic_acid.jdx")
    assert found.intensity.shape == (1, 1949)
    assert found.wavenumber[[0, -1]].tolist() == [100.595, 2854.713]
    assert found.intensity[0, :2].tolist() == [42.644, 44.511]
