"""Xenium runs: cells in µm with their counts, gathered into squares, and an image of H&E that lies on them by a matrix."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.count_matrix import refuse_duplicates
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import SectionSource, refuse_far, spot_reasons
from spectra_dl.expression.readers.tenx.affine import read_alignment
from spectra_dl.expression.readers.tenx.bins import gathered_cells, square_centres
from spectra_dl.expression.readers.tenx.layout import names_in
from spectra_dl.expression.readers.tenx.matrix_market import read_tenx_folder
from spectra_dl.expression.readers.tenx.parquet_table import is_pyarrow_there, read_parquet
from spectra_dl.expression.readers.tenx.tenx_matrix import TenxCounts, read_tenx_h5
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import ArrayPlaces, TissueSection
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.slide import open_tissue_image

DEFAULT_BIN_UM = 55.0
PIXEL_UM = 0.2125  # of the morphology image, where experiment.xenium doesn't say it
_MATRIX = "cell_feature_matrix"
_COLUMNS = ("x_centroid", "y_centroid")
_STAINED = re.compile(r"he_image[^/]{0,99}\.(?:tiff?|png|jpe?g|svs|ndpi)$", re.IGNORECASE)
_ALIGNED = re.compile(r"alignment[^/]{0,99}\.csv$", re.IGNORECASE)


@dataclass(frozen=True)
class XeniumFiles:
    """A run's files.

    Attributes
    ----------
    folder
        Holds them.
    prefix
        What stands in front of their names.
    cells
        The table of cells.
    """

    folder: Path
    prefix: str
    cells: Path


def xenium_files(path: Path) -> XeniumFiles | None:
    """Return the files of a run in this folder or its ``outs``; None where it is none.

    Raises
    ------
    DataError
        It is one, and has no table of cells or that of several samples.
    """
    for folder in (path, path / "outs"):
        names = names_in(folder)
        counted = [match[1] for name in names if (match := re.fullmatch(rf"(.*?){_MATRIX}(\.h5)?", name))]
        prefixes = list(dict.fromkeys(counted))
        if not prefixes and "experiment.xenium" in names:
            raise DataError(
                f"{folder.name}: experiment.xenium without {_MATRIX}.h5; copy it and cells.parquet (or cells.csv.gz) from the run"
            )
        if len(prefixes) > 1:
            raise DataError(
                f"{folder.name}: counts of {len(prefixes)} samples lie in one folder ({', '.join(map(repr, prefixes)):.200}); give each a "
                "folder of its own"
            )
        if prefixes:
            return XeniumFiles(folder, prefixes[0], _cells_path(folder, prefixes[0]))
    return None


def read_xenium(source: SectionSource, files: XeniumFiles) -> TissueSection:
    """Read a run as squares of 55 µm, or of the size asked for, each with the counts of the cells whose centroid lies in it.

    Parameters
    ----------
    source
        The section's ids, its image and alignment.
    files
        The run's.

    Raises
    ------
    DataError
        A part is missing, damaged, or does not fit the others; there is no image of H&E.
    """
    where, bin_um = source.stem, source.bin_um or DEFAULT_BIN_UM
    counted, centroid = _counts(files), _centroids(files.cells)
    position = np.array([centroid.get(str(cell), (np.nan, np.nan)) for cell in counted.matrix.barcode])
    known = np.flatnonzero(np.isfinite(position).all(axis=1))
    if not len(known):
        raise DataError(
            f"{files.cells.name}: none of the {len(position)} cells of the counts stands in it; is it another sample's?"
        )
    binned = gathered_cells(counted.matrix.select(known), position[known], bin_um, files.cells.name)
    centre_um = square_centres(binned, bin_um)
    image, pixel, size, notes = _on_image(source, files, centre_um)
    notes.append(
        f"{len(known)} cells gathered into {len(centre_um)} squares of {bin_um:g} µm, {np.median(binned.members):g} a square (median)"
    )
    if lost := len(position) - len(known):
        notes.append(f"{lost} cells have no place in {files.cells.name} and are left out")
    counts, scale = binned.counts, source.image_scale or 1.0
    return TissueSection(
        name=where,
        patient=source.patient,
        image=image,
        um_per_pixel=size.um_per_pixel / scale,
        um_per_pixel_source=size.source,
        barcode=counts.barcode,
        position_um=pixel * size.um_per_pixel,
        reason=spot_reasons(pixel * scale, counts.depth, image, where),
        counts=counts.counts,
        gene=counts.gene,
        symbol=counts.symbol,
        spot_diameter_um=bin_um,
        spot_pitch_um=bin_um,
        notes=tuple(f"{where}: {note.removeprefix(f'{where}: ')}" for note in (*notes, *counted.notes)),
        files=(image.path, files.cells),
        full_um_per_pixel=size.um_per_pixel,
        array=ArrayPlaces(None, binned.array[:, 0], binned.array[:, 1]),
    )


def _cells_path(folder: Path, prefix: str) -> Path:
    endings = ["cells.parquet", "cells.csv.gz", "cells.csv"]
    if not is_pyarrow_there():
        endings.append(endings.pop(0))  # without pyarrow the text is read where there is one
    paths = [folder / f"{prefix}{name}" for name in endings if (folder / f"{prefix}{name}").is_file()]
    if not paths:
        raise DataError(
            f"{folder.name}: {prefix}{_MATRIX} without {prefix}cells.parquet or {prefix}cells.csv.gz, which say where the cells lie; copy one "
            "from the run"
        )
    return paths[0]


def _counts(files: XeniumFiles) -> TenxCounts:
    path = files.folder / f"{files.prefix}{_MATRIX}.h5"
    return read_tenx_h5(path) if path.is_file() else read_tenx_folder(path.with_suffix(""))


def _centroids(path: Path) -> dict[str, tuple[float, float]]:
    """Return x and y in µm of each cell's centroid."""
    cells, position = (
        read_parquet(path, "cell_id", _COLUMNS) if path.suffix == ".parquet" else _text_centroids(path)
    )
    refuse_duplicates(cells, "cell", path.name)
    refuse_far(position, path.name)
    return {str(cell): (x, y) for cell, (x, y) in zip(cells, position.tolist(), strict=True)}


