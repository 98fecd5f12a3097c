"""Section D: sections with gene counts."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from example_h5ad import made_counts, made_places, write_h5ad
from refusals.inputs import section_command
from refusals.row import Command, Maker, Row

_TESTS = "tests/expression/readers/anndata_files/test_h5ad_section.py"
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


def _no_places(file: h5py.File) -> None:
    del file["obsm/spatial"]


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
    Row("D", "a negative count", "refuse", "Give raw counts.", section_with(_counts(3, 2, -1.0)), "below 0"),
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
    Row("D", "genes asked for that the model does not know", "refuse", "Take a name that is listed.", asking("--genes", "NOPE,GENE99"), "none of the 2 genes", code=2),
    Row("D", "a map of a gene that the model does not know", "refuse", "Take a name that is listed.", asking("--map", "GENE99"), "not among the model's genes", code=2),
    Row("D", "a list of genes that is not there", "refuse", "Correct the path.", asking("--genes", "genes.csv"), "no such file"),
    Row("D", "some of the genes asked for are missing", "warn", "Look at the note.", says="The others are written, and a note lists those that are missing.",
        tests=("tests/cli/expression/test_expression_output.py::test_predict_writes_the_genes_asked_for_and_lists_what_is_missing",)),
    Row("D", "genes that share a symbol", "warn", "Nothing.", says="They go by symbol and id, and a note lists them.",
        tests=("tests/expression/output/test_gene_names.py::test_a_symbol_that_two_genes_share_is_noted",)),
    Row("D", "a version of the format that is not known", "refuse", "Write it again with a current anndata.", section_with(_version), "version 99"),
]  # fmt: skip
