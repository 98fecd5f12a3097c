"""Formats of sections that are not read, each refused by its name with the way in."""

import bz2
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.text_lines import cells_of, first_lines
from spectra_dl.storage.hdf5_checks import opened_hdf5

if TYPE_CHECKING:
    import h5py

_FEATURES = "features of tiles (CLAM, TRIDENT) and no counts"
_SLIDE = "give the slide itself, or the section's .h5ad; features are computed here with --encoder"
_MODEL = "give the section's .h5ad; models of other programs are not read"
_CELL_RANGER_2 = {"barcodes", "data", "indices", "indptr", "genes"}
_HDF5_KINDS = (  # groups that must be there, and what to do
    ({"matrix", "row_attrs", "col_attrs"}, "a loom file", "in Python: scanpy.read_loom({path}).write_h5ad('section.h5ad'), with obsm['spatial']"),
    ({"cell.names", "meta.data"}, "a Seurat file (h5Seurat)", "in R: SeuratDisk::Convert({path}, dest = 'h5ad')"),
    ({"mod"}, "MuData", "in Python: mudata.read({path}).mod['rna'].write_h5ad('section.h5ad')"),
    ({"geneExp"}, "a Stereo-seq GEF file", "in Python: stereo.io.stereo_to_anndata(stereo.io.read_gef({path}, bin_size=100), output='section.h5ad')"),
    ({"cellBin"}, "a Stereo-seq cell-bin GEF file", "in Python: stereo.io.stereo_to_anndata(stereo.io.read_gef({path}, bin_type='cell_bins'), output='section.h5ad')"),
    ({"assays", "meta.data"}, "a Seurat file (h5Seurat)", "in R: SeuratDisk::Convert({path}, dest = 'h5ad')"),
    ({"barcode_idx", "umi"}, "Space Ranger's molecule_info.h5", "give the folder outs, or filtered_feature_bc_matrix.h5 with spatial/ beside it"),
    ({"feature_slices"}, "Space Ranger's feature_slice.h5", "give the folder binned_outputs or one of its bins, such as square_008um"),
    ({"img", "coords"}, "tiles of a section (patches.h5, as HEST cuts them) without its counts", "give the section's .h5ad, with this file in patches/ beside it"),
    ({"features", "coords"}, _FEATURES, _SLIDE),
    ({"feats", "coords"}, _FEATURES, _SLIDE),
    ({"features"}, _FEATURES, _SLIDE),
    ({"coords"}, "coordinates of tiles (CLAM, TRIDENT)", _SLIDE),
    ({"model_weights"}, "weights of a Keras model", _MODEL),
    ({"layer_names"}, "weights of a Keras model", _MODEL),
    ({"DataSet"}, "an Imaris image", "give the .h5ad of the section, and the image as TIFF with --image"),
)  # fmt: skip
_RDS = "in R: sceasy::convertFormat(readRDS({path}), from = 'seurat', to = 'anndata', outFile = 'section.h5ad'), with obsm['spatial']"
_GEM = (
    "in Python: stereo.io.stereo_to_anndata(stereo.io.read_gem({path}, bin_size=100), output='section.h5ad')"
)
_MERSCOPE = "in Python: spatialdata_io.merscope({path}).tables['table'].write_h5ad('section.h5ad'), with an image of the tissue stained and aligned"
_COSMX = "in Python: squidpy.read.nanostring(...).write_h5ad('section.h5ad'), with an image of the tissue stained and aligned"
_SLIDE_SEQ = "write counts and bead places as .h5ad with obsm['spatial'], and name an image of the tissue with --image; Slide-seq has none itself"
_R_STARTS = (b"X\n", b"A\n", b"RDX", b"RDA", b"B\n")
_R_NAMES = (".rds", ".rdata", ".rda")
_UNPACKED: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", lambda data: zlib.decompressobj(31).decompress(data, 64)),
    (b"BZh", lambda data: bz2.BZ2Decompressor().decompress(data, 64)),
    (b"\xfd7zXZ", lambda data: lzma.LZMADecompressor().decompress(data, 64)),
)
_HEAD = 1 << 16


