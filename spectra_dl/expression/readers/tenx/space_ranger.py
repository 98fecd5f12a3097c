"""Folders that 10x Genomics' Space Ranger writes, versions 1 to 3.

Neighbouring spots lie 100 µm apart, every second place of a row filled, rows 86.6 µm apart; spots are 55 µm wide. The
``spot_diameter_fullres`` of the scale factors is that of 65 µm, so the array's pitch is what pixels are measured by.
"""

from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import CountMatrix
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import (
    IMAGES,
    SectionSource,
    pixels_per_um,
    refuse_far,
    spot_reasons,
)
from spectra_dl.expression.readers.tenx.tenx_matrix import is_tenx_folder, read_tenx_folder, read_tenx_h5
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.slide import open_tissue_image

PITCH_UM, SPOT_UM = 100.0, 55.0
STEP_UM = (PITCH_UM / 2, PITCH_UM * np.sqrt(3) / 2)  # of a column and a row of the array
_COUNTS, _TRIO = "filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix"
_POSITIONS = ("tissue_positions.csv", "tissue_positions_list.csv")
_COLUMNS = ("barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres")
_SAME_SIZE = 0.02


def space_ranger_folder(folder: Path) -> Path | None:
    """Return the folder that holds Space Ranger's counts and ``spatial``, this one or the ``outs`` in it; None where there is none."""
    for candidate in (folder, folder / "outs"):
        counted = (
            (candidate / _COUNTS).is_file() or is_tenx_folder(candidate / _TRIO) or is_tenx_folder(candidate)
        )
        if counted and (candidate / "spatial").is_dir():
            return candidate
    return None


def read_space_ranger(source: SectionSource, folder: Path) -> TissueSection:
    """Read one section: every counted barcode that lies under tissue.

    Parameters
    ----------
    source
        The section's ids, and what a person states of it.
    folder
        Holds the counts and ``spatial``, as `space_ranger_folder` finds it.

    Raises
    ------
    DataError
        A part is missing, damaged, or does not fit the others.
    """
    counts = _counts(folder)
    rows, array, pixel = _positions(folder / "spatial", [str(barcode) for barcode in counts.barcode])
    left_out, counts = len(counts.barcode) - len(rows), counts.select(rows)
    factors_path = folder / "spatial" / "scalefactors_json.json"
    factors = read_json(factors_path) if factors_path.is_file() else {}
    microns = positive(factors, "microns_per_pixel", factors_path.name)
    if source.um_per_pixel is not None:
        full, stated_by = source.um_per_pixel, "as given"
    elif microns is not None:
        full, stated_by = microns, f"from microns_per_pixel in {factors_path.name}"
    else:
        full = 1.0 / pixels_per_um(array * STEP_UM, pixel, source.stem)
        stated_by = f"from the array's pitch of {PITCH_UM:g} µm between neighbouring spots"
    image, scale = _image(source, folder, positive(factors, "tissue_hires_scalef", factors_path.name))
    notes = [f"{source.stem}: {full / scale:.4g} µm per pixel of {image.path.name}, {stated_by}"]
    if left_out:
        notes.append(f"{source.stem}: {left_out} counted barcodes don't lie under tissue and are left out")
    bins = positive(factors, "bin_size_um", factors_path.name)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=full / scale,
        um_per_pixel_source=stated_by,
        barcode=counts.barcode,
        position_um=pixel * full,
        reason=spot_reasons(pixel * scale, counts.per_spot, image, source.stem),
        counts=counts.matrix,
        gene=counts.gene,
        symbol=counts.symbol,
        spot_diameter_um=bins or SPOT_UM,
        spot_pitch_um=bins or PITCH_UM,
        notes=tuple(notes),
        files=(image.path,),
    )


def _counts(folder: Path) -> CountMatrix:
    if (folder / _COUNTS).is_file():
        return read_tenx_h5(folder / _COUNTS)
    return read_tenx_folder(folder / _TRIO if is_tenx_folder(folder / _TRIO) else folder)


def _positions(
    spatial: Path, barcodes: list[str]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], FloatArray, FloatArray]:
    """Return which barcodes lie under tissue, their column and row on the array, and x and y in full-resolution pixels."""
    paths = [spatial / name for name in _POSITIONS if (spatial / name).is_file()]
    if not paths:
        raise DataError(
            f"{spatial.parent.name}: none of {', '.join(_POSITIONS)} in spatial; write tissue_positions.parquet as CSV where there is one"
        )
    path, places = paths[0], dict[str, list[float]]()
    for number, line in text_lines(path):
        barcode, _, rest = line.partition(",")
        if number == 1 and barcode.strip().strip('"') == "barcode":
            if tuple(cells_of(line, ",")) != _COLUMNS:
                raise DataError(
                    f"{path.name} line 1: the columns are {line!r:.120}; {', '.join(_COLUMNS)} are needed"
                )
            continue
        name = barcode.strip().strip('"')
        if name in places:
            raise DataError(f"{path.name} line {number}: barcode {name!r:.60} stands twice; make them unique")
        places[name] = numbers_of(rest, ",", f"{path.name} line {number}", 5)
    kept = np.array(
        [row for row, barcode in enumerate(barcodes) if places.get(barcode, (0,))[0] == 1], dtype=np.intp
    )
    if not len(kept):
        raise DataError(
            f"{path.name}: none of the {len(barcodes)} counted barcodes lies under tissue; is it another sample's file?"
        )
    table = np.array([places[barcodes[row]] for row in kept])
    refuse_far(table, path.name)
    return kept, table[:, [2, 1]], table[:, [4, 3]]  # rows are y and stand first


def _image(source: SectionSource, folder: Path, scale: float | None) -> tuple[TissueImage, float]:
    """Return the image and its pixels per full-resolution pixel: the one named, one beside the counts that has the right size, or the small one."""
    if source.image is not None:
        return open_tissue_image(source.image), 1.0
    hires = folder / "spatial" / "tissue_hires_image.png"
    candidates = [
        path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGES and path.is_file()
    ]
    if len(candidates) == 1:
        image = open_tissue_image(candidates[0])
        if scale is None or not hires.is_file():
            return image, 1.0
        reduced = open_tissue_image(hires)
        ratio = np.array([reduced.width / image.width, reduced.height / image.height]) / scale
        if np.all(np.abs(ratio - 1) < _SAME_SIZE):
            return image, 1.0
    if scale is None or not hires.is_file():
        raise DataError(
            f"{folder.name}: no tissue_hires_image.png with tissue_hires_scalef in spatial; name the full-resolution image with --image or in "
            "the column image"
        )
    return open_tissue_image(hires), scale
