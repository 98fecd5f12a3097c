"""Precomputed features of another tool, joined to a section's spots by barcode or by place."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.imaging.features.block import FeatureBlock, Features
from spectra_dl.imaging.features.file import has_barcodes, read_feature_file
from spectra_dl.imaging.features.patches import (
    patch_files,
    patch_of_spot,
    read_patches,
    refuse_coords_of_others,
)
from spectra_dl.imaging.tile_source import TileSource
from spectra_dl.storage.hdf5_checks import is_hdf5

PRECOMPUTED_PREFIX = "features:"
PRECOMPUTED = "features"
_FOLDERS = ("h5_files", "features*", "*/features*")


_OTHERS = {
    ".pt": "features of torch without places, in a file that could run code",
    ".pth": "features of torch without places, in a file that could run code",
    ".npy": "an array of numpy without barcodes or places",
    ".npz": "arrays of numpy",
    ".csv": "a table as text",
    ".parquet": "a table in Parquet",
    ".safetensors": "tensors without barcodes or places",
}
_WAY = "name CLAM's folder h5_files, TRIDENT's folder features_ENCODER, or an HDF5 file with features (n, d) and barcode (n)"


@dataclass(frozen=True, eq=False)
class PrecomputedFeatures:
    """Features of a section's spots as a file gives them.

    Attributes
    ----------
    values
        ``(n, d)`` float32; NaN rows for spots that are not in the file.
    block
        What the columns are.
    """

    values: Features
    block: FeatureBlock


def precomputed_features(path: Path, section: TileSource) -> PrecomputedFeatures:
    """Read features from a file, or from ``SECTION.h5`` in a folder, and join them to a section's spots.

    They are joined by barcode, or where the file has none, by place: each spot gets the nearest patch in which its centre lies.

    Parameters
    ----------
    path
        An HDF5 file as `read_feature_file` or `read_patches` takes it, or a folder of such files named after the sections, maybe in a
        folder ``h5_files`` or ``features_ENCODER`` of it.
    section
        The spots; features of barcodes that it doesn't have are left out.

    Raises
    ------
    DataError
        There is no such file, it can't be used, or none of its rows belongs to a spot of the section.
    """
    file = _file_of(path, section.name)
    if not has_barcodes(file):
        values, places = read_patches(file, patch_files(file.parent, section.name))
        return _joined(values, patch_of_spot(places, section, file.name))
    content = read_feature_file(file)
    row_of = {barcode: row for row, barcode in enumerate(content.barcode)}
    rows = np.array([row_of.get(barcode, -1) for barcode in section.barcode], dtype=np.intp)
    if not (rows >= 0).any():
        raise DataError(
            f"{file.name}: none of its {len(row_of)} barcodes is a spot of section {section.name} "
            f"({content.barcode[:1].tolist()} against {section.barcode[:1].tolist()}); is it another section's file?"
        )
    refuse_coords_of_others(file, rows, section)
    return _joined(content.values, rows, content.reference_features)


def _joined(
    values: Features, rows: NDArray[np.intp], reference: tuple[float, ...] = ()
) -> PrecomputedFeatures:
    """Return the features of each spot, NaN where its row is -1."""
    joined = np.full((len(rows), values.shape[1]), np.nan, dtype=np.float32)
    joined[rows >= 0] = values[rows[rows >= 0]]
    return PrecomputedFeatures(joined, FeatureBlock(PRECOMPUTED, float("nan"), values.shape[1], reference))


def _file_of(path: Path, name: str) -> Path:
    """Return the file itself, or the one of a section in a folder, laid out flat or as CLAM and TRIDENT do."""
    if path.is_file():
        if path.suffix.lower() in _OTHERS and not is_hdf5(path):
            raise DataError(f"{path.name}: {_OTHERS[path.suffix.lower()]}; {_WAY}")
        return path
    flat = path / f"{name}.h5"
    inside = sorted(file for kind in _FOLDERS for file in path.glob(f"{kind}/{name}.h5"))
    files = [flat] if flat.is_file() else inside
    if len(files) > 1:
        listed = ", ".join(file.parent.name for file in files)
        raise DataError(f"{path}: features of section {name} lie in {listed:.200}; name one of these folders")
    if not files:
        tensors = sorted(path.glob(f"**/{name}.pt"))[:1]
        if tensors:
            raise DataError(f"{tensors[0].name}: {_OTHERS['.pt']}; {_WAY}")
        raise DataError(
            f"{flat}: no such file of features; name an HDF5 file, or a folder with one named after each section ({name}.h5)"
        )
    return files[0]
