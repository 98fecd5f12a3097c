"""AnnData files: what is sound comes back, what is broken or hostile is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.sparse import csc_matrix

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.imaging.precut_tiles import PrecutTiles

Write = Callable[..., Path]


def _replace(path: Path, name: str, value: object) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        file[name] = value


@pytest.mark.parametrize("sparse", [False, True])
def test_counts_and_places_come_back(
    h5ad: Write, counts: np.ndarray, pixel: np.ndarray, sparse: bool
) -> None:
    section = read_section(h5ad(sparse=sparse), um_per_pixel=0.5)
    assert np.array_equal(section.counts.toarray(), counts)
    assert section.position_um == pytest.approx(pixel * 0.5)
    assert list(section.barcode)[:2] == ["spot0", "spot1"]
    assert list(section.gene)[:2] == ["GENE0", "GENE1"]
    assert section.usable.all()


def test_what_anndata_writes_is_read(
    h5ad: Write, counts: np.ndarray, pixel: np.ndarray, tmp_path: Path
) -> None:
    h5ad()
    table = anndata.AnnData(
        X=np.log1p(counts),
        obs=pd.DataFrame({"patient": pd.Categorical(["P7"] * 12)}, index=[f"s{k}" for k in range(12)]),
        var=pd.DataFrame(
            {"gene_ids": [f"ENSG{k:011d}" for k in range(6)]}, index=[f"SYM{k}" for k in range(6)]
        ),
        layers={"counts": csc_matrix(counts)},
        obsm={"spatial": pixel},
    )
    table.write_h5ad(tmp_path / "one.h5ad")
    section = read_section(tmp_path / "one.h5ad", um_per_pixel=0.5)
    assert np.array_equal(section.counts.toarray(), counts)
    assert section.patient == "P7"
    assert section.gene[0] == "ENSG00000000000"
    assert section.symbol[0] == "SYM0"


def test_counts_under_raw_are_taken_where_x_was_changed(
    h5ad: Write, counts: np.ndarray, pixel: np.ndarray, tmp_path: Path
) -> None:
    h5ad()
    table = anndata.AnnData(X=counts, obsm={"spatial": pixel})
    table.raw = table
    table = table[:, :3].copy()
    table.X = np.log1p(table.X)
    table.write_h5ad(tmp_path / "one.h5ad")
    section = read_section(tmp_path / "one.h5ad", um_per_pixel=0.5)
    assert np.array_equal(section.counts.toarray(), counts)
    assert len(section.gene) == 6


def test_log_normalised_values_are_no_counts_and_it_is_said(h5ad: Write, counts: np.ndarray) -> None:
    path = h5ad(values=np.log1p(counts))
    section = read_section(path, um_per_pixel=0.5)
    assert section.counts is None
    assert any("no whole numbers" in note for note in section.notes)
    with pytest.raises(DataError, match="layers/counts"):
        read_h5ad_counts(path)


def test_negative_values_are_no_counts_and_refused_with_their_place_where_counts_are_needed(
    h5ad: Write, counts: np.ndarray
) -> None:
    counts[3, 2] = -1
    path = h5ad(values=counts)
    section = read_section(path, um_per_pixel=0.5)
    assert section.counts is None
    assert section.usable.all()
    assert any(
        "'spot3', gene 'GENE2': -1 is below 0" in note and "not taken as counts" in note
        for note in section.notes
    )
    with pytest.raises(DataError, match=r"'spot3', gene 'GENE2': -1 is below 0.*layers/counts"):
        read_h5ad_counts(path)


def test_a_row_that_is_not_finite_and_an_empty_one_are_listed(h5ad: Write, counts: np.ndarray) -> None:
    counts[2, 1], counts[5] = np.nan, 0.0
    counts[:, 4] = 0.0
    section = read_section(h5ad(values=counts), um_per_pixel=0.5)
    assert (section.reason[2], section.reason[5]) == ("counts missing", "no counts")
    assert section.usable.sum() == 10
    assert np.isfinite(section.counts.toarray()).all()


def test_counts_beyond_single_precision_stay_finite(h5ad: Write, counts: np.ndarray) -> None:
    counts[:, 0] = 1e38
    assert read_section(h5ad(values=counts), um_per_pixel=0.5).counts.sum() == pytest.approx(12e38)


def test_a_spot_without_place_is_listed_and_one_off_the_image_too(h5ad: Write, pixel: np.ndarray) -> None:
    path = h5ad()
    pixel[1, 0], pixel[2, 0] = np.nan, 4000
    _replace(path, "obsm/spatial", pixel)
    assert list(read_section(path, um_per_pixel=0.5).reason[:3]) == ["", "no position", "off the image"]


def test_all_spots_off_the_image_are_refused(h5ad: Write, pixel: np.ndarray) -> None:
    path = h5ad()
    _replace(path, "obsm/spatial", pixel * 100)
    with pytest.raises(DataError, match="0 of 12 spots fall on the image"):
        read_section(path, um_per_pixel=0.5)


def test_a_missing_table_of_places_is_named(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        del file["obsm/spatial"]
    with pytest.raises(DataError, match=r"obsm\['spatial'\]"):
        read_section(path, um_per_pixel=0.5)


def test_um_per_pixel_are_never_guessed(h5ad: Write) -> None:
    with pytest.raises(DataError, match="--mpp"):
        read_section(h5ad())


def test_too_few_names_are_refused_with_both_numbers(h5ad: Write) -> None:
    path = h5ad()
    _replace(path, "obs/_index", [f"spot{k}".encode() for k in range(11)])
    with pytest.raises(DataError, match=r"\(12, 6\).*11 barcodes"):
        read_section(path, um_per_pixel=0.5)


@pytest.mark.parametrize(("table", "what"), [("obs", "barcode"), ("var", "gene")])
def test_a_name_that_stands_twice_is_refused(h5ad: Write, table: str, what: str) -> None:
    path = h5ad()
    n = 12 if table == "obs" else 6
    _replace(path, f"{table}/_index", [b"TP53", b"TP53", *(f"x{k}".encode() for k in range(n - 2))])
    with pytest.raises(DataError, match=rf"{what} 'TP53' stands twice, as number 1 and 2"):
        read_section(path, um_per_pixel=0.5)


@pytest.mark.parametrize(
    ("part", "value"),
    [("indices", 2_000_000_000), ("indices", -3), ("indptr", 10_000), ("indptr", -5)],
)
def test_a_sparse_matrix_that_points_outside_itself_is_refused(h5ad: Write, part: str, value: int) -> None:
    path = h5ad(sparse=True)
    with h5py.File(path, "r+") as file:
        stored = file[f"X/{part}"]
        stored[stored.shape[0] // 2] = value
    with pytest.raises(DataError, match="outside itself"):
        read_section(path, um_per_pixel=0.5)


def test_a_category_without_name_is_refused_with_its_row(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        group = file.create_group("obs/patient")
        group.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0"})
        group["codes"] = np.array([0] * 10 + [77, 1], dtype=np.int8)
        group["categories"] = [b"A", b"B"]
    with pytest.raises(DataError, match="row 11 has category 77 of 2"):
        read_section(path, um_per_pixel=0.5)


def test_spots_of_several_patients_are_refused(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        file["obs/patient_id"] = [b"A"] * 6 + [b"B"] * 6
    with pytest.raises(DataError, match="2 patients"):
        read_section(path, um_per_pixel=0.5)
    assert read_section(path, um_per_pixel=0.5, patient="A").patient == "A"


@pytest.mark.parametrize("table", ["/", "obs", "X"])
def test_an_unknown_version_is_named(h5ad: Write, table: str) -> None:
    path = h5ad(sparse=True)
    with h5py.File(path, "r+") as file:
        file[table].attrs["encoding-version"] = "99"
    with pytest.raises(DataError, match="version 99"):
        read_section(path, um_per_pixel=0.5)


@pytest.mark.parametrize("place", ["obs/_index", "obsm", "X", "uns"])
@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/x"), h5py.SoftLink("/var")])
def test_a_link_anywhere_is_never_followed(h5ad: Write, place: str, link: object) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        if place in file:
            del file[place]
        file[place] = link
    with pytest.raises(UnsafeError, match="link"):
        read_section(path, um_per_pixel=0.5)


def test_numbers_kept_in_another_file_are_not_opened(h5ad: Write, tmp_path: Path) -> None:
    path = h5ad()
    secret = tmp_path / "secret"
    secret.write_bytes(b"\1" * 576)
    with h5py.File(path, "r+") as file:
        del file["X"]
        file.create_dataset("X", (12, 6), "f8", external=[(str(secret), 0, 576)])
    with pytest.raises(UnsafeError, match="another file"):
        read_section(path, um_per_pixel=0.5)


def test_groups_that_hold_each_other_end(h5ad: Write, counts: np.ndarray) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        file["obsm/again"] = file["/obsm"]
    assert np.array_equal(read_section(path, um_per_pixel=0.5).counts.toarray(), counts)


def test_more_than_the_file_holds_is_refused_before_it_is_read(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        del file["obs/_index"]
        file.create_dataset("obs/_index", (10**9,), "S64", chunks=(1000,), compression="gzip")
    with pytest.raises(DataError, match="claims"):
        read_section(path, um_per_pixel=0.5)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_part_of_a_file_is_refused(h5ad: Write, share: float) -> None:
    path = h5ad()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"truncated|fresh|not whole"):
        read_section(path, um_per_pixel=0.5)


def test_numbers_changed_at_random_are_refused_or_stay_inside_their_bounds(h5ad: Write) -> None:
    path = h5ad(sparse=True)
    whole = path.read_bytes()
    with h5py.File(path) as file:
        stored = [file[name] for name in ("X/data", "X/indices", "X/indptr", "obsm/spatial")]
        places = [
            range(dataset.id.get_offset(), dataset.id.get_offset() + dataset.nbytes) for dataset in stored
        ]
    generator = np.random.default_rng(0)
    read = refused = 0
    for round_ in range(120):
        broken = bytearray(whole)
        part = places[round_ % 4]
        broken[generator.integers(part.start, part.stop)] ^= 1 << generator.integers(0, 8)
        path.write_bytes(bytes(broken))
        try:
            section = read_section(path, um_per_pixel=0.5)
        except DataError:
            refused += 1
        else:
            read += 1
            assert section.counts is None or section.counts.indices.max() < 6
    assert read > 0
    assert refused > 0


def _with_hest_metadata(path: Path, said: dict[str, object]) -> None:
    path.with_suffix(".json").write_text(json.dumps(said))


def test_hest_metadata_say_patient_and_um_per_pixel(h5ad: Write) -> None:
    path = h5ad()
    _with_hest_metadata(
        path,
        {"pixel_size_um_estimated": 0.46, "pixel_size_um_embedded": 0.4601, "patient": "Patient 5", "inter_spot_dist": 100.0,
         "spot_diameter": 55.0, "treatment_comment": float("nan")},
    )  # fmt: skip
    section = read_section(path)
    assert (section.um_per_pixel, section.patient, section.spot_pitch_um) == (0.46, "Patient 5", 100.0)
    assert "pixel_size_um_estimated" in section.um_per_pixel_source


def test_hest_patches_are_joined_on_barcode(h5ad: Write, pixel: np.ndarray, tmp_path: Path) -> None:
    path = h5ad()
    (tmp_path / "one.png").unlink()
    (tmp_path / "patches").mkdir()
    order = [7, 3, 0]
    with h5py.File(tmp_path / "patches" / "one.h5", "w") as file:
        file["img"] = np.stack([np.full((8, 8, 3), 10 * k, dtype=np.uint8) for k in order])
        file["coords"] = pixel[order]
        file["barcode"] = np.array([[f"spot{k}".encode()] for k in order])
    section = read_section(path, um_per_pixel=0.5)
    assert isinstance(section.image, PrecutTiles)
    assert sorted(np.flatnonzero(section.usable)) == [0, 3, 7]
    kept = section.select(section.usable)
    tiles = list(section.image.cutter()(kept.position_um / kept.um_per_pixel, 8.0, 8))
    assert [int(tile[0, 0, 0]) for tile in tiles] == [0, 30, 70]


def test_a_tile_of_an_unknown_spot_is_refused(h5ad: Write, tmp_path: Path) -> None:
    path = h5ad()
    (tmp_path / "one.png").unlink()
    with h5py.File(tmp_path / "one_patches.h5", "w") as file:
        file["img"] = np.zeros((2, 8, 8, 3), dtype=np.uint8)
        file["barcode"] = [b"spot1", b"other"]
    with pytest.raises(DataError, match="1 of 2 tiles belong to no spot"):
        read_section(path, um_per_pixel=0.5)


def test_the_small_image_inside_is_used_where_there_is_no_other(h5ad: Write, tmp_path: Path) -> None:
    path = h5ad()
    (tmp_path / "one.png").unlink()
    with h5py.File(path, "r+") as file:
        pixels = np.zeros((150, 200, 3))
        pixels[45, 40] = 1.0  # spot 0 lies at (80, 90) of the full image
        file["uns/spatial/lib/images/hires"] = pixels
        file["uns/spatial/lib/scalefactors/tissue_hires_scalef"] = 0.5
        file["uns/spatial/lib/scalefactors/spot_diameter_fullres"] = 60 * 0.65
    section = read_section(path)
    assert section.um_per_pixel == pytest.approx(2 * 100 / 60)
    assert "100 µm" in section.um_per_pixel_source
    tile = next(section.image.cutter()(section.position_um[:1] / section.um_per_pixel, 3.0, 3))
    assert int((tile == 255).all(axis=2).sum()) == 1


def test_two_sections_in_one_file_are_refused(h5ad: Write) -> None:
    path = h5ad()
    with h5py.File(path, "r+") as file:
        file.create_group("uns/spatial/one")
        file.create_group("uns/spatial/two")
    with pytest.raises(DataError, match="holds 2 sections"):
        read_section(path, um_per_pixel=0.5)


def test_a_real_crop_is_what_anndata_reads(shared_data: Path) -> None:
    folder = shared_data / "st" / "formats" / "visium_h5ad_crop"
    table = anndata.read_h5ad(folder / "test_data.h5ad")
    section = read_section(folder / "test_data.h5ad", image=folder / "test_img.jpg")
    assert section.counts is None  # its X was log-normalised
    assert list(section.symbol) == list(table.var_names)
    assert list(section.barcode) == list(table.obs_names)
    assert section.position_um / section.um_per_pixel == pytest.approx(table.obsm["spatial"])


def test_a_real_hest_file_is_what_anndata_reads(shared_data: Path) -> None:
    path = shared_data / "st" / "formats" / "hest_style" / "NCBI858.h5ad"
    table = anndata.read_h5ad(path)
    section = read_section(path, um_per_pixel=0.2125)
    assert np.array_equal(section.counts.toarray(), np.asarray(table.X))
    assert list(section.gene) == list(table.var_names)
    assert section.position_um / 0.2125 == pytest.approx(table.obs[["x_pixel", "y_pixel"]].to_numpy())


def _as_tiff(path: Path, um_per_pixel: float) -> Path:
    """Replace the image beside a file by a TIFF whose resolution states a size of its pixels."""
    with Image.open(path.with_suffix(".png")) as image:
        image.save(path.with_suffix(".tif"), dpi=(25_400 / um_per_pixel, 25_400 / um_per_pixel))
    path.with_suffix(".png").unlink()
    return path


def test_the_image_beside_a_file_says_its_own_size_of_a_pixel(h5ad: Write) -> None:
    section = read_section(_as_tiff(h5ad(), 2.0))
    assert section.um_per_pixel == pytest.approx(2.0, rel=1e-3)
    assert "the TIFF's resolution" in section.um_per_pixel_source
    given = read_section(section.files[0].with_suffix(".h5ad"), um_per_pixel=4.0)
    assert any("4 µm per pixel given are 2 times the 2" in note for note in given.notes)


def test_hests_estimate_outranks_what_the_image_embeds_and_it_is_said(h5ad: Write) -> None:
    path = _as_tiff(h5ad(), 2.0)
    _with_hest_metadata(path, {"pixel_size_um_estimated": 0.5})
    section = read_section(path)
    assert section.um_per_pixel == 0.5
    assert any(
        "from the TIFF's resolution differ, and HEST's estimate is used" in note for note in section.notes
    )
