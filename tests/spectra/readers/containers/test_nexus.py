"""NeXus files of NXraman: signal and axes as the file names them, units checked, and what is written read back bit for bit."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.nexus import SHIFTS, SPECTRA, hdf5, nexus
from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.spectra.readers import iter_spectra, read_spectra
from spectra_dl.spectra.study.nexus_file import nexus_file
from spectra_dl.spectra.table import SpectraTable


def test_the_default_plot_is_the_spectra(write):
    table = read_spectra(write(nexus(), "serum.nxs"))
    np.testing.assert_array_equal(table.intensity, SPECTRA)
    np.testing.assert_array_equal(table.wavenumber, SHIFTS)
    assert table.sample_id[0] == "serum/1"
    assert set(table.metadata["laser_nm"]) == {"532.1"}


def test_a_single_spectrum_is_a_signal_of_one_dimension(write):
    table = read_spectra(write(nexus(SPECTRA[0], axes=("shift",)), "one.nxs"))
    np.testing.assert_array_equal(table.intensity, SPECTRA[:1])


def test_points_along_the_first_dimension_are_found_by_their_axis(write):
    content = nexus(
        SPECTRA.T,
        axes=("shift", "."),
        change=lambda file: file["entry/data/shift"].attrs.update(long_name="Raman shift"),
    )
    np.testing.assert_array_equal(read_spectra(write(content, "serum.nxs")).intensity, SPECTRA)


def test_a_map_keeps_its_places_in_um(write):
    cube = np.random.default_rng(0).normal(size=(2, 3, 40))
    more = {"y": (np.array([10.0, 12.0]), 0, "um"), "x": (np.array([0.0, 0.5, 1.0]), 1, "um")}
    table = read_spectra(write(nexus(cube, axes=("y", "x", "shift"), more=more), "map.nxs"))
    np.testing.assert_array_equal(table.intensity, cube.reshape(6, 40))
    assert list(table.metadata["x_um"]) == ["0", "0.5", "1"] * 2
    assert list(table.metadata["y_um"]) == ["10"] * 3 + ["12"] * 3


@pytest.mark.parametrize("units", ["nm", "eV", "pixel", "ms"])
def test_an_axis_in_another_unit_is_refused(units, write):
    with pytest.raises(DataError, match=units):
        read_spectra(write(nexus(units=units), "serum.nxs"))


def test_an_axis_without_units_is_noted(write):
    assert any("has no units" in note for note in read_spectra(write(nexus(units=None), "a.nxs")).notes)


def test_another_definition_is_refused_by_its_name_and_none_is_noted(write):
    with pytest.raises(DataError, match="NXxas"):
        read_spectra(write(nexus(definition="NXxas"), "a.nxs"))
    assert any("no definition" in note for note in read_spectra(write(nexus(definition=None), "b.nxs")).notes)


def second_data(file):
    file.copy("entry/data", "entry/dark")


def second_entry(file):
    file.copy("entry", "other")


FAULTS = {
    "two groups of data": (second_data, "dark, data.*default"),
    "two entries": (second_entry, "entry, other.*default"),
    "no signal": (lambda file: file["entry/data"].attrs.__delitem__("signal"), "as its signal"),
    "no axis": (lambda file: file["entry/data"].attrs.__delitem__("axes"), "no axis of numbers"),
    "an axis of another length": (lambda file: file["entry/data"].attrs.__setitem__("axes", [".", "entry"]), "no axis"),
    "no data": (lambda file: file["entry"].__delitem__("data"), "0 groups of data"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_missing_or_ambiguous_is_refused(fault, write):
    change, words = FAULTS[fault]
    with pytest.raises(DataError, match=words) as refusal:
        read_spectra(write(nexus(change=change), "serum.nxs"))
    assert len(str(refusal.value)) <= 500


def test_an_attribute_default_chooses_among_groups_of_data(write):
    def change(file):
        second_data(file)
        file["entry"].attrs["default"] = "data"

    assert len(read_spectra(write(nexus(change=change), "serum.nxs"))) == 6


def test_links_are_unsafe(write):
    with pytest.raises(UnsafeError, match="link"):
        read_spectra(
            write(nexus(change=lambda file: file.__setitem__("x", h5py.SoftLink("/entry"))), "a.nxs")
        )


def table_of(intensity, **metadata):
    n = len(intensity)
    return SpectraTable(
        intensity=intensity,
        wavenumber=SHIFTS[: intensity.shape[1]],
        sample_id=text_array([f"S{k}" for k in range(n)]),
        patient=text_array([f"P{k // 2}" for k in range(n)]),
        metadata={name: text_array(texts) for name, texts in metadata.items()},
        notes=("a note",),
    )


@settings(max_examples=35)
@given(st.integers(1, 7), st.integers(1, 5), st.integers(0, 2**31))
def test_what_is_written_comes_back_bit_for_bit(spectra, rows, seed):
    import tempfile
    from pathlib import Path

    intensity = np.random.default_rng(seed).normal(size=(spectra, 40)) * 10.0 ** np.arange(-20, 20)
    intensity[0, 3] = np.nan
    columns = {
        "x_um": [str(k) for k in range(spectra)],
        "Größe/µm": ["ä,\n"] * spectra,
        "units": ["cm"] * spectra,
    }
    table = table_of(intensity, **columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.nxs"
        with nexus_file(path) as append:
            for start in range(0, spectra, rows):
                append(table.select(np.arange(start, min(start + rows, spectra))))
        back = read_spectra(path)
        blocks = list(iter_spectra(path, rows=2))
    np.testing.assert_array_equal(back.intensity, intensity)
    np.testing.assert_array_equal(back.wavenumber, table.wavenumber)
    assert list(back.sample_id) == list(table.sample_id)
    assert list(back.patient) == list(table.patient)
    assert {name: list(texts) for name, texts in back.metadata.items()} == columns
    assert "a note" in back.notes
    assert sum(map(len, blocks)) == spectra


def test_an_independent_reader_finds_signal_and_axes(tmp_path):
    with np.printoptions():  # the library changes them for the whole process
        nexusformat = pytest.importorskip("nexusformat.nexus")
    with nexus_file(tmp_path / "s.nxs") as append:
        append(table_of(SPECTRA))
    data = nexusformat.nxload(str(tmp_path / "s.nxs")).get_default()
    assert data.nxclass == "NXdata"
    np.testing.assert_array_equal(data.nxsignal.nxvalue, SPECTRA)
    np.testing.assert_array_equal(data.nxaxes[1].nxvalue, SHIFTS)
    assert data.nxaxes[1].attrs["units"] == "1/cm"


def test_the_file_is_valid_by_its_definition(tmp_path):
    pytest.importorskip("pynxtools")
    import subprocess

    with nexus_file(tmp_path / "s.nxs") as append:
        append(table_of(SPECTRA, laser_nm=["785"] * 6))
    done = subprocess.run(
        ["pynx", "validate", "s.nxs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "is valid according to the `NXraman` application definition" in done.stdout + done.stderr


def test_hdf5_of_another_layout_is_refused_with_what_could_be_read(write):
    with pytest.raises(DataError, match=r"NXraman \(\.nxs\) or ramanchada2 \(\.cha\)"):
        read_spectra(write(hdf5(lambda file: file.__setitem__("X", np.ones((5, 6)))), "x.h5"))
