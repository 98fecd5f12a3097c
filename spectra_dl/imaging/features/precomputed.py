"""Precomputed features of another tool, joined to a section's spots by barcode."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.imaging.features.block import FeatureBlock, Features
from spectra_dl.imaging.features.file import read_feature_file
from spectra_dl.imaging.tile_source import TileSource

PRECOMPUTED_PREFIX = "features:"
PRECOMPUTED = "features"


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
    """Read features from a file, or from ``SECTION.h5`` in a folder, and join them to a section's spots by barcode.

    Parameters
    ----------
    path
        An HDF5 file as `read_feature_file` takes it, or a folder of such files named after the sections.
    section
        The spots; features of barcodes that it doesn't have are left out.

    Raises
    ------
    DataError
        There is no such file, it can't be used, or none of its barcodes is a spot of the section.
    """
    file = path / f"{section.name}.h5" if path.is_dir() else path
    if not file.is_file():
        raise DataError(
            f"{file}: no such file of features; name an HDF5 file, or a folder with one named after each section ({section.name}.h5)"
        )
    content = read_feature_file(file)
    row_of = {barcode: row for row, barcode in enumerate(content.barcode)}
    rows = np.array([row_of.get(barcode, -1) for barcode in section.barcode], dtype=np.intp)
    if not (rows >= 0).any():
        raise DataError(
            f"{file.name}: none of its {len(row_of)} barcodes is a spot of section {section.name} "
            f"({content.barcode[:1].tolist()} against {section.barcode[:1].tolist()}); is it another section's file?"
        )
    values = np.full((len(section), content.values.shape[1]), np.nan, dtype=np.float32)
    values[rows >= 0] = content.values[rows[rows >= 0]]
    block = FeatureBlock(PRECOMPUTED, float("nan"), values.shape[1], content.reference_features)
    return PrecomputedFeatures(values, block)
