"""What goes wrong seldom in AnnData files and their images, each with its own sentence."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from example_h5ad import Change, library, replaced, texts
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import count_matrix, read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.expression.readers.anndata_files.tables import read_table
from spectra_dl.expression.readers.stored.opened import opened_anndata
from spectra_dl.storage.hashing import sha256_of


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replaced("X/data", np.array([b"a", b"b"])), "has shape"),
        (replaced("X/data", np.ones((3, 3))), "has shape"),
        (replaced("X/indptr", np.zeros(4, dtype=int)), "3 rows for 12"),
        (replaced("X", np.ones((12, 5))), r"numbers of shape \(12, 5\)"),
        (replaced("X/data", np.full(61, 1e308)), "indices and 12 rows|too large to be true"),
        (lambda file: file["X"].attrs.modify("shape", np.array([5, 5])), r"of shape \(5, 5\)"),
        (lambda file: file.__delitem__("var"), "no table var with an index"),
        (lambda file: file["obs"].attrs.__delitem__("_index"), "no table obs with an index"),
        (replaced("obs/patient/codes", np.zeros(3, dtype=np.int8)), "'patient' has 3 values for 12 rows"),
        (replaced("obs/patient/codes", np.zeros((12, 2), dtype=np.int8)), "has codes of shape"),
        (replaced("obs/patient/categories", np.array([[b"p"]])), r"has shape \(1, 1\)"),
        (texts("obs/patient/categories", [b"\xff"]), "is not UTF-8"),
        (texts("obs/_index", [b"a", b"b"]), "for 2 barcodes and 6 genes"),
        (replaced("obsm/spatial", np.ones((12, 1))), r"obsm\['spatial'\] has shape"),
        (replaced("obsm/spatial", np.array([[b"a", b"b"]] * 12)), r"obsm\['spatial'\] has shape"),
    ],
)
def test_a_part_of_an_anndata_file_that_does_not_fit_is_refused(changed, change, said):
    with pytest.raises(DataError, match=said):
        read_section(changed(change), um_per_pixel=0.5)


def test_a_file_without_values_has_no_counts_and_says_so(changed):
    path = changed(lambda file: file.__delitem__("X"))
    section = read_section(path, um_per_pixel=0.5)
    assert section.counts is None
    assert section.usable.all()
    assert "one: the file has no values of genes, and so no counts" in section.notes
    with pytest.raises(DataError, match="no counts in layers/counts"):
        read_h5ad_counts(path)


def test_counts_whose_sum_can_not_be_held_are_refused(changed):
    def change(file: h5py.File) -> None:
        file["X/data"][...] = 1
        values = np.full(file["X/data"].shape, 1e308)
        replaced("X/data", values)(file)

    with pytest.raises(DataError, match="sum is too large to be true"):
        read_section(changed(change), um_per_pixel=0.5)


def test_a_dense_matrix_that_can_not_be_held_is_refused(changed, monkeypatch):
    monkeypatch.setattr(count_matrix, "_MOST_BYTES", 100)
    with pytest.raises(DataError, match="write X as a sparse matrix"):
        read_section(changed(replaced("X", np.ones((12, 6)))), um_per_pixel=0.5)
    with pytest.raises(DataError, match="split the file by section"):
        read_section(changed(lambda _: None), um_per_pixel=0.5)


def test_a_list_in_a_column_of_texts_is_refused(changed):
    def change(file: h5py.File) -> None:
        kind = h5py.vlen_dtype(np.int32)
        del file["obs/patient"]
        stored = file.create_dataset("obs/patient", (12,), dtype=kind)
        for row in range(12):
            stored[row] = [row]

    with pytest.raises(DataError, match="holds neither texts nor numbers"):
        read_section(changed(change), um_per_pixel=0.5)


def test_a_column_of_texts_is_no_column_of_numbers(changed):
    path = changed(lambda file: file["obs"].create_dataset("x", data=np.array([b"a"] * 12)))
    with opened_anndata(path) as root, pytest.raises(DataError, match="is no column of numbers"):
        _ = read_table(root, "obs").column("x").numbers


def test_a_table_of_two_dimensions_is_no_column(changed):
    path = changed(lambda file: file["obs"].create_dataset("x", data=np.ones((12, 2))))
    with opened_anndata(path) as root, pytest.raises(DataError, match=r"has shape \(12, 2\) and type"):
        read_table(root, "obs").column("x")


def test_a_layer_that_is_no_counts_is_passed_over(changed):
    path = changed(lambda file: file.create_dataset("layers/counts", data=np.full((12, 6), 0.5)))
    assert read_section(path, um_per_pixel=0.5).counts is not None


def test_ensembl_ids_in_the_index_are_the_genes_and_symbols_stand_beside(changed):
    ids = [f"ENSG{k:011d}".encode() for k in range(6)]

    def change(file: h5py.File) -> None:
        texts("var/_index", ids)(file)
        file["var"].create_dataset(
            "feature_name", data=[f"SYM{k}" for k in range(6)], dtype=h5py.string_dtype()
        )

    found = read_section(changed(change), um_per_pixel=0.5)
    assert [one.encode() for one in found.gene] == ids
    assert list(found.symbol) == [f"SYM{k}" for k in range(6)]
    assert read_section(changed(texts("var/_index", ids)), um_per_pixel=0.5).symbol is None


def test_other_ids_beside_the_index_are_not_taken_for_ensembl_ids(changed):
    def change(file: h5py.File) -> None:
        file["var"].create_dataset("gene_ids", data=["X"] * 6, dtype=h5py.string_dtype())

    assert list(read_section(changed(change), um_per_pixel=0.5).gene) == [f"GENE{k}" for k in range(6)]


def test_um_per_pixel_may_stand_with_the_scale_factors(changed):
    found = read_section(changed(library(None, microns_per_pixel=0.25)))
    assert found.um_per_pixel == 0.25


def test_a_scale_factor_that_is_text_is_refused(changed):
    with pytest.raises(DataError, match="microns_per_pixel is no number"):
        read_section(changed(library(None, microns_per_pixel=b"wide")))


def embedded(changed: Callable[[Change], Path], pixels: np.ndarray) -> Path:
    path = changed(library(pixels, tissue_hires_scalef=1.0))
    (path.parent / "one.png").unlink()
    return path


def test_a_image_inside_a_file_has_a_thumbnail_and_a_digest(changed):
    path = embedded(changed, np.full((150, 200, 4), 51, dtype=np.uint8))
    image = read_section(path, um_per_pixel=0.5).image
    small, scale = image.thumbnail(100)
    assert small.shape == (75, 100, 3)
    assert scale == 0.5
    assert (small == round(0.2 * 51 + 0.8 * 255)).all()  # a fifth opaque, on white
    assert image.sha256() == sha256_of(path)


@pytest.mark.parametrize("value", [300.0, -1.0, np.nan])
def test_a_image_of_impossible_values_is_refused(changed, value):
    pixels = np.full((150, 200, 3), 100.0)
    pixels[0, 0, 0] = value
    image = read_section(embedded(changed, pixels), um_per_pixel=0.5).image
    with pytest.raises(DataError, match="holds values outside 0 to"):
        image.cutter()


def test_a_image_of_one_colour_inside_a_file_is_refused(changed):
    with pytest.raises(DataError, match="that is no image"):
        read_section(embedded(changed, np.ones((150, 200))), um_per_pixel=0.5)


def test_a_section_without_any_image_is_refused(changed):
    path = changed(lambda _: None)
    (path.parent / "one.png").unlink()
    with pytest.raises(DataError, match="one image of section one is needed, found none"):
        read_section(path, um_per_pixel=0.5)


def patches(
    changed: Callable[[Change], Path], names: list[str], *, nowhere: bool = False, coords: object = None
) -> Path:
    def change(file: h5py.File) -> None:
        if nowhere:
            file["obsm/spatial"][...] = np.nan

    path = changed(change)
    (path.parent / "one.png").unlink()
    (path.parent / "patches").mkdir(exist_ok=True)
    with h5py.File(path.parent / "patches" / "one.h5", "w") as file:
        file["img"] = np.zeros((2, 20, 20, 3), dtype=np.uint8)
        file["img"].attrs["patch_size_src"] = 20
        file.create_dataset("barcodes", data=names, dtype=h5py.string_dtype())
        if coords is not None:
            file["coords"] = coords
    return path


def test_more_barcodes_than_patches_are_refused(changed):
    with pytest.raises(DataError, match="3 barcodes for 2 tiles"):
        read_section(patches(changed, ["B0-1", "B1-1", "B2-1"]), um_per_pixel=0.5)


def test_patches_of_spots_without_a_place_are_refused(changed):
    with pytest.raises(DataError, match="none of its 2 tiles belongs to a spot with a position"):
        read_section(patches(changed, ["B0-1", "B1-1"], nowhere=True), um_per_pixel=0.5)


def test_patches_that_were_cut_elsewhere_than_their_spots_lie_are_noted(changed):
    names = ["B0-1", "B1-1"]
    places = read_section(patches(changed, names), um_per_pixel=0.5).full_pixel[:2]
    for moved, noted in ((0.0, False), (-10.0, False), (300.0, True)):
        section = read_section(patches(changed, names, coords=places + moved), um_per_pixel=0.5)
        assert any("2 of 2 tiles of one.h5 were cut 424.3 pixels" in note for note in section.notes) is noted
