"""Spectra in HDF5: what is written comes back, what is hostile or broken is refused."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable


@pytest.fixture(scope="module")
def table() -> SpectraTable:
    """A small study with a missing value and an awkward column."""
    study = simulate_study(StudySettings(patients=5, spectra_per_patient=2, n_wavenumbers=30)).table
    intensity = study.intensity.copy()
    intensity[3, 4] = np.nan
    sites = text_array([f"Zürich/{row % 2}" for row in range(len(study))])
    return replace(study, intensity=intensity, metadata={"a/b site": sites, **study.metadata})


@pytest.fixture
def written(table: SpectraTable, tmp_path: Path) -> Path:
    """That study in a file, written in two blocks."""
    path = tmp_path / "s.h5"
    with hdf5_file(path) as append:
        append(table.select(range(7)))
        append(table.select(range(7, 10)))
    return path


def test_what_is_written_comes_back_exactly(written: Path, table: SpectraTable) -> None:
    table_read = read_spectra(written)
    assert np.array_equal(table_read.intensity, table.intensity, equal_nan=True)
    assert np.array_equal(table_read.wavenumber, table.wavenumber)
    for name in ("sample_id", "patient", "label", "batch"):
        assert list(getattr(table_read, name)) == list(getattr(table, name))
    assert {name: list(column) for name, column in table_read.metadata.items()} == {
        name: list(column) for name, column in table.metadata.items()
    }
    assert table.notes[0] in table_read.notes
    assert table_read.source is not None
    assert table_read.source[9] == "s.h5 row 10"


@pytest.mark.parametrize("rows", [1, 3, 10, 100])
def test_blocks_are_the_whole_cut_up(written: Path, rows: int) -> None:
    blocks = list(iter_spectra(written, rows=rows))
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    whole = read_spectra(written)
    assert np.array_equal(
        np.concatenate([block.intensity for block in blocks]), whole.intensity, equal_nan=True
    )
    assert [sample for block in blocks for sample in block.sample_id] == list(whole.sample_id)


def test_another_column_can_be_the_patient(written: Path, table: SpectraTable) -> None:
    table_read = read_spectra(written, ReadOptions(patient="a/b site"))
    assert table_read.patient is not None
    assert list(table_read.patient) == list(table.metadata["a/b site"])
    with pytest.raises(UsageError, match="no column 'sex' for label"):
        read_spectra(written, ReadOptions(label="sex"))


def test_whole_numbers_and_single_precision_are_read(written: Path) -> None:
    before = read_spectra(written).intensity
    with h5py.File(written, "r+") as file:
        counts = np.nan_to_num(file["intensity"][()]).astype(np.uint16)
        del file["intensity"]
        file["intensity"] = counts
    assert np.array_equal(read_spectra(written).intensity, np.nan_to_num(before))


def test_an_axis_that_falls_is_turned_round(written: Path) -> None:
    before = read_spectra(written)
    with h5py.File(written, "r+") as file:
        file["wavenumber"][...] = file["wavenumber"][()][::-1]
    after = read_spectra(written)
    assert np.array_equal(after.intensity, before.intensity[:, ::-1], equal_nan=True)
    assert any("turned round" in note for note in after.notes)


def test_an_id_that_stands_twice_is_refused_with_both_rows(written: Path) -> None:
    with h5py.File(written, "r+") as file:
        file["columns/0000"][8] = file["columns/0000"][1]
    with pytest.raises(DataError, match=r"stands twice, in s\.h5 row 2 and s\.h5 row 9"):
        read_spectra(written)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_part_of_a_file_is_refused(written: Path, share: float) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"s\.h5: "):
        read_spectra(written)


def test_hdf5_of_another_program_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["X"] = np.ones((3, 4))
    with pytest.raises(DataError, match="HDF5, but not spectra written by spectra-dl"):
        read_spectra(tmp_path / "x.h5")


@pytest.mark.parametrize("link", ["soft", "external"])
@pytest.mark.parametrize("name", ["intensity", "columns", "columns/0001"])
def test_a_link_is_never_followed(written: Path, tmp_path: Path, link: str, name: str) -> None:
    secret = tmp_path / "secret.h5"
    secret.write_bytes(written.read_bytes())
    with h5py.File(written, "r+") as file:
        if link == "external":
            del file[name]
            file[name] = h5py.ExternalLink(str(secret), f"/{name}")
        else:
            file.move(name, "elsewhere")
            file[name] = h5py.SoftLink("/elsewhere")
    with pytest.raises(UnsafeError, match="is a link"):
        read_spectra(written)


def test_numbers_kept_in_another_file_are_not_opened(written: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(2400))
    with h5py.File(written, "r+") as file:
        del file["intensity"]
        file.create_dataset("intensity", (10, 30), "f8", external=[(str(tmp_path / "secret"), 0, 2400)])
    with pytest.raises(UnsafeError, match="lies in another file"):
        read_spectra(written)


def test_a_virtual_dataset_is_not_opened(written: Path, tmp_path: Path) -> None:
    layout = h5py.VirtualLayout((10, 30), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "intensity", (10, 30))
    with h5py.File(written, "r+") as file:
        del file["intensity"]
        file.create_virtual_dataset("intensity", layout)
    with pytest.raises(UnsafeError, match="lies in another file"):
        read_spectra(written)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_more_than_the_file_holds_is_refused_before_it_is_read(
    written: Path, compression: str | None
) -> None:
    with h5py.File(written, "r+") as file:
        del file["intensity"]
        file.create_dataset("intensity", (400_000_000, 30), "f8", chunks=(1000, 30), compression=compression)
    with pytest.raises(DataError, match=r"claims 96,000,000,000 bytes of /intensity and holds 0"):
        read_spectra(written)


@pytest.mark.parametrize(
    "wrong", [np.ones(10), np.ones((10, 29)), np.ones((0, 30)), np.full((10, 30), b"x"), np.ones((10, 30, 2))]
)
def test_intensities_of_another_shape_or_type_are_refused(written: Path, wrong: np.ndarray) -> None:
    with h5py.File(written, "r+") as file:
        del file["intensity"]
        file["intensity"] = wrong
    with pytest.raises(DataError, match="intensity"):
        read_spectra(written)


def test_a_column_of_another_length_is_refused(written: Path) -> None:
    with h5py.File(written, "r+") as file:
        file["columns/0000"].resize(9, axis=0)
    with pytest.raises(DataError, match="column sample_id is not one text for each of 10 spectra"):
        read_spectra(written)


@pytest.mark.parametrize("wrong", ["text", 7, np.arange(3)])
def test_columns_that_are_no_group_are_refused(written: Path, wrong: object) -> None:
    with h5py.File(written, "r+") as file:
        del file["columns"]
        file["columns"] = wrong
    with pytest.raises(DataError, match="no group of columns"):
        read_spectra(written)


@pytest.mark.parametrize("wrong", [7, "hello", b"\xff\xfe", np.arange(3), h5py.Empty("S1")])
def test_notes_that_are_no_list_of_texts_are_left_alone(written: Path, wrong: object) -> None:
    before = read_spectra(written)
    with h5py.File(written, "r+") as file:
        file.attrs["notes"] = wrong
    after = read_spectra(written)
    assert set(after.notes) < set(before.notes)
    assert np.array_equal(after.intensity, before.intensity, equal_nan=True)


def test_texts_that_would_swell_are_refused_before_they_are_read(written: Path) -> None:
    with h5py.File(written, "r+") as file:
        del file["columns/0001"]
        swollen = file.create_dataset("columns/0001", (10,), "S33554432", chunks=(1,), compression="gzip")
        swollen.attrs["name"] = "patient_id"
    with pytest.raises(DataError, match="texts of 33,554,432 bytes"):
        read_spectra(written)


def test_an_interrupted_write_leaves_nothing(table: SpectraTable, tmp_path: Path) -> None:
    def stop_half_way() -> None:
        with hdf5_file(tmp_path / "s.h5") as append:
            append(table)
            raise KeyError("stop")

    with pytest.raises(KeyError):
        stop_half_way()
    assert not list(tmp_path.iterdir())
