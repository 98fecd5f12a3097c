"""MATLAB files of both versions: one table with its axis is read to the last digit, what is ambiguous is refused by its names."""

import struct
import zlib

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.matlab import SHIFTS, SPECTRA, NewFile, column, dataset, new, old
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.spectra.readers import ReadOptions, read_spectra

BOTH = pytest.mark.parametrize("save", [old, new])


@BOTH
@pytest.mark.parametrize("name", ["wavenumber", "RamanShift", "x_axis", "wn", "ax"])
@pytest.mark.parametrize("across", [False, True])
def test_one_matrix_and_the_vector_that_fits_it_are_spectra_and_axis(save, name, across, write):
    table = read_spectra(write(save(X=SPECTRA.T if across else SPECTRA, **{name: SHIFTS}), "serum.mat"))
    np.testing.assert_array_equal(table.intensity, SPECTRA)
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    assert list(table.sample_id)[:2] == ["serum/1", "serum/2"]
    assert any(f"'{name}' was taken as the Raman shift" in note for note in table.notes)


@BOTH
def test_what_has_a_value_for_each_spectrum_becomes_a_column(save, write):
    content = save(
        X=SPECTRA,
        shift=SHIFTS,
        patient=np.array(["a", "a", "bb", "bb", "c", "c"]),
        label=np.array(["x", "y", "x", "y", "x", "y"], dtype=object).reshape(6, 1),
        age=np.array([[40.5, 41, 42, 50, 51, 52]]),
        laser=np.array([[785.0]]),
    )
    table = read_spectra(write(content, "serum.mat"))
    assert list(table.patient) == ["a", "a", "bb", "bb", "c", "c"]
    assert list(table.label) == ["x", "y"] * 3
    assert list(table.metadata["age"]) == ["40.5", "41", "42", "50", "51", "52"]
    assert any("not read: laser" in note for note in table.notes)


@BOTH
def test_a_short_rising_vector_is_no_axis(save, write):
    table = read_spectra(write(save(X=SPECTRA, ax=SHIFTS, dose=np.arange(6.0)), "serum.mat"))
    assert list(table.metadata["dose"]) == ["0", "1", "2", "3", "4", "5"]


@BOTH
def test_a_single_spectrum_is_two_vectors(save, write):
    table = read_spectra(write(save(y=SPECTRA[0], x=SHIFTS), "one.mat"))
    np.testing.assert_array_equal(table.intensity, SPECTRA[:1])
    assert list(table.sample_id) == ["one"]


@BOTH
def test_a_matrix_whose_first_column_is_the_axis_is_read_with_a_note(save, write):
    for matrix in (np.column_stack([SHIFTS, SPECTRA.T]), np.vstack([SHIFTS, SPECTRA])):
        table = read_spectra(write(save(M=matrix), "serum.mat"))
        np.testing.assert_array_equal(table.intensity, SPECTRA)
        assert any("of 'M' was taken as the Raman shift" in note for note in table.notes)


@BOTH
def test_a_cube_is_unfolded_and_says_where_each_spectrum_was(save, write):
    cube = np.random.default_rng(0).normal(size=(2, 3, 40))
    table = read_spectra(write(save(map=cube, shift=SHIFTS), "map.mat"))
    places = [
        (int(r) - 1, int(c) - 1)
        for r, c in zip(table.metadata["map_row"], table.metadata["map_column"], strict=True)
    ]
    np.testing.assert_array_equal(table.intensity, [cube[place] for place in places])
    assert len(set(places)) == 6


@BOTH
def test_a_dataset_of_pls_toolbox_is_read_with_labels_and_classes(save, write):
    table = read_spectra(write(save(serum=dataset()), "serum.mat"), ReadOptions(label="class"))
    np.testing.assert_array_equal(table.intensity, SPECTRA)
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    assert list(table.sample_id) == [f"S{k}" for k in range(6)]
    assert list(table.label) == ["1", "1", "2", "2", "0", "1"]
    assert table.metadata["title"][0] == "serum"


@BOTH
def test_the_pixels_of_a_witec_image_keep_their_places(save, write):
    scales = column(np.array([[0.0, 0.5, 1.0]]), np.array([[10.0, 12.0]]))
    fields = dataset(
        label=column("", ""),
        imagesize=np.array([[3.0, 2.0]]),
        imageaxisscale=scales,
        imageaxisscalename=column("µm", "µm"),
    )
    table = read_spectra(write(save(scan=fields), "scan.mat"))
    assert list(table.metadata["x_um"]) == ["0", "0.5", "1"] * 2
    assert list(table.metadata["y_um"]) == ["10"] * 3 + ["12"] * 3


@BOTH
@pytest.mark.parametrize("name", ["Wavelength (nm)", "nm", "Pixels", "Energy (eV)"])
def test_a_dataset_whose_scale_names_another_unit_is_refused(save, name, write):
    with pytest.raises(DataError, match="Raman shift"):
        read_spectra(write(save(serum=dataset(name)), "serum.mat"))


@BOTH
@pytest.mark.parametrize("unit", ["rel. 1/cm", "nm", "eV"])
def test_the_unit_that_witec_writes_beside_the_scale_is_checked(save, unit, write):
    scale = np.empty((2, 2), dtype=object)
    scale[0] = [np.zeros((0, 0)), ""]
    scale[1] = [SHIFTS[np.newaxis], unit]
    path = write(save(scan=dataset("", axisscale=scale)), "scan.mat")
    if unit == "rel. 1/cm":
        assert not any("does not name the unit" in note for note in read_spectra(path).notes)
    else:
        with pytest.raises(DataError, match=unit):
            read_spectra(path)


