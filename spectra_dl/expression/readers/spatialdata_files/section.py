"""One section in a SpatialData folder, read with the spatialdata library after the folder was checked.

Marchetto et al. 2024, doi 10.1038/s41592-024-02212-x.
"""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers.anndata_files.content import Region, SpotContent, read_content
from spectra_dl.expression.readers.anndata_files.hest_metadata import HestMetadata
from spectra_dl.expression.readers.anndata_files.section import patient_of, value_notes
from spectra_dl.expression.readers.array_pitch import array_pixel_size, pitch_pixel_size
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.pixel_size import agreed_pixel_size
from spectra_dl.expression.readers.source import SectionSource, spot_reasons
from spectra_dl.expression.readers.spatialdata_files.elements import PlacedSpots, placed_spots
from spectra_dl.expression.readers.spatialdata_files.image import spatialdata_image
from spectra_dl.expression.readers.spatialdata_files.table_choice import ChosenTable, choose_table
from spectra_dl.expression.readers.stored.zarr_files import open_zarr
from spectra_dl.expression.readers.tenx.space_ranger import spot_pixel_size
from spectra_dl.expression.section import TissueSection, pitch_of
from spectra_dl.storage.wording import printable
from spectra_dl.storage.zarr_files.checks import check_zarr

if TYPE_CHECKING:
    from spatialdata import SpatialData


def read_spatialdata_section(source: SectionSource) -> TissueSection:
    """Read the spots that a table annotates, on the picture that shares a coordinate system with them.

    Raises
    ------
    UsageError
        The spatialdata library is not installed.
    UnsafeError
        The folder reaches outside itself, or names an unknown codec.
    DataError
        It can't be read, holds several sections, or µm per pixel are not known.
    """
    path, where = source.path, source.path.name
    if source.image is not None or source.image_scale is not None:
        raise DataError(
            f"{where}: SpatialData brings its picture along; leave --image and --image-scale away, or write the picture into the folder"
        )
    check_zarr(path, where)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = _opened(path)
        table = choose_table(data, source, where)
        root = open_zarr(path / "tables" / table.name, where=f"{where} tables/{printable(table.name)}")
        placed = placed_spots(data, table.region, where)
        rows = np.flatnonzero(table.of_region)
        placed = _joined(placed, table.instance[rows], table, where)
        content = read_content(
            root, list(dict.fromkeys((source.stem, path.stem))), Region(rows, placed.pixel)
        )
    kept = np.searchsorted(rows, content.rows)
    placed = replace(placed, instance=placed.instance[kept], pixel=placed.pixel[kept])
    return _section(source, table, content, placed)


def _opened(path: Path) -> "SpatialData":
    try:
        import spatialdata
    except ImportError as err:
        raise UsageError(
            f"{path.name}: install what reads SpatialData: pip install --upgrade 'spectra-dl[spatial]' ({printable(str(err), 80)})"
        ) from err
    try:
        return spatialdata.read_zarr(path, selection=("images", "shapes", "tables"))
    except Exception as err:  # it raises whatever its parsers do
        raise DataError(
            f"{path.name}: can't be read as SpatialData ({type(err).__name__}: {printable(str(err), 120)}); write it again with spatialdata"
        ) from err


def _joined(placed: PlacedSpots, instance: TextArray, table: ChosenTable, where: str) -> PlacedSpots:
    """Return the shapes in the order of a table's rows."""
    refuse_duplicates(placed.instance, "shape", f"{where}: {printable(table.region)}")
    row_of = {name: row for row, name in enumerate(placed.instance)}
    lost = [name for name in instance if name not in row_of]
    if lost or not len(instance):
        raise DataError(
            f"{where}: {len(lost) or 'all'} of {len(instance)} rows of the table {printable(table.name)} annotate no shape of {printable(table.region)}"
            f"{f', {printable(str(lost[0]))} among them' if lost else ''}; write table and shapes again"
        )
    rows = np.array([row_of[name] for name in instance], dtype=np.intp)
    return replace(placed, instance=instance, pixel=placed.pixel[rows])


def _section(
    source: SectionSource, table: ChosenTable, content: SpotContent, placed: PlacedSpots
) -> TissueSection:
    where, pixel, scale = source.path.name, placed.pixel, placed.scale
    full_pixel, diameter = pixel / scale, None if placed.diameter is None else placed.diameter / scale
    image = spatialdata_image(source.path, placed.image, placed.channels)
    measured, notes = array_pixel_size(full_pixel, content.array, table.bin_um, where)
    by_array = measured or (None if table.bin_um else pitch_pixel_size(full_pixel, diameter))
    by_spots = spot_pixel_size(None if table.bin_um or not by_array else diameter, "by the shapes' radius")
    size, differing = agreed_pixel_size(source.um_per_pixel, [by_array, by_spots], where)
    full = size.um_per_pixel
    values, counts = content.values, content.counts
    patient, patient_notes = patient_of(source, content, HestMetadata())
    said = [
        f"{full:.4g} µm per pixel, {size.source}",
        f"{len(pixel)} spots of {table.region} on the picture {placed.image}{_reduced(scale)}",
        *table.notes,
        *value_notes(content),
        *content.notes,
        *notes,
        *differing,
        *patient_notes,
    ]
    pitch: float | None = pitch_of(full_pixel) * full
    return TissueSection(
        name=source.stem,
        patient=patient,
        image=image,
        um_per_pixel=full / scale,
        um_per_pixel_source=size.source,
        barcode=content.barcode,
        position_um=full_pixel * full,
        reason=spot_reasons(pixel, content.per_spot, image, source.stem, content.array.in_tissue),
        counts=None if counts is None else counts.matrix,
        gene=None if values is None else values.gene,
        symbol=None if values is None else values.symbol,
        spot_diameter_um=None if diameter is None else diameter * full,
        spot_pitch_um=pitch if pitch and np.isfinite(pitch) else None,
        notes=tuple(f"{source.stem}: {note}" for note in said),
        full_um_per_pixel=full,
        array=content.array,
        library_id=content.library_id,
    )


def _reduced(scale: float) -> str:
    return "" if scale == 1.0 else f", which has {scale:.4g} pixels per full-resolution pixel"
