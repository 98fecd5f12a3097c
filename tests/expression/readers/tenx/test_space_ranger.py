"""Space Ranger folders are read as scanpy reads them."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scanpy
from scipy.io import mmwrite
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.expression.readers import read_section

HEADER = "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres\n"


@pytest.fixture
def outs(tmp_path: Path, draw_image: Callable[[Path], Path], counts: np.ndarray) -> Path:
    """A folder of version 1: 12 spots of a hexagonal array, 60 pixels apart on the full image, and a small image of a tenth."""
    folder = tmp_path / "run1"
    (folder / "spatial").mkdir(parents=True)
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "w") as file:
        rows = csr_matrix(counts)
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr"):
            group.create_dataset(name, data=getattr(rows, name))
        group.create_dataset("shape", data=np.array([6, 12], dtype=np.int32))
        group.create_dataset("barcodes", data=np.array([f"B{k}-1".encode() for k in range(12)]))
        for name, form in (("id", "ENSG{:011d}"), ("name", "SYM{}")):
            group.create_dataset(
                f"features/{name}", data=np.array([form.format(k).encode() for k in range(6)])
            )
        group.create_dataset("features/feature_type", data=np.array([b"Gene Expression"] * 6))
        group.create_dataset("features/genome", data=np.array([b"GRCh38"] * 6))
    lines = []
    for k in range(12):
        row, column = k // 4, 2 * (k % 4) + (k // 4) % 2
        lines.append(f"B{k}-1,1,{row},{column},{900 + 600 * np.sqrt(3) / 2 * row},{800 + 300 * column}\n")
    (folder / "spatial" / "tissue_positions_list.csv").write_text("".join(lines))
    factors = {"tissue_hires_scalef": 0.1, "spot_diameter_fullres": 390.0}
    (folder / "spatial" / "scalefactors_json.json").write_text(json.dumps(factors))
    draw_image(folder / "spatial" / "tissue_hires_image.png")
    return folder


def _as_folder(outs: Path, counts: np.ndarray, *, packed: bool) -> None:
    """Replace the HDF5 file by the three text files."""
    (outs / "filtered_feature_bc_matrix.h5").unlink()
    trio = outs / "filtered_feature_bc_matrix"
    trio.mkdir()
    mmwrite(trio / "matrix.mtx", csr_matrix(counts.T.astype(int)))
    (trio / "barcodes.tsv").write_text("".join(f"B{k}-1\n" for k in range(12)))
    (trio / "features.tsv").write_text("".join(f"ENSG{k:011d}\tSYM{k}\tGene Expression\n" for k in range(6)))
    for path in trio.iterdir() if packed else ():
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def test_positions_are_x_and_y_and_not_row_and_column(outs: Path) -> None:
    section = read_section(outs)
    # spot 6 is in row 1, column 5: x = 800 + 300 * 5 = 2300, y = 900 + 519.6, a tenth of that on the small image
    assert section.position_um[6] / section.um_per_pixel == pytest.approx([230.0, 141.96], abs=0.01)


def test_um_per_pixel_comes_from_the_pitch_of_100_um(outs: Path) -> None:
    section = read_section(outs)
    assert section.um_per_pixel == pytest.approx(100 / 60)
    assert "100 µm" in section.um_per_pixel_source
    assert (section.spot_pitch_um, section.spot_diameter_um) == (100.0, 55.0)


def test_given_um_per_pixel_are_those_of_the_full_image(outs: Path) -> None:
    assert read_section(outs, um_per_pixel=0.17).um_per_pixel == pytest.approx(1.7)


def test_given_um_per_pixel_that_the_pitch_contradicts_are_refused(outs: Path) -> None:
    with pytest.raises(DataError, match=r"1\.5 times the 0\.1667 from the array's pitch"):
        read_section(outs, um_per_pixel=0.25)


def test_microns_per_pixel_of_later_versions_are_taken(outs: Path) -> None:
    path = outs / "spatial" / "scalefactors_json.json"
    path.write_text(json.dumps({"tissue_hires_scalef": 0.1, "microns_per_pixel": 0.17}))
    assert read_section(outs).um_per_pixel == pytest.approx(1.7)


def test_microns_per_pixel_that_the_pitch_contradicts_are_refused_unless_one_is_chosen(outs: Path) -> None:
    path = outs / "spatial" / "scalefactors_json.json"
    path.write_text(json.dumps({"tissue_hires_scalef": 0.1, "microns_per_pixel": 0.2}))
    with pytest.raises(
        DataError, match=r"0\.2 µm per pixel from microns_per_pixel .* but 0\.1667 from the array"
    ):
        read_section(outs)
    section = read_section(outs, um_per_pixel=0.16)
    assert section.um_per_pixel == pytest.approx(1.6)
    assert any("0.8 times the 0.2 from microns_per_pixel" in note for note in section.notes)


@pytest.mark.parametrize("packed", [False, True])
def test_three_text_files_are_the_same_counts(outs: Path, counts: np.ndarray, packed: bool) -> None:
    first = read_section(outs)
    _as_folder(outs, counts, packed=packed)
    second = read_section(outs)
    assert np.array_equal(first.counts.toarray(), counts)
    assert np.array_equal(first.counts.toarray(), second.counts.toarray())
    assert list(first.gene) == list(second.gene)
    assert list(first.symbol) == list(second.symbol)


def test_a_header_over_the_positions_changes_nothing(outs: Path) -> None:
    first = read_section(outs)
    old = outs / "spatial" / "tissue_positions_list.csv"
    (outs / "spatial" / "tissue_positions.csv").write_text(HEADER + old.read_text())
    old.unlink()
    assert np.array_equal(first.position_um, read_section(outs).position_um)


def test_the_folder_above_outs_is_read_too(outs: Path) -> None:
    above = outs.parent / "sample"
    above.mkdir()
    shutil.move(outs, above / "outs")
    assert len(read_section(above)) == 12


def test_spots_beside_the_tissue_keep_their_row_with_a_reason(outs: Path) -> None:
    path = outs / "spatial" / "tissue_positions_list.csv"
    path.write_text(path.read_text().replace("B3-1,1,", "B3-1,0,"))
    section = read_section(outs)
    assert list(section.barcode) == [f"B{k}-1" for k in range(12)]
    assert section.reason[3] == "not under tissue"
    assert list(np.flatnonzero(~section.usable)) == [3]
    assert list(np.flatnonzero(~section.array.in_tissue)) == [3]
    assert any("1 of 12 counted barcodes" in note for note in section.notes)


def test_other_features_than_genes_are_left_out(outs: Path) -> None:
    with h5py.File(outs / "filtered_feature_bc_matrix.h5", "r+") as file:
        kinds = file["matrix/features/feature_type"][()]
        kinds[2] = b"Antibody"
        file["matrix/features/feature_type"][...] = kinds
    assert "SYM2" not in list(read_section(outs).symbol)


def test_a_stretched_image_is_refused(outs: Path) -> None:
    path = outs / "spatial" / "tissue_positions_list.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text(
        "".join(",".join([*cells[:4], str(float(cells[4]) * 1.2), cells[5]]) + "\n" for cells in lines)
    )
    with pytest.raises(DataError, match="--mpp"):
        read_section(outs)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("indices", 2_000_000_000, "outside itself"),
        ("indices", -1, "outside itself"),
        ("indptr", 10_000, "outside itself"),
        ("shape", 7, "7"),
    ],
)
def test_counts_that_point_outside_are_refused(outs: Path, name: str, value: int, said: str) -> None:
    with h5py.File(outs / "filtered_feature_bc_matrix.h5", "r+") as file:
        stored = file[f"matrix/{name}"]
        stored[0 if name == "shape" else stored.shape[0] // 2] = value
    with pytest.raises(DataError, match=said):
        read_section(outs)


def test_a_link_into_another_file_is_not_followed(outs: Path) -> None:
    with h5py.File(outs / "filtered_feature_bc_matrix.h5", "r+") as file:
        del file["matrix/barcodes"]
        file["matrix/barcodes"] = h5py.ExternalLink("/etc/passwd", "/x")
    with pytest.raises(UnsafeError, match="link"):
        read_section(outs)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("7 1 3", "outside"),
        ("0 1 3", "outside"),
        ("1.5 1 3", "outside"),
        ("1 x 3", "row, column"),
        ("", "of"),
    ],
)
def test_a_broken_line_of_the_matrix_is_refused(outs: Path, counts: np.ndarray, line: str, said: str) -> None:
    _as_folder(outs, counts, packed=False)
    path = outs / "filtered_feature_bc_matrix" / "matrix.mtx"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], line]) + "\n")
    with pytest.raises(DataError, match=said):
        read_section(outs)


@pytest.mark.parametrize(
    ("line", "said"),
    [("B0-1,1,0\n", "line 13"), ("B0-1,1,0,0,1,1\n", "stands twice"), ("Z,1,0,0,a,1\n", "'a' is no number")],
)
def test_a_broken_line_of_positions_is_named(outs: Path, line: str, said: str) -> None:
    path = outs / "spatial" / "tissue_positions_list.csv"
    path.write_text(path.read_text() + line)
    with pytest.raises(DataError, match=said):
        read_section(outs)


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"tissue_hires_scalef": -1}', '{"tissue_hires_scalef": "a"}', "[" * 100_000]
)
def test_broken_scale_factors_are_refused(outs: Path, text: str) -> None:
    (outs / "spatial" / "scalefactors_json.json").write_text(text)
    with pytest.raises(DataError, match=r"scalefactors_json\.json"):
        read_section(outs)


def test_a_folder_without_positions_is_refused_with_their_names(outs: Path) -> None:
    (outs / "spatial" / "tissue_positions_list.csv").unlink()
    with pytest.raises(DataError, match=r"tissue_positions\.csv"):
        read_section(outs)


def test_a_real_folder_is_what_scanpy_reads(
    shared_data: Path, tmp_path: Path, draw_image: Callable[[Path], Path]
) -> None:
    folder = shared_data / "st" / "formats" / "visium_spaceranger1"
    section = read_section(folder)
    table = scanpy.read_10x_h5(folder / "filtered_feature_bc_matrix.h5")
    table = table[list(section.barcode)]
    assert np.array_equal(section.counts.toarray(), table.X.toarray())
    assert list(section.symbol) == list(table.var_names)
    assert list(section.gene) == list(table.var["gene_ids"])
    places = np.loadtxt(folder / "spatial" / "tissue_positions_list.csv", delimiter=",", dtype=str)
    row = {line[0]: line for line in places}
    expected = np.array([[float(row[barcode][5]), float(row[barcode][4])] for barcode in section.barcode])
    scale = json.loads((folder / "spatial" / "scalefactors_json.json").read_text())["tissue_hires_scalef"]
    assert section.position_um / section.um_per_pixel == pytest.approx(expected * scale)
    # Space Ranger's own diameter is that of 65 µm: an independent measure of µm per pixel.
    assert section.um_per_pixel * scale == pytest.approx(65 / 89.4275, rel=0.01)
