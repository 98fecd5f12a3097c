"""Folders that 10x Genomics' Space Ranger writes, versions 1 to 3."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.image import open_image
from spectra_dl.expression.readers.source import PICTURES, SectionSource, spot_reasons
from spectra_dl.expression.section import FloatArray, TissueSection, pitch_of, text_array

if TYPE_CHECKING:
    from anndata import AnnData

_PITCH_UM, _SPOT_UM = 100.0, 55.0
_COUNTS, _TRIO = "filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix"
_POSITIONS = ("tissue_positions.csv", "tissue_positions_list.csv")
_COLUMNS = ("barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres")


def is_space_ranger(folder: Path) -> bool:
    """Say whether a folder holds Space Ranger's counts and positions."""
    counted = (folder / _COUNTS).is_file() or (folder / _TRIO).is_dir()
    return counted and any((folder / "spatial" / name).is_file() for name in _POSITIONS)


def read_space_ranger(source: SectionSource) -> TissueSection:
    """Read one section; only spots under tissue.

    Raises
    ------
    DataError
        A part is missing, damaged, or does not fit the others.
    """
    from scipy.sparse import csr_matrix

    folder = source.path
    counts = _counts(folder)
    positions, pixel = _positions(folder / "spatial", [str(name) for name in counts.obs_names])
    counts = counts[positions]
    matrix = csr_matrix(counts.X, dtype=np.float64)
    scale, picture = _picture(source)
    image = open_image(picture)
    pixel = pixel * scale
    per_pixel, said = _um_per_pixel(source, pixel)
    gene = counts.var.get("gene_ids", counts.var_names)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=per_pixel,
        um_per_pixel_source=said,
        barcode=text_array(counts.obs_names),
        position_um=pixel * per_pixel,
        reason=spot_reasons(
            pixel, np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel(), image, source.stem
        ),
        counts=matrix,
        gene=text_array(gene),
        symbol=text_array(counts.var_names),
        spot_diameter_um=_SPOT_UM,
        spot_pitch_um=_PITCH_UM,
        notes=(f"{source.stem}: {per_pixel:.4g} µm per pixel of {picture.name}, {said}",),
    )


def _counts(folder: Path) -> "AnnData":
    import warnings

    import scanpy

    path = folder / _COUNTS if (folder / _COUNTS).is_file() else folder / _TRIO
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gene symbols stand twice in every 10x reference; ids don't
            read = (
                scanpy.read_10x_h5(path)
                if path.is_file()
                else scanpy.read_10x_mtx(path, var_names="gene_symbols", make_unique=False)
            )
    except (OSError, KeyError, ValueError, IndexError) as err:
        raise DataError(
            f"{path.name}: Space Ranger's counts can't be read ({' '.join(str(err).split())[:150]}); take a fresh copy"
        ) from err
    if not read.obs_names.is_unique:
        raise DataError(
            f"{path.name}: some barcodes stand twice; a join would multiply spots, take a fresh copy"
        )
    return read


def _positions(spatial: Path, barcodes: list[str]) -> tuple[list[int], FloatArray]:
    """Return which barcodes lie under tissue, and their x and y in full-resolution pixels."""
    import csv

    path = next(spatial / name for name in _POSITIONS if (spatial / name).is_file())
    with open(path, encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    first = 1 if lines and lines[0][:1] == ["barcode"] else 0
    if first and tuple(lines[0]) != _COLUMNS:
        raise DataError(
            f"{path.name} line 1: the columns are {', '.join(lines[0])[:120]}; {', '.join(_COLUMNS)} are needed"
        )
    places = {}
    for number, cells in enumerate(lines[first:], start=first + 1):
        try:
            barcode, under, _, _, row, column = cells
            places[barcode] = (int(under), float(column), float(row))  # rows are y
        except ValueError as err:
            raise DataError(
                f"{path.name} line {number}: not barcode, in_tissue, row, column and two pixels"
            ) from err
    kept = [at for at, barcode in enumerate(barcodes) if places.get(barcode, (0,))[0] == 1]
    if not kept:
        raise DataError(
            f"{path.name}: none of the {len(barcodes)} counted barcodes lies under tissue; is it another sample's file?"
        )
    return kept, np.array([places[barcodes[at]][1:] for at in kept], dtype=np.float64)


def _picture(source: SectionSource) -> tuple[float, Path]:
    """Return the picture and its pixels per full-resolution pixel: the one named, one beside the counts, or the small one."""
    if source.image is not None:
        return 1.0, source.image
    full = [path for path in sorted(source.path.iterdir()) if path.suffix.lower() in PICTURES]
    if len(full) == 1:
        return 1.0, full[0]
    path = source.path / "spatial" / "scalefactors_json.json"
    try:
        factors = json.loads(path.read_text(encoding="utf-8"))
        scale = float(factors["tissue_hires_scalef"])
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise DataError(
            f"{path.name}: no tissue_hires_scalef in it; name the full-resolution picture with --image"
        ) from err
    if not (math.isfinite(scale) and scale > 0):
        raise DataError(f"{path.name}: tissue_hires_scalef is {scale}; it must be above 0")
    return scale, source.path / "spatial" / "tissue_hires_image.png"


def _um_per_pixel(source: SectionSource, pixel: FloatArray) -> tuple[float, str]:
    if source.um_per_pixel is not None:
        return source.um_per_pixel, "as given"
    return _PITCH_UM / pitch_of(
        pixel
    ), f"from the array's pitch of {_PITCH_UM:g} µm between neighbouring spots"