def _text_centroids(path: Path) -> tuple[TextArray, FloatArray]:
    lines = text_lines(path)
    header = cells_of(next(lines, (1, ""))[1], ",")
    if not {"cell_id", *_COLUMNS} <= set(header):
        raise DataError(
            f"{path.name} line 1: the columns are {', '.join(header)!r:.120}; cell_id, x_centroid and y_centroid are needed"
        )
    at = [header.index(name) for name in ("cell_id", *_COLUMNS)]
    cells, position = [], []
    for number, line in lines:
        values = cells_of(line, ",")
        if len(values) != len(header):
            raise DataError(f"{path.name} line {number}: {len(values)} values for {len(header)} columns")
        cells.append(values[at[0]])
        chosen = ",".join(values[column] for column in at[1:])
        position.append(numbers_of(chosen, ",", f"{path.name} line {number}", 2))
    return text_array(cells), np.array(position, dtype=np.float64).reshape(-1, 2)


def _on_image(
    source: SectionSource, files: XeniumFiles, centre_um: FloatArray
) -> tuple[TissueImage, FloatArray, PixelSize, list[str]]:
    """Return the image of H&E, where places in µm lie in its full-resolution pixels, their size, and what is to be said."""
    image = open_tissue_image(
        source.image or _only(files, _STAINED, "image of H&E (…_he_image.ome.tif)", source)
    )
    stated = written_pixel_sizes(image, given=source.um_per_pixel, image_scale=source.image_scale or 1.0)
    path = source.alignment or _alignment_beside(files, image.path)
    notes = [] if source.image else [f"{image.path.name} is taken as the image of H&E"]
    if path is None:
        size, differing = agreed_pixel_size(source.um_per_pixel, stated, source.stem)
        notes.append(
            f"no alignment matrix was named or lies there; {image.path.name} is taken to begin where the run's coordinates in µm do, unturned"
        )
        pixel = centre_um / size.um_per_pixel
    else:
        alignment, morphology = read_alignment(path), _pixel_um(files)
        by_matrix = PixelSize(morphology * alignment.scale, f"from the alignment {path.name}", measured=True)
        size, differing = agreed_pixel_size(source.um_per_pixel, [by_matrix, *stated], source.stem)
        size = by_matrix
        pixel = alignment.to_image(centre_um / morphology)
        notes.append(f"places lie on {image.path.name} by the matrix {path.name}")
    shown = size.um_per_pixel / (source.image_scale or 1.0)
    pixel_note = f"{shown:.4g} µm per pixel of {image.path.name}, {size.source}"
    return image, pixel, size, [pixel_note, *differing, *image_notes(image), *notes]


def _alignment_beside(files: XeniumFiles, image: Path) -> Path | None:
    """Return the matrix that lies beside the image or in the run; None without one."""
    stem = re.sub(r"(\.ome)?\.\w+$", "", image.name)
    named = image.parent / f"{stem}alignment.csv"
    if named.is_file():
        return named
    found = [path for folder in (image.parent, files.folder) for path in _matching(folder, _ALIGNED)]
    found = [path for path in dict.fromkeys(found) if "keypoint" not in path.name.lower()]
    if len(found) > 1:
        raise DataError(
            f"{files.folder.name}: {', '.join(path.name for path in found):.200} could each be the image's alignment; name one in the column "
            "alignment or with --alignment"
        )
    return found[0] if found else None


def _pixel_um(files: XeniumFiles) -> float:
    path = files.folder / f"{files.prefix}experiment.xenium"
    if not path.is_file():
        return PIXEL_UM
    return positive(read_json(path), "pixel_size", path.name) or PIXEL_UM


def _only(files: XeniumFiles, pattern: re.Pattern[str], what: str, source: SectionSource) -> Path:
    found = _matching(files.folder, pattern)
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "none"
        raise DataError(
            f"{source.stem}: a Xenium run has images of fluorescence; one {what} of the same section is needed and {listed:.160} lies there; name it "
            "with --image or in the column image"
        )
    return found[0]


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    return [folder / name for name in names_in(folder) if pattern.search(name) and (folder / name).is_file()]
