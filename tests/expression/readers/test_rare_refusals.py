"""What goes wrong seldom in the files of a section, each with its own sentence."""

import gzip
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from fuzzing.sections import hest_files, legacy_files, space_ranger_files, space_ranger_text_files, tile_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import count_matrix, read_section, read_sections, slide, tenx_matrix
from spectra_dl.expression.readers.h5ad import number_column, text_column
from spectra_dl.expression.readers.legacy_st import looks_like_legacy_st
from spectra_dl.expression.readers.source import SectionSource, pixels_per_um
from spectra_dl.expression.readers.text_lines import numbers_of
from spectra_dl.imaging.slide import SlideImage
from spectra_dl.storage.hashing import sha256_of

Change = Callable[[h5py.File], None]


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write a section's files, some of them others than made, None for none at all."""

    def write(files: dict[str, bytes], **other: object) -> Path:
        folder = tmp_path / "section"
        for name, content in {**files, **other.pop("others", {})}.items():
            if content is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture
def changed(put: Callable[..., Path]) -> Callable[[Change], Path]:
    """Write an AnnData file with its image and change it."""

    def write(change: Change) -> Path:
        path = put(hest_files(), others={"one.json": None}) / "one.h5ad"
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    return write


def replaced(name: str, value: object) -> Change:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return change


def texts(name: str, values: list[bytes]) -> Change:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=values, dtype=h5py.string_dtype())

    return change


# AnnData


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replaced("X/data", np.array([b"a", b"b"])), "has shape"),
        (replaced("X/data", np.ones((3, 3))), "has shape"),
        (replaced("X/indptr", np.zeros(4, dtype=int)), "3 rows for 12"),
        (replaced("X", np.ones((12, 5))), r"numbers of shape \(12, 5\)"),
        (replaced("X/data", np.full(61, 1e308)), "indices and 12 rows|too large to be true"),
        (lambda file: file["X"].attrs.modify("shape", np.array([5, 5])), r"of shape \(5, 5\)"),
        (lambda file: file.__delitem__("X"), "no counts in layers/counts"),
        (lambda file: file.__delitem__("var"), "no table var with an index"),
        (lambda file: file["obs"].attrs.__delitem__("_index"), "no table obs with an index"),
        (replaced("obs/patient/codes", np.zeros(3, dtype=np.int8)), "has codes of shape"),
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
    with h5py.File(path) as file, pytest.raises(DataError, match="is no column of numbers"):
        number_column(file, "obs", "x", "one.h5ad")


def test_a_table_of_two_dimensions_is_no_column(changed):
    path = changed(lambda file: file["obs"].create_dataset("x", data=np.ones((12, 2))))
    with h5py.File(path) as file, pytest.raises(DataError, match=r"has shape \(12, 2\) for 12 rows"):
        text_column(file, "obs", "x", "one.h5ad")


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


def library(draw_image: np.ndarray | None, **factors: object) -> Change:
    def change(file: h5py.File) -> None:
        group = file.create_group("uns/spatial/one")
        if draw_image is not None:
            group["images/hires"] = draw_image
        for name, value in factors.items():
            group[f"scalefactors/{name}"] = value

    return change


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


def patches(changed: Callable[[Change], Path], names: list[str], *, nowhere: bool = False) -> Path:
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
    return path


def test_more_barcodes_than_patches_are_refused(changed):
    with pytest.raises(DataError, match="3 barcodes for 2 tiles"):
        read_section(patches(changed, ["B0-1", "B1-1", "B2-1"]), um_per_pixel=0.5)


def test_patches_of_spots_without_a_place_are_refused(changed):
    with pytest.raises(DataError, match="none of its 2 tiles belongs to a spot with a position"):
        read_section(patches(changed, ["B0-1", "B1-1"], nowhere=True), um_per_pixel=0.5)


# Space Ranger


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"barcodes.tsv": None}, "0 files barcodes.tsv"),
        ({"features.tsv": "ENSG1\n"}, "lines without id and name"),
        ({"features.tsv": "ENSG1\tA\tAntibody\n" * 6}, "none of its 6 features is of type"),
        ({"matrix.mtx": "%%MatrixMarket matrix array real general\n"}, "not a general coordinate matrix"),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 \u00b2\n"},
            "it says '6 12 \u00b2'",
        ),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 99999999999\n"},
            "more than can be held",
        ),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 0\n1 1 1\n"},
            "1 of 0 values",
        ),
    ],
)
def test_a_text_file_of_space_ranger_that_does_not_fit_is_refused(put, others, said):
    named = {f"filtered_feature_bc_matrix/{name}": text for name, text in others.items()}
    with pytest.raises(DataError, match=said):
        read_section(put(space_ranger_text_files(), others=named))


