"""The store of features: reused, resumed, never taken for other tiles."""

import time
from dataclasses import replace
from threading import Barrier, Thread

import h5py
import numpy as np
import pytest

from example_sections import write_section
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.encoders.registry import build_encoder
from spectra_dl.imaging.features.file import FeatureFile, read_feature_file, write_feature_file
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder
from spectra_dl.imaging.features.store import FeatureStore


@pytest.fixture
def section(tmp_path):
    """A section of 81 spots."""
    write_section(tmp_path, "S0", 0)
    return read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0))


@pytest.fixture
def store(tmp_path):
    """A store that saves after each 30 tiles."""
    (tmp_path / "store").mkdir()
    return FeatureStore(tmp_path / "store", save_every=30)


def logged(log, features):
    """Return an encoder's function that writes down what it was asked."""

    def encode(first, last):
        log.append((first, last))
        return features[first:last]

    return encode


ENCODER = build_encoder("colour-texture")
VALUES = np.random.default_rng(0).normal(size=(81, 47)).astype(np.float32)


def test_features_are_computed_once_and_come_back_as_they_were(section, store):
    log = []
    first = store.features(section, ENCODER, 112.0, logged(log, VALUES))
    again = store.features(section, ENCODER, 112.0, logged(log, VALUES))
    assert log == [(0, 30), (30, 60), (60, 81)]
    np.testing.assert_array_equal(first, VALUES)
    np.testing.assert_array_equal(again, VALUES)


def test_an_interrupted_run_goes_on_where_it_was_saved(section, store):
    def fails_late(first, last):
        if first >= 60:
            raise KeyboardInterrupt
        return VALUES[first:last]

    with pytest.raises(KeyboardInterrupt):
        store.features(section, ENCODER, 112.0, fails_late)
    log = []
    features = store.features(section, ENCODER, 112.0, logged(log, VALUES))
    assert log == [(60, 81)]
    np.testing.assert_array_equal(features, VALUES)
    assert [path.name for path in store.folder.iterdir()] == [store.path_of(section, ENCODER, 112.0).name]


@pytest.mark.parametrize("changed", ["size", "places", "scale", "image", "encoder"])
def test_features_of_other_tiles_are_not_taken(section, store, changed, tmp_path):
    changed_section, size, encoder = section, 112.0, ENCODER
    if changed == "size":
        size = 224.0
    elif changed == "places":
        changed_section = replace(section, position_um=section.position_um + 1.0)
    elif changed == "scale":
        changed_section = replace(section, um_per_pixel=2.0, position_um=section.position_um * 2.0)
    elif changed == "encoder":
        encoder = replace(ENCODER, encode=lambda tiles: ENCODER.encode(tiles) + 1.0)
    before = store.path_of(section, ENCODER, 112.0)
    if changed == "image":
        write_section(tmp_path, "S0", 1)
    assert store.path_of(changed_section, encoder, size) != before


def test_a_damaged_file_is_refused_by_name(section, store):
    store.features(section, ENCODER, 112.0, logged([], VALUES))
    path = store.path_of(section, ENCODER, 112.0)
    with h5py.File(path) as file:
        place = file["features"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="truncated or damaged HDF5"):
        store.features(section, ENCODER, 112.0, logged([], VALUES))


def test_a_stored_file_says_what_it_holds(section, store):
    store.features(section, ENCODER, 112.0, logged([], VALUES))
    content = read_feature_file(store.path_of(section, ENCODER, 112.0))
    assert dict(content.described) == {"encoder": "colour-texture", "size_um": "112", "section": "S0"}
    assert content.reference_features == pytest.approx(ENCODER.reference_features)
    assert list(content.barcode) == list(section.barcode)


def test_the_store_changes_no_feature(section, store):
    recipe = FeatureRecipe(sizes_um=(40.0, 80.0))
    without = SectionEncoder(recipe).features(section)
    for _ in range(2):
        stored = SectionEncoder(recipe, store).features(section)
        np.testing.assert_array_equal(stored.values, without.values)
        assert stored.blocks == without.blocks


def test_two_runs_on_one_store_compute_once_and_both_get_the_features(section, store):
    together, log, found = Barrier(2), [], []

    def encode(first, last):
        time.sleep(0.05)
        log.append((first, last))
        return VALUES[first:last]

    def run():
        together.wait()
        found.append(FeatureStore(store.folder, save_every=30).features(section, ENCODER, 112.0, encode))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log == [(0, 30), (30, 60), (60, 81)]
    for features in found:
        np.testing.assert_array_equal(features, VALUES)
    assert [path.suffix for path in store.folder.iterdir()] == [".h5"]


@pytest.mark.parametrize("finished", [True, False])
def test_a_part_that_another_run_takes_away_while_it_is_read_is_no_fault(
    section, store, monkeypatch, finished
):
    def fails_late(first, last):
        if first >= 60:
            raise KeyboardInterrupt
        return VALUES[first:last]

    with pytest.raises(KeyboardInterrupt):
        store.features(section, ENCODER, 112.0, fails_late)
    real, path = FeatureStore._read, store.path_of(section, ENCODER, 112.0)

    def read(self, file, *others):
        if ".part-" in file.name:
            monkeypatch.setattr(FeatureStore, "_read", real)
            file.unlink()
            if finished:
                write_feature_file(path, FeatureFile(VALUES, section.barcode))
        return real(self, file, *others)

    monkeypatch.setattr(FeatureStore, "_read", read)
    log = []
    np.testing.assert_array_equal(store.features(section, ENCODER, 112.0, logged(log, VALUES)), VALUES)
    assert log == ([] if finished else [(0, 30), (60, 81)])


def test_the_rows_of_a_store_come_a_few_at_a_time_and_are_the_features(section, store, monkeypatch):
    monkeypatch.setattr("spectra_dl.imaging.features.store._ROWS", 20)
    for _ in range(2):
        rows = list(store.rows(section, ENCODER, 112.0, logged([], VALUES)))
        assert [len(part) for part in rows] == [20, 20, 20, 20, 1]
        np.testing.assert_array_equal(np.concatenate(rows), VALUES)


def test_a_file_that_lost_its_last_rows_is_refused(section, store):
    path = store.path_of(section, ENCODER, 112.0)
    write_feature_file(path, FeatureFile(VALUES[:80], section.barcode[:80]))
    with pytest.raises(DataError, match="80 rows for 81 spots"):
        store.features(section, ENCODER, 112.0, logged([], VALUES))


def test_weights_name_a_file_and_the_last_digits_of_features_do_not(section, store):
    other = replace(ENCODER, encode=lambda tiles: ENCODER.encode(tiles) * 1.001)
    path = store.path_of(section, replace(ENCODER, weights="a" * 64), 112.0)
    assert store.path_of(section, replace(other, weights="a" * 64), 112.0) == path
    assert store.path_of(section, replace(other, weights="b" * 64), 112.0) != path
