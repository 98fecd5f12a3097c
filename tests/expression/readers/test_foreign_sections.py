"""Formats that are not read are refused by their name, with the line that converts them."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (["matrix", "row_attrs", "col_attrs", "layers"], r"loom file.*scanpy\.read_loom\('a\.h5'\)"),
        (["assays", "cell.names", "meta.data"], r"h5Seurat.*SeuratDisk::Convert"),
        (["mod", "obs", "var"], "MuData.*mod"),
        (["geneExp", "wholeExp"], "GEF.*read_gef"),
        (["cellBin"], "cell-bin GEF"),
        (["barcode_idx", "umi", "feature_idx", "features"], "molecule_info.h5"),
        (["assays", "meta.data"], "h5Seurat"),
        (["feature_slices", "masks"], r"feature_slice\.h5"),
        (
            [f"GRCh38/{name}" for name in ("barcodes", "data", "indices", "indptr", "genes", "gene_names")],
            r"Cell Ranger 2.*read_10x_h5\('a\.h5', genome='GRCh38'\)",
        ),
        (["img", "coords", "barcode"], "tiles of a section"),
        (["features", "coords"], "features of tiles"),
        (["coords"], "coordinates of tiles"),
        (["model_weights/dense"], "Keras"),
        (["DataSet"], "Imaris"),
        (["weights"], "no table obs"),
    ],
)
def test_an_hdf5_file_of_another_kind_is_named(tmp_path: Path, groups: list[str], said: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in groups:
            file[name] = np.arange(3)
    with pytest.raises(DataError, match=said):
        read_section(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("section.rds", b"anything", "file of R"),
        (
            "section.bin",
            gzip.compress(b"X\n\0\0\0\3\0\4\0\1" + bytes(90), mtime=0),
            "file of R.*convertFormat",
        ),
        ("a.RData", gzip.compress(b"RDX3\nX\n\0\0\0\3", mtime=0), "file of R"),
        ("a.gem", b"#FileFormat=GEMv0.1\ngeneID\tx\ty\tMIDCount\nA\t1\t2\t3\n", "Stereo-seq GEM.*read_gem"),
        ("a.gem.gz", gzip.compress(b"geneID\tx\ty\tMIDCounts\nA\t1\t2\t3\n", mtime=0), "Stereo-seq GEM"),
        ("beads.csv", b"barcodes,xcoord,ycoord\nAC,1,2\n", "Slide-seq"),
        ("Puck_1.digital_expression.txt", b"GENE\tAC\tAG\nA\t1\t2\n", "Slide-seq"),
        (
            "cell_metadata.csv",
            b",fov,volume,center_x,center_y\n1,0,5,2,3\n",
            r"MERSCOPE.*spatialdata_io\.merscope",
        ),
        ("metadata_file.csv", b"fov,cell_ID,Area\n1,1,5\n", r"CosMx.*squidpy\.read\.nanostring"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_section(tmp_path / name)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["cell_by_gene.csv", "cell_metadata.csv"], "folder of MERSCOPE"),
        (["S0_exprMat_file.csv"], "folder of CosMx"),
        (["Puck_BeadLocationsForR.csv"], "folder of Slide-seq"),
        (["section.rds"], "name the file in it, 'section.rds'"),
    ],
)
def test_a_folder_of_another_kind_is_named(tmp_path: Path, names: list[str], said: str) -> None:
    for name in names:
        (tmp_path / name).write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match=said):
        read_section(tmp_path)
