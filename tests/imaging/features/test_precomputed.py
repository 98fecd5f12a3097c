"""Precomputed features joined by barcode, and the files that are refused."""

import h5py
import numpy as np
import pytest

from example_sections import write_section
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.imaging.features.precomputed import precomputed_features
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder


@pytest.fixture
def section(tmp_path):
    """A section of 81 spots."""
    write_section(tmp_path, "S0", 0)
    return read_section(SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0))


def write(path, values, barcode, names=("features", "barcode")):
    """Write a file as another tool would."""
    with h5py.File(path, "w") as file:
        file[names[0]] = values
        file[names[1]] = np.array(barcode, dtype="S")
    return path


VALUES = np.random.default_rng(0).normal(size=(81, 5)).astype(np.float32)


@pytest.mark.parametrize("names", [("features", "barcode"), ("embeddings", "barcodes")])
def test_rows_are_joined_by_barcode_whatever_their_order(section, tmp_path, names):
    order = np.random.default_rng(1).permutation(81)
    path = write(tmp_path / "f.h5", VALUES[order], section.barcode[order], names)
    np.testing.assert_array_equal(precomputed_features(path, section).values, VALUES)


def test_barcodes_in_a_column_are_read_as_well(section, tmp_path):
    path = write(tmp_path / "f.h5", VALUES, section.barcode[:, None])
    np.testing.assert_array_equal(precomputed_features(path, section).values, VALUES)


def test_a_spot_that_is_not_in_the_file_has_no_features(section, tmp_path):
    path = write(tmp_path / "f.h5", VALUES[3:], section.barcode[3:])
    features = precomputed_features(path, section).values
    assert np.isnan(features[:3]).all()
    np.testing.assert_array_equal(features[3:], VALUES[3:])


def test_a_folder_holds_a_file_for_each_section(section, tmp_path):
    write(tmp_path / "S0.h5", VALUES, section.barcode)
    np.testing.assert_array_equal(precomputed_features(tmp_path, section).values, VALUES)


def test_precomputed_features_come_before_computed_ones_as_named(section, tmp_path):
    path = write(tmp_path / "f.h5", VALUES, section.barcode)
    recipe = FeatureRecipe((f"features:{path}", "colour-texture"), (40.0,))
    features = SectionEncoder(recipe).features(section)
    assert [(block.encoder, block.width) for block in features.blocks] == [
        ("features", 5),
        ("colour-texture", 47),
    ]
    np.testing.assert_array_equal(features.values[:, :5], VALUES)


def test_two_sources_of_precomputed_features_are_refused():
    with pytest.raises(UsageError, match="one path only"):
        FeatureRecipe(("features:a.h5", "features:b.h5"))


BROKEN = {
    "another section's barcodes": (
        lambda s: (VALUES, [f"q{n}" for n in range(81)]),
        "another section's file",
    ),
    "a barcode twice": (lambda s: (VALUES, ["1x1", *s.barcode[:80]]), "stand twice"),
    "too few barcodes": (lambda s: (VALUES, s.barcode[:80]), "81 rows of features and 80 barcodes"),
    "whole numbers": (lambda s: (VALUES.astype(int), s.barcode), "one row of numbers"),
    "three dimensions": (lambda s: (VALUES[:, :, None], s.barcode), "one row of numbers"),
    "not all numbers": (lambda s: (np.where(VALUES > 1, np.nan, VALUES), s.barcode), "not all numbers"),
    "barcodes that are numbers": (None, "a text for each spot"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_file_that_does_not_fit_is_refused_with_its_name(section, tmp_path, fault):
    build, message = BROKEN[fault]
    path = tmp_path / "f.h5"
    if build is None:
        with h5py.File(path, "w") as file:
            file["features"], file["barcode"] = VALUES, np.arange(81)
    else:
        write(path, *build(section))
    with pytest.raises(DataError, match=message) as refusal:
        precomputed_features(path, section)
    assert str(refusal.value).startswith("f.h5")


def test_a_file_that_reaches_into_another_is_unsafe(section, tmp_path):
    write(tmp_path / "other.h5", VALUES, section.barcode)
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["features"] = h5py.ExternalLink("other.h5", "/features")
        file["barcode"] = np.array(section.barcode, dtype="S")
    with pytest.raises(UnsafeError):
        precomputed_features(tmp_path / "f.h5", section)


def test_a_stated_shape_far_beyond_the_file_is_refused(section, tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_dataset("features", shape=(10**7, 2000), dtype="f4", chunks=(1000, 100))
        file["barcode"] = np.array(section.barcode, dtype="S")
    with pytest.raises(DataError, match="claims"):
        precomputed_features(tmp_path / "f.h5", section)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n" + b"x" * 100, b"text"])
def test_what_is_no_hdf5_is_refused(section, tmp_path, content):
    (tmp_path / "f.h5").write_bytes(content)
    with pytest.raises(DataError, match="truncated or damaged HDF5"):
        precomputed_features(tmp_path / "f.h5", section)


def test_a_missing_file_is_named(section, tmp_path):
    with pytest.raises(DataError, match=r"S0\.h5"):
        precomputed_features(tmp_path, section)