def test_a_long_matrix_is_read_in_blocks(put, monkeypatch):
    folder = put(space_ranger_text_files())
    whole = read_section(folder).counts.toarray()
    monkeypatch.setattr(tenx_matrix, "_BLOCK_LINES", 7)
    assert np.array_equal(read_section(folder).counts.toarray(), whole)


def test_no_counts_at_all_are_read_as_none(put):
    empty = {
        "filtered_feature_bc_matrix/matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 0\n"
    }
    assert set(read_section(put(space_ranger_text_files(), others=empty)).reason) == {"no counts"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.move("matrix", "other"), "HDF5 without the group matrix"),
        (replaced("matrix/features/id", np.array([b"A"])), "1 gene ids, 6 names"),
        (replaced("matrix/barcodes", np.arange(12)), "barcodes is no list of texts"),
        (replaced("matrix/barcodes", np.array([b"\xff%d" % k for k in range(12)])), "barcodes is not UTF-8"),
    ],
)
def test_an_hdf5_file_of_space_ranger_that_does_not_fit_is_refused(put, change, said):
    folder = put(space_ranger_files())
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "r+") as file:
        change(file)
    with pytest.raises(DataError, match=said):
        read_section(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("barcode,x,y\nB0-1,1,2\n", "the columns are"),
        ("Z-1,1,0,0,1,1\n", "none of the 12 counted barcodes lies under tissue"),
    ],
)
def test_positions_of_something_else_are_refused(put, text, said):
    with pytest.raises(DataError, match=said):
        read_section(put(space_ranger_files(), others={"spatial/tissue_positions_list.csv": text}))


def tenfold(folder: Path, width: int, height: int) -> Path:
    Image.fromarray(np.full((height, width, 3), 200, dtype=np.uint8)).save(folder / "full.png")
    return folder


def test_the_full_image_beside_the_counts_is_taken_if_its_size_fits(put):
    folder = tenfold(put(space_ranger_files()), 2000, 1500)
    assert (read_section(folder).image.width, read_section(folder).image.path.name) == (2000, "full.png")
    tenfold(folder, 1900, 1500)
    assert read_section(folder).image.path.name == "tissue_hires_image.png"
    named = read_section(folder, image=folder / "full.png")
    assert named.image.path.name == "full.png"


def test_the_full_image_alone_is_taken(put):
    folder = tenfold(put(space_ranger_files(), others={"spatial/tissue_hires_image.png": None}), 2000, 1500)
    assert read_section(folder).image.path.name == "full.png"


def test_no_image_at_all_is_refused(put):
    with pytest.raises(DataError, match=r"no tissue_hires_image\.png"):
        read_section(put(space_ranger_files(), others={"spatial/tissue_hires_image.png": None}))


# Legacy tables and tiles


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"S1.tsv": "\tA\tB\n0x0\t1\t\n"}, "no count"),
        ({"S1.tsv": "\tA\t\x00\n0x0\t1\t2\n"}, "not a section"),
        ({"S1.tsv": b"\tA\tB\n0x0\t1\t2\n1x0\t1\xff\t2\n"}, "line 3: not UTF-8"),
        ({"S1.tsv": b"\tA\tB\n0x0\t1\t2\n1x0\t\0\t2\n"}, "line 3: a NUL byte"),
        ({"S1_selection.tsv": None}, "one spot file is needed, found none"),
        ({"alignment_table_S1.tsv": "x"}, "one spot file is needed, found two"),
        ({"S1_selection.tsv": "x\ty\n1\t1\n"}, "pixel_x, pixel_y is missing"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n1\t1\t3\n"}, "3 cells for 4 columns"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\tselected\n1\t1\t3\t4\t0\n"}, "no selected spots"),
        ({"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n70\t70\t3\t4\n"}, "none of its 12 spots stands in"),
        (
            {"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n0.1\t0.1\t3\t4\n0.2\t0.2\t3\t4\n"},
            "none of its 12 spots",
        ),
        (
            {"S1_selection.tsv": "x\ty\tpixel_x\tpixel_y\n0\t0\t3\t4\n1\t0\t6\t4\n2\t0\t9\t4\n"},
            "don't span the array",
        ),
        ({"S1.png": None}, "one image of section S1 is needed"),
    ],
)
def test_a_part_of_a_legacy_section_that_does_not_fit_is_refused(put, others, said):
    with pytest.raises(DataError, match=said):
        read_section(put(legacy_files(), others=others) / "S1.tsv")