@BOTH
def test_of_several_sets_of_classes_the_first_is_the_column(save, write):
    first, second = np.array([[1.0, 1, 2, 2, 0, 1]]), np.array([[3.0, 3, 3, 4, 4, 4]])
    sets = column(column(first, second), np.zeros((0, 0)))
    table = read_spectra(write(save(serum=dataset(**{"class": sets})), "serum.mat"))
    assert list(table.metadata["class"]) == ["1", "1", "2", "2", "0", "1"]


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "wavelength",
        "lambda",
        "my_lambda",
        "energy",
        "photon_energy",
        "pixel",
        "time",
        "mz",
        "theta",
        "temperature",
        "GHz",
        "channel",
    ],
)
def test_a_vector_named_as_another_unit_is_refused(save, name, write):
    with pytest.raises(DataError, match=name):
        read_spectra(write(save(X=SPECTRA, **{name: SHIFTS}), "serum.mat"))


@BOTH
def test_a_vector_of_wavelengths_is_converted_with_the_laser(save, write):
    path = write(save(X=SPECTRA, wavelength=1e7 / (1e7 / 785 - SHIFTS)), "serum.mat")
    np.testing.assert_allclose(read_spectra(path, ReadOptions(laser_nm=785)).wavenumber, SHIFTS, atol=1e-8)


@BOTH
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"X": SPECTRA, "Y": SPECTRA, "shift": SHIFTS}, "several.*X by shift, Y by shift"),
        ({"X": SPECTRA, "a": SHIFTS, "b": SHIFTS + 1}, "several.*X by a, X by b"),
        ({"X": np.ones((40, 40)), "shift": SHIFTS}, "either way"),
        ({"X": SPECTRA}, "no array of spectra with a vector.*X 6x40"),
        ({"X": SPECTRA, "shift": SHIFTS[:-1]}, "no array of spectra"),
        ({"note": "only text"}, "no numeric array"),
        ({"one": dataset(), "two": dataset()}, "several tables.*one, two"),
        ({"serum": dataset(axisscale=column(np.zeros((0, 0)), np.zeros((0, 0))))}, "axisscale"),
    ],
)
def test_what_is_missing_or_ambiguous_is_refused_by_its_names(save, variables, words, write):
    with pytest.raises(DataError, match=words) as refusal:
        read_spectra(write(save(**variables), "serum.mat"))
    assert len(str(refusal.value)) <= 500


@given(st.integers(20, 60), st.integers(2, 19), st.booleans(), st.booleans())
def test_every_shape_comes_back_as_it_was_saved(points, count, across, packed):
    import tempfile
    from pathlib import Path

    spectra = np.random.default_rng(points * count).normal(size=(count, points))
    content = old(packed=packed, D=spectra.T if across else spectra, wavenumbers=300.0 + np.arange(points))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.mat"
        path.write_bytes(content)
        np.testing.assert_array_equal(read_spectra(path).intensity, spectra)


def test_variables_that_are_no_plain_arrays_are_left_out_by_their_names(write):
    from scipy.sparse import eye

    content = old(X=SPECTRA, shift=SHIFTS, S=eye(4, format="csc"), Z=np.ones((3, 3)) * 1j)
    assert any(
        "no plain arrays were not read: S, Z" in note for note in read_spectra(write(content, "a.mat")).notes
    )


HEADER = old(X=SPECTRA)[:128]


def packed_claim(size: int, content: bytes = b"") -> bytes:
    inner = zlib.compress(struct.pack("<II", 14, size) + content, 9)
    return HEADER + struct.pack("<II", 15, len(inner)) + inner


HOSTILE = {
    "cut": old(packed=False, X=SPECTRA, shift=SHIFTS)[:-100],
    "cut header": HEADER[:100],
    "only a header": HEADER,
    "a packed array that claims 200 MB": packed_claim(200 << 20),
    "a bomb": packed_claim(200 << 20, bytes(200 << 20)),
    "4 GB claimed": HEADER + struct.pack("<II", 14, 2**32 - 1) + bytes(100),
    "deep cells": old(c=__import__("functools").reduce(lambda inner, _: column(inner), range(40), np.ones((2, 2)))),
    "half of version 7.3": new(X=SPECTRA, shift=SHIFTS)[:3000],
    "version 7.3 that is no HDF5": b"MATLAB 7.3 MAT-file" + bytes(2000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_or_hostile_file_is_refused_in_a_sentence(name, write):
    with pytest.raises(DataError) as refusal:
        read_spectra(write(HOSTILE[name], "serum.mat"))
    assert len(str(refusal.value)) <= 500
    assert str(refusal.value).isprintable()


def test_links_out_of_a_file_of_version_7_3_are_unsafe(write):
    file = NewFile()
    file.put("shift", SHIFTS)
    file.file["X"] = h5py.ExternalLink("/etc/other.h5", "X")
    with pytest.raises(UnsafeError, match="link"):
        read_spectra(write(file.data(), "serum.mat"))


def test_100_gb_claimed_in_version_7_3_are_refused(write):
    file = NewFile()
    file.put("shift", SHIFTS)
    file.file.create_dataset("X", (40, 300_000_000), "f8", chunks=(40, 1000)).attrs["MATLAB_class"] = (
        np.bytes_("double")
    )
    with pytest.raises(DataError, match="claims"):
        read_spectra(write(file.data(), "serum.mat"))
