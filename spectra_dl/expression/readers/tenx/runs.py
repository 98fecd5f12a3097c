"""What a folder or file of 10x Genomics is, and the section in it."""

from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.source import SectionSource
from spectra_dl.expression.readers.tenx.layout import (
    Counts,
    counts_in,
    counts_of_file,
    folder_of_matrix,
    has_spatial_files,
    holds_counts_by_name,
    names_in,
    summary_of,
    with_spatial,
)
from spectra_dl.expression.readers.tenx.segmented import MATRIX, read_segmented, segmented_folder
from spectra_dl.expression.readers.tenx.space_ranger import read_space_ranger
from spectra_dl.expression.readers.tenx.tenx_matrix import is_tenx_h5
from spectra_dl.expression.readers.tenx.visium_hd import bins_in, chosen_bins, size_by_name
from spectra_dl.expression.readers.tenx.xenium import read_xenium, xenium_files
from spectra_dl.expression.section import TissueSection
from spectra_dl.storage.hdf5_checks import is_hdf5

_TRACES = ("spatial", "binned_outputs", "segmented_outputs", "outs", "experiment.xenium")
_NO_MATRIX = {
    "molecule_info.h5": "every molecule, not a matrix",
    "feature_slice.h5": "images of features, not a matrix",
    "raw_probe_bc_matrix.h5": "counts of probes, not of genes",
}


def is_tenx_file(path: Path) -> bool:
    """Say whether a file is an HDF5 file of 10x Genomics, by its content or by the name of one that holds no matrix."""
    return is_tenx_h5(path) or (path.name.endswith(tuple(_NO_MATRIX)) and is_hdf5(path))


def read_tenx_run(source: SectionSource) -> TissueSection | None:
    """Read the section in a folder of 10x Genomics; None where it is no such folder.

    Parameters
    ----------
    source
        The section, its path a folder.

    Raises
    ------
    DataError
        It is one, and a part of it is missing, ambiguous or damaged.
    """
    path = source.path
    for folder in (path, path / "outs"):
        if counts := counts_in(folder):
            return _space_ranger(source, counts)
    if sizes := bins_in(path):
        bins = chosen_bins(sizes, source.bin_um, source.stem)
        cells = segmented_folder(path)
        beside = (f"cells are read by naming {cells.name}",) if cells else ()
        return read_space_ranger(source, with_spatial(bins.counts, (*bins.notes, *beside)), bins.size_um)
    if cells := segmented_folder(path):
        return read_segmented(source, cells)
    if files := xenium_files(path):
        return read_xenium(source, files)
    names = names_in(path)
    packed = any(name.endswith("_bc_matrix.h5.gz") for name in names)
    if set(_TRACES) & set(names) or packed or has_spatial_files(path):
        raise DataError(_without_counts(path))
    return None


def read_tenx_file(source: SectionSource) -> TissueSection:
    """Read the section that belongs to a matrix of 10x Genomics that was named itself.

    Parameters
    ----------
    source
        The section, its path an HDF5 file.

    Raises
    ------
    DataError
        The folder that holds it lacks what says where the spots lie, or a part of it is damaged.
    """
    path = source.path
    for ending, what in _NO_MATRIX.items():
        if path.name.endswith(ending):
            raise DataError(
                f"{path.name}: {what}; name the folder that holds it, or its filtered_feature_bc_matrix.h5"
            )
    if path.name == MATRIX:
        return read_segmented(source, path.parent)
    if path.name.endswith("cell_feature_matrix.h5") and (files := xenium_files(path.parent)):
        return read_xenium(source, files)
    return _space_ranger(source, counts_of_file(path))


def _space_ranger(source: SectionSource, counts: Counts) -> TissueSection:
    return read_space_ranger(source, with_spatial(counts), size_by_name(counts.folder))


def _without_counts(path: Path) -> str:
    listed = summary_of(path)
    remedy = "name the folder that holds filtered_feature_bc_matrix.h5 and spatial"
    if ".tar" in listed or ".tgz" in listed or ".zip" in listed:
        remedy = "unpack the archives in it first"
    elif ".h5.gz" in listed:
        remedy = "unpack the .h5.gz with gunzip first"
    elif counts_in(path.absolute().parent):
        remedy = f"the counts lie in the folder above, name {path.absolute().parent.name}"
    elif other := _named_otherwise(path):
        remedy = other
    return f"{path.name}: a folder of Space Ranger without counts that can be read; in it {listed:.240}; {remedy}"


def _named_otherwise(path: Path) -> str:
    """Return what to do with counts that lie in a folder under another name than Space Ranger's; empty without."""
    for name in names_in(path):
        below = path / name
        if below.is_file() and is_tenx_h5(below):
            return f"name {name:.60} itself, or rename it to filtered_feature_bc_matrix.h5"
        if not below.is_dir():
            continue
        if folder_of_matrix(below):
            return f"rename {name:.60} to filtered_feature_bc_matrix, or to raw_feature_bc_matrix if barcodes beside the tissue are in it"
        genomes = [genome for genome in names_in(below) if folder_of_matrix(below / genome)]
        if holds_counts_by_name(below) and genomes:
            return f"{name:.60} holds {len(genomes)} genomes, {', '.join(genomes):.80}; keep the one of the tissue"
    return ""