def test_a_table_whose_rows_of_counts_are_gone_is_refused(put):
    from spectra_dl.expression.readers.legacy_st import read_legacy_st

    folder = put(legacy_files(), others={"S1.tsv": "\tA\tB\n"})
    with pytest.raises(DataError, match="no rows of counts in it"):
        read_legacy_st(SectionSource(folder / "S1.tsv"))


def test_damaged_gzip_data_are_refused(put):
    packed = gzip.compress(legacy_files()["S1.tsv"] * 50)
    with pytest.raises(DataError, match=r"not a section|can't be read"):
        read_section(put(legacy_files(), others={"S1.tsv": packed[: len(packed) // 2]}) / "S1.tsv")


@pytest.mark.parametrize(
    ("lines", "legacy"),
    [
        (["\tA\tB", "spot1\t1\t2"], True),
        (["A\tB", "spot1\t1\t2"], True),
        (["\t1\t2", "spot1\t1\t2"], False),
        (["\tA\tB", "1\t1\t2"], False),
        (["\tA\tB", "spot1\t1\tx"], False),
        (["\tA\tB", "spot1"], False),
    ],
)
def test_a_legacy_table_is_told_by_names_above_and_numbers_below(lines, legacy):
    assert looks_like_legacy_st(lines) is legacy


def test_spots_without_places_measure_nothing():
    with pytest.raises(DataError, match="0 spots with positions don't span"):
        pixels_per_um(np.full((3, 2), np.nan), np.ones((3, 2)), "one")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,x,y\n", "no tiles in it"),
        ("file,x,y\ngone.png,1,1\n", "none of its 1 tiles is in the folder"),
        ("file,x,y\nt0.png,,1\n", "none of its 1 tiles is in the folder"),
    ],
)
def test_a_table_of_tiles_that_does_not_fit_is_refused(put, text, said):
    with pytest.raises(DataError, match=said):
        read_section(put(tile_files(), others={"tiles.csv": text}), um_per_pixel=0.5)


def test_tiles_without_counts_are_a_section_to_predict_on(put):
    text = "file,x,y\nt0.png,50,50\nt1.png,150,50\n"
    found = read_section(put(tile_files(), others={"tiles.csv": text}), um_per_pixel=0.5)
    assert found.counts is None
    assert found.usable.all()


@pytest.mark.parametrize("text", ["1", "1\t2\t3", ""])
def test_more_or_fewer_numbers_than_needed_are_refused(text):
    with pytest.raises(DataError, match="values, 2 are needed"):
        numbers_of(text, "\t", "x.tsv line 2", 2)


# Sheets and slides


def test_a_sheet_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file; name a CSV"):
        read_sections(tmp_path / "gone.csv")


def test_a_section_without_permission_is_refused(put, monkeypatch):
    path = put(legacy_files()) / "S1.tsv"

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", deny)
    with pytest.raises(DataError, match=r"S1\.tsv: can't be read \(Permission denied\)"):
        read_section(path)


@pytest.fixture
def tiff(tmp_path: Path) -> Callable[..., Path]:
    """Write pink tissue on white glass as TIFF."""

    def write(**options: object) -> Path:
        pixels = np.full((150, 200, 3), 245, dtype=np.uint8)
        pixels[30:130, 20:180] = (190, 110, 170)
        Image.fromarray(pixels).save(tmp_path / "a.tif", **options)
        return tmp_path / "a.tif"

    return write


def test_a_description_in_neither_latin_nor_utf_8_is_taken_as_it_is():
    assert slide._as_utf8("\u4e2d µm") == "\u4e2d µm"
    assert slide._as_utf8("Âµm") == "µm"


@pytest.mark.parametrize(
    ("um", "known"), [(0.5, (0.5, "from the slide's own field")), (None, None), (900.0, None)]
)
def test_a_slide_says_itself_how_large_its_pixels_are(um, known):
    assert slide.written_um_per_pixel(SlideImage(Path("a.svs"), 10, 10, um)) == known


def test_spots_too_close_for_a_image_are_refused(tiff):
    with pytest.raises(DataError, match="are too many or too close"):
        read_section(tiff(), um_per_pixel=100.0, pitch_um=100.0)


def test_a_image_without_tissue_under_any_spot_is_refused(tmp_path):
    Image.fromarray(np.full((150, 200, 3), 255, dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="would lie on tissue"):
        read_section(tmp_path / "a.png", um_per_pixel=1.0)


def test_tiff_fields_that_can_not_be_read_are_refused(tiff):
    path = tiff()
    content = bytearray(path.read_bytes())
    content[:4] = b"II+\0"
    path.write_bytes(content[:6])
    with pytest.raises(DataError, match=r"TIFF fields can't be read"):
        slide._tiff_tags(path)
