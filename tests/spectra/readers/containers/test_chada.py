"""ramanchada2's files: the measured spectra are read, later states of them are named and left."""

import gzip

import h5py
import numpy as np
import pytest

from formats.nexus import SHIFTS, SPECTRA, chada, hdf5, pair
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.text.text_file import read_one_spectrum

LABELLED = {"xlabel": "Raman shift [cm-1]", "laser_wavelength": 785}


def test_the_measured_spectrum_is_read_and_its_later_states_are_noted(write):
    table = read_spectra(write(chada(LABELLED, raw=pair(), normalized=pair() / 2), "serum.cha"))
    np.testing.assert_array_equal(table.intensity, SPECTRA[:1])
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    assert table.metadata["laser_nm"][0] == "785"
    assert any("not read: /normalized" in note for note in table.notes)


def test_several_measured_spectra_are_named_by_their_paths(write):
    table = read_spectra(write(chada(LABELLED, a__raw=pair(0), b__raw=pair(1)), "serum.cha"))
    np.testing.assert_array_equal(table.intensity, SPECTRA[:2])
    assert list(table.metadata["title"]) == ["a", "b"]


def test_an_only_dataset_needs_no_name(write):
    assert len(read_spectra(write(chada(LABELLED, spectrum=pair()), "serum.cha"))) == 1


def test_it_may_stand_among_several_files(write):
    assert len(read_one_spectrum(write(chada(LABELLED, raw=pair()), "serum.cha"))) == 1


def test_an_axis_without_a_unit_is_noted_and_one_in_another_unit_refused(write):
    notes = read_spectra(write(chada(raw=pair()), "serum.cha")).notes
    assert any("does not name the unit" in note for note in notes)
    with pytest.raises(DataError, match="nm"):
        read_spectra(write(chada({"xlabel": "Wavelength [nm]"}, raw=pair()), "nm.cha"))


def test_states_without_a_measured_one_are_refused_by_their_paths(write):
    with pytest.raises(DataError, match="/a, /b"):
        read_spectra(write(chada(a=pair(), b=pair(1)), "serum.cha"))


def test_a_first_row_that_is_no_axis_is_refused(write):
    with pytest.raises(DataError, match="no axis"):
        read_spectra(write(chada(raw=SPECTRA[:2]), "serum.cha"))


def test_groups_that_lead_in_a_circle_are_walked_once(write):
    def circle(file):
        file["a/raw"] = pair()
        file["a/again"] = file["a"]

    assert len(read_spectra(write(hdf5(circle), "serum.cha"))) == 1


def test_a_table_of_this_package_is_not_one_of_several_files(write):
    def ours(file: h5py.File) -> None:
        file.attrs["format"] = "spectra-dl spectra"
        file["intensity"] = pair()

    with pytest.raises(DataError, match="read by itself"):
        read_one_spectrum(write(hdf5(ours), "s.h5"))


def test_a_compressed_file_is_refused_with_what_to_do(write):
    with pytest.raises(DataError, match="compressed with gzip; decompress"):
        read_spectra(write(gzip.compress(chada(LABELLED, raw=pair())), "serum.cha.gz"))
