"""Section D: sections with gene counts."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from example_h5ad import made_counts, made_places, write_h5ad
from formats.tenx import Layout, hd_bins, tissue_image, visium, write_run, write_xenium
from refusals.inputs import pickled, section_command
from refusals.row import Command, Maker, Row

_BULK = "tests/expression/slides/test_bulk_table.py"
_TESTS = "tests/expression/readers/anndata_files/test_h5ad_section.py"
_FACTS = "tests/expression/readers/anndata_files/test_stated_facts.py"
_WRITE = "Write the .h5ad again with anndata."


def section_with(change: Callable[[h5py.File], None], *, sparse: bool = False, scale: bool = True) -> Maker:
    """A section in an .h5ad, changed, and given to predict."""

    def make(folder: Path) -> list[Command]:
        path = write_h5ad(folder, made_counts(), made_places(), sparse=sparse)
        with h5py.File(path, "r+") as file:
            change(file)
        command = section_command(folder, path.name)
        if not scale:
            command = [word for word in command if word not in ("--mpp", "0.5")]
        return [command]

    return make


def asking(*words: str) -> Maker:
    """A section in an .h5ad, given to predict with more words."""

    def make(folder: Path) -> list[Command]:
        return [section_command(folder, write_h5ad(folder, made_counts(), made_places()).name, *words)]

    return make


def _set(name: str, value: Callable[[], object]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value()

    return change


def _counts(row: int, column: int, value: float) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file["X"][row, column] = value

    return change


def _names(table: str, names: list[str]) -> Callable[[h5py.File], None]:
    return _set(f"{table}/_index", lambda: [name.encode() for name in names])


def _part(part: str, at: int, value: int) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file[f"X/{part}"][at] = value

    return change


def _category(file: h5py.File) -> None:
    group = file.create_group("obs/patient")
    group.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0"})
    group["codes"] = np.array([0] * 10 + [77, 1], dtype=np.int8)
    group["categories"] = [b"A", b"B"]


def _version(file: h5py.File) -> None:
    file.attrs["encoding-version"] = "99"


def _ceiling(change: Callable[[h5py.File], None]) -> Maker:
    """A section in an .h5ad, changed, whose noise ceiling is asked for."""
    made = section_with(change)

    def make(folder: Path) -> list[Command]:
        return [("ceiling", made(folder)[0][1])]

    return make


def _column(name: str, values: list[object]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file[f"obs/{name}"] = values

    return change


def _two_samples(file: h5py.File) -> None:
    file["obs/sample"] = [b"A", b"B"] * 6


def _one_place(file: h5py.File) -> None:
    file["obsm/spatial"][1] = file["obsm/spatial"][0]


def _unknown_encoding(file: h5py.File) -> None:
    file["obsm/spatial"].attrs.update({"encoding-type": "awkward-array", "encoding-version": "9.0"})


def _loom(folder: Path) -> list[Command]:
    with h5py.File(folder / "section.loom", "w") as file:
        for name in ("matrix", "row_attrs/Gene", "col_attrs/CellID"):
            file[name] = np.arange(3)
    return [section_command(folder, "section.loom")]


def _pickling_zarr(folder: Path) -> list[Command]:
    files = {
        ".zgroup": {"zarr_format": 2},
        "obs/.zgroup": {"zarr_format": 2},
        "var/.zgroup": {"zarr_format": 2},
        "obs/_index/.zarray": {
            "zarr_format": 2,
            "shape": [1],
            "chunks": [1],
            "dtype": "|O",
            "filters": [{"id": "pickle"}],
            "compressor": None,
        },
    }
    for name, content in files.items():
        path = folder / "section.zarr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (folder / "section.zarr/obs/_index/0").write_bytes(pickled())
    return [section_command(folder, "section.zarr")]


def _no_places(file: h5py.File) -> None:
    del file["obsm/spatial"]


def run_with(write: Callable[[Path], object], *more: str, um_per_pixel: str = "0.5") -> Maker:
    """A run of 10x Genomics in the folder ``run``, given to predict."""

    def make(folder: Path) -> list[Command]:
        (folder / "run").mkdir()
        write(folder / "run")
        command = section_command(folder, "run", *more)
        return [[um_per_pixel if word == "0.5" else word for word in command]]

    return make


def _run_of_two_samples(folder: Path) -> None:
    for sample in ("GSM1_A_", "GSM2_B_"):
        write_run(folder, visium(), Layout(prefix=sample, flat=True))


def _other_positions(folder: Path) -> None:
    write_run(folder, visium(), Layout(prefix="GSM1_A_", flat=True))
    (folder / "GSM1_A_tissue_positions.csv").rename(folder / "GSM2_B_tissue_positions.csv")


def _packed_counts(folder: Path) -> None:
    write_run(folder, visium())
    (folder / "filtered_feature_bc_matrix.h5").rename(folder / "filtered_feature_bc_matrix.h5.gz")


def _half_image(folder: Path) -> None:
    write_run(folder, visium())
    (folder / "half.png").write_bytes(tissue_image(visium().size, 0.5))


_LAYOUTS = "tests/expression/readers/tenx/test_layouts.py"
_GENES = ["TP53", "TP53", *(f"G{k}" for k in range(4))]
_SPOTS = ["A", "A", *(f"S{k}" for k in range(10))]
ROWS = [
    Row("D", "11 spot names for 12 rows of counts", "refuse", _WRITE, section_with(_names("obs", _SPOTS[:-1])), "11 barcodes"),
    Row("D", "a gene name that stands twice", "refuse", "Make the names unique.", section_with(_names("var", _GENES)), "'TP53' stands twice"),
    Row("D", "a barcode that stands twice", "refuse", "Make the names unique.", section_with(_names("obs", _SPOTS)), "'A' stands twice"),
    Row("D", "Ensembl ids in one section, symbols in the other", "refuse", "Name the genes of all sections in one way.",
        says="Genes are matched without their Ensembl version. Where fewer than half are shared, the counts of both sides are said.",
        tests=("tests/expression/test_genes.py::test_ids_beside_symbols_without_a_bridge_are_refused_with_the_remedy",
               "tests/expression/test_genes.py::test_half_the_genes_of_the_smallest_section_must_be_shared")),
    Row("D", "log-normalised values where counts are needed", "warn", "Put the raw counts into layers/counts.",
        says="Values that are no whole numbers are not taken as counts, which is said; what needs counts is refused.",
        tests=(f"{_TESTS}::test_log_normalised_values_are_no_counts_and_it_is_said",)),
    Row("D", "a negative value where counts are needed", "refuse", "Put the raw counts into layers/counts.", _ceiling(_counts(3, 2, -1.0)), "below 0"),
    Row("D", "scaled values and no counts, given to predict", "warn", "Nothing; for training put the raw counts into layers/counts.",
        says="Predicted; a note says that the values are not taken as counts.",
        tests=(f"{_TESTS}::test_negative_values_are_no_counts_and_refused_with_their_place_where_counts_are_needed",)),
    Row("D", "spots beside the tissue, marked in_tissue 0", "partial", "See the reasons in predictions.h5ad.",
        says="They stay with the reason 'not under tissue', are used for nothing, and their number is said.",
        tests=("tests/expression/readers/anndata_files/test_h5ad_variants.py::test_a_section_is_read_right_or_refused_however_it_is_stored",)),
    Row("D", "a mark of tissue that is neither 0 nor 1", "refuse", "Correct the column.", section_with(_column("in_tissue", [1] * 4 + [2] + [1] * 7)), "row 5"),
    Row("D", "two sections in one file, one over the other", "refuse", "Split the file; the sentence has the lines.", section_with(_two_samples), "names 2 sections"),
    Row("D", "two spots at one place", "refuse", "Write one file for each section.", section_with(_one_place), "'spot0' and 'spot1'"),
    Row("D", "positions written in a way that is not known", "refuse", _WRITE, section_with(_unknown_encoding), "which is not known"),
    Row("D", "a pixel given 4 times as large as the array's pitch says", "refuse", "Give the size of a pixel of the full-resolution image.",
        says="The size given and the one measured are both said.", tests=(f"{_FACTS}::test_a_given_size_of_a_pixel_that_the_array_contradicts_is_refused",)),
    Row("D", "a loom file", "refuse", "Convert it as the sentence says.", _loom, "scanpy.read_loom"),
    Row("D", "a zarr folder whose codec unpickles", "unsafe", "Write it again with anndata.", _pickling_zarr, "codec pickle"),
    Row("D", "a spot without values, a gene or a spot without counts", "partial", "See the reasons in predictions.h5ad.",
        says="Each such spot is listed with its reason. The correlation of a gene that never changes is undefined and counted as such.",
        tests=(f"{_TESTS}::test_a_row_that_is_not_finite_and_an_empty_one_are_listed", "tests/evaluation/profiles/test_profiles_harness.py::test_what_was_measured_constant_is_left_out_and_counted")),
    Row("D", "sums beyond single precision", "same", "Nothing.", says="Sums are taken in double precision.", tests=(f"{_TESTS}::test_counts_beyond_single_precision_stay_finite",)),
    Row("D", "a spot without a place", "partial", "See the reasons in predictions.h5ad.",
        says="The spot is listed without a prediction; the others are predicted.", tests=(f"{_TESTS}::test_a_spot_without_place_is_listed_and_one_off_the_image_too",)),
    Row("D", "all spots off the image", "refuse", "Is it the right image, and the right scale factor?", section_with(_set("obsm/spatial", lambda: made_places() * 100)), "0 of 12 spots"),
    Row("D", "no places of spots", "refuse", _WRITE, section_with(_no_places), "obsm['spatial']"),
    Row("D", "no um per pixel", "refuse", "Say --mpp.", section_with(lambda file: None, scale=False), "--mpp"),
    Row("D", "a sparse matrix that points to column 2,000,000,000", "refuse", _WRITE, section_with(_part("indices", 5, 2_000_000_000), sparse=True), "outside itself"),
    Row("D", "a sparse matrix whose rows end beyond its values", "refuse", _WRITE, section_with(_part("indptr", -1, 10_000), sparse=True), "outside itself"),
    Row("D", "a sparse matrix whose rows run backwards", "refuse", _WRITE, section_with(_part("indptr", 3, 0), sparse=True), "outside itself"),
    Row("D", "category 77 of 2 in the column of patients", "refuse", "Correct the column.", section_with(_category), "row 11"),
    Row("D", "a table of bulk expression with a patient in another unit, or to another base", "refuse", "Bring all patients to one unit.", says="The patient and the sums are named.", tests=(f"{_BULK}::test_one_patient_in_another_unit_or_to_another_base_is_refused",)),
    Row("D", "a table of bulk expression in which a point may part thousands", "refuse", "Write numbers without it.", says="A number is named.", tests=(f"{_BULK}::test_points_that_part_thousands_are_refused",)),
    Row("D", "age, total and the like among the genes of a table of bulk expression", "same", "Nothing.", says="They are left out with a note.", tests=(f"{_BULK}::test_columns_that_describe_patients_are_no_genes",)),
    Row("D", "a GCT file in place of a table of bulk expression", "refuse", "Delete two lines and a column.", says="The lines are named.", tests=(f"{_BULK}::test_files_of_other_kinds_are_refused_by_what_they_are",)),
    Row("D", "genes asked for that the model does not know", "refuse", "Take a name that is listed.", asking("--genes", "NOPE,GENE99"), "none of the 2 genes", code=2),
    Row("D", "a map of a gene that the model does not know", "refuse", "Take a name that is listed.", asking("--map", "GENE99"), "not among the model's genes", code=2),
    Row("D", "a list of genes that is not there", "refuse", "Correct the path.", asking("--genes", "genes.csv"), "no such file"),
    Row("D", "some of the genes asked for are missing", "warn", "Look at the note.", says="The others are written, and a note lists those that are missing.",
        tests=("tests/cli/expression/test_expression_output.py::test_predict_writes_the_genes_asked_for_and_lists_what_is_missing",)),
    Row("D", "genes that share a symbol", "warn", "Nothing.", says="They go by symbol and id, and a note lists them.",
        tests=("tests/expression/output/test_gene_names.py::test_a_symbol_that_two_genes_share_is_noted",)),
    Row("D", "a version of the format that is not known", "refuse", "Write it again with a current anndata.", section_with(_version), "version 99"),
    Row("D", "Space Ranger files of two samples in one folder", "refuse", "Name the .h5 of one, or give each a folder of its own.", run_with(_run_of_two_samples), "'GSM1_A_', 'GSM2_B_'"),
    Row("D", "positions that carry another sample's name", "refuse", "Put the files of one sample into a folder of its own.", run_with(_other_positions), "GSM2_B_tissue_positions.csv"),
    Row("D", "a Space Ranger folder whose counts are still packed", "refuse", "Unpack them with gunzip.", run_with(_packed_counts), "gunzip"),
    Row("D", "raw counts alone", "same", "Read the note.", says="Barcodes under tissue are kept, and a note names the raw file.", tests=(f"{_LAYOUTS}::test_filtered_counts_go_before_raw_ones_unless_those_are_named",)),
    Row("D", "um per pixel of the small image given for the full one", "refuse", "Give that of the full-resolution image, or none.", run_with(lambda folder: write_run(folder, visium()), um_per_pixel="5"), "10 times the 0.5 from the array's pitch"),
    Row("D", "an image of another size than the scale factors say", "refuse", "Name the full-resolution image, or give the scale.", run_with(_half_image, "--image", "run/half.png"), "or give its scale, 0.5"),
    Row("D", "bins of 12 um of a run with bins of 8", "refuse", "Ask for a multiple.", run_with(lambda folder: write_run(folder, hd_bins()), "--bin-um", "12"), "ask for 8 or 16"),
    Row("D", "bins of 16 um of Visium's spots", "refuse", "Leave --bin-um away.", run_with(lambda folder: write_run(folder, visium()), "--bin-um", "16"), "spots of Visium"),
    Row("D", "a Xenium run without an image of H&E", "refuse", "Name it with --image.", run_with(write_xenium), "one image of H&E"),
]  # fmt: skip