def refuse_foreign_hdf5(path: Path) -> None:
    """Refuse an HDF5 file of a kind that is known and not read; what has AnnData's tables passes.

    Raises
    ------
    DataError
        It is such a file, or damaged.
    """
    with opened_hdf5(path, path.name) as file:
        names = set(file)
        genomes = [name for name in names if _is_genome(file, name)]
        # Keras keeps the names of its layers as an attribute.
        names |= {"layer_names"} & set(file.attrs)
    if {"obs", "var"} <= names and "mod" not in names:
        return
    if genomes:
        way = (
            "write it in today's layout, in Python: scanpy.read_10x_h5({path}, genome="
            + f"{min(genomes)!r:.40}"
            + ").write_h5ad('section.h5ad'), with obsm['spatial']"
        )
        _refuse(path, "a matrix of Cell Ranger 2", way)
    for needed, kind, way in _HDF5_KINDS:
        if needed <= names:
            _refuse(path, kind, way)


def _is_genome(file: "h5py.File", name: str) -> bool:
    """Say whether a group holds the matrix of one genome, as Cell Ranger 2 lays it out."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return False
    group = file[name]
    return isinstance(group, h5py.Group) and set(group) >= _CELL_RANGER_2


def refuse_foreign_file(path: Path) -> None:
    """Refuse a file of R, or a text table of a platform that is known and not read.

    Raises
    ------
    DataError
        It is such a file.
    """
    if _is_of_r(path):
        _refuse(path, "a file of R (rds)", _RDS)
    lines = [line for line in first_lines(path, 20) if not line.startswith("#")]
    header = (
        {cell.lower() for separator in "\t," for cell in cells_of(lines[0], separator)} if lines else set()
    )
    if {"geneid", "x", "y"} <= header and header & {"midcount", "midcounts", "umicount"}:
        _refuse(path, "a Stereo-seq GEM table", _GEM)
    if {"xcoord", "ycoord"} <= header or _is_slide_seq(path):
        _refuse(path, "a table of Slide-seq", _SLIDE_SEQ)
    if {"fov", "cell_id"} <= header:
        _refuse(path, "a table of CosMx", _COSMX)
    if {"center_x", "center_y"} <= header or path.name.startswith(
        ("cell_by_gene", "cell_metadata", "detected_transcripts")
    ):
        _refuse(path, "a table of MERSCOPE", _MERSCOPE)


def refuse_foreign_folder(folder: Path) -> None:
    """Refuse a folder of a platform that is known and not read.

    Raises
    ------
    DataError
        It is such a folder.
    """
    names = sorted(entry.name for entry in os.scandir(folder))
    if {"cell_by_gene.csv", "cell_metadata.csv"} <= set(names):
        _refuse(folder, "a folder of MERSCOPE", _MERSCOPE)
    if any("exprMat_file" in name for name in names):
        _refuse(folder, "a folder of CosMx", _COSMX)
    if any("BeadLocations" in name or ".digital_expression." in name for name in names):
        _refuse(folder, "a folder of Slide-seq", _SLIDE_SEQ)
    for name in names:
        if name.lower().endswith((*_R_NAMES, ".gem", ".gem.gz", ".gef", ".loom", ".h5seurat")):
            raise DataError(
                f"{folder.name}: name the file in it, {name!r:.80}, to see how it can be converted to .h5ad"
            )


def _is_slide_seq(path: Path) -> bool:
    return "BeadLocations" in path.name or ".digital_expression." in path.name


def _is_of_r(path: Path) -> bool:
    if path.name.lower().endswith(_R_NAMES):
        return True
    try:
        with open(path, "rb") as stream:
            data = stream.read(_HEAD)
        for start, unpacked in _UNPACKED:
            if data.startswith(start):
                data = unpacked(data)
                break
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return False
    return data.startswith(_R_STARTS) and b"\0" in data[:16]


def _refuse(path: Path, kind: str, way: str) -> None:
    shown = repr(path.name)[:60]
    raise DataError(f"{path.name}: {kind}, which is not read; {way.replace('{path}', shown)}")
