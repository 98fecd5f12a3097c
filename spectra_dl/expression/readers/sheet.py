"""One section, or all sections that a sheet lists."""

import os
from dataclasses import replace
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.section import read_anndata_section
from spectra_dl.expression.readers.array_pitch import stray_spots
from spectra_dl.expression.readers.csv_cells import csv_cells
from spectra_dl.expression.readers.foreign_sections import (
    refuse_foreign_file,
    refuse_foreign_folder,
    refuse_foreign_hdf5,
)
from spectra_dl.expression.readers.scale_factors import possible_size
from spectra_dl.expression.readers.slide import read_slide
from spectra_dl.expression.readers.source import SectionSource, refuse_same_place
from spectra_dl.expression.readers.spatialdata_files.section import read_spatialdata_section
from spectra_dl.expression.readers.stored.opened import is_anndata, is_spatialdata
from spectra_dl.expression.readers.tenx.runs import is_tenx_file, read_tenx_file, read_tenx_run
from spectra_dl.expression.readers.text_lines import first_lines, why_no_lines
from spectra_dl.expression.readers.text_tables.legacy_st import looks_like_legacy_st, read_legacy_st
from spectra_dl.expression.readers.text_tables.tile_folder import read_tile_folder, tile_table, why_no_tiles
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.slide import dicom_in, is_slide, refuse_grey_image
from spectra_dl.storage.hdf5_checks import is_hdf5
from spectra_dl.storage.unsafe_contents import refuse_unsafe

_NEEDED = ("path", "patient", "section")
_OPTIONAL = ("mpp", "image", "spots", "pitch_um", "batch", "image_scale", "bin_um", "alignment")
_MEANT = {
    "mpp": "µm",
    "pitch_um": "µm",
    "bin_um": "µm",
    "image_scale": "pixels of the image per full-resolution pixel",
}
_HEAD = 512  # bytes by which a file's kind is recognised
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def read_section(
    path: str | Path | SectionSource,
    *,
    patient: str | None = None,
    section: str | None = None,
    um_per_pixel: float | None = None,
    image: str | Path | None = None,
    spots: str | Path | None = None,
    pitch_um: float | None = None,
) -> TissueSection:
    """Read one section, its kind recognised by its content.

    Parameters
    ----------
    path
        A counts table of legacy Spatial Transcriptomics, a Space Ranger folder, an ``.h5ad``, a folder of tiles with a CSV, or an
        image; or a `SectionSource`, which takes the place of the other parameters.
    patient, section
        The ids; the section's defaults to the file's name.
    um_per_pixel
        Of the full-resolution image, above 0; None reads it from the files.
    image, spots
        The image and the spot file, where they don't have the usual names.
    pitch_um
        µm between the spots laid over an image that comes alone; 100 by default.

    Raises
    ------
    DataError
        It is none of the kinds that are read, or a part of it can't be used.
    UnsafeError
        It could run code, or leads into other files.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     slide = Image.new("RGB", (400, 300), "white")
    ...     slide.paste((190, 110, 170), (60, 40, 340, 260))  # pink tissue
    ...     slide.save(Path(folder, "S1.png"))
    ...     section = read_section(Path(folder, "S1.png"), um_per_pixel=2.0)
    >>> section.name, len(section), section.counts
    ('S1', 24, None)
    """
    if isinstance(path, SectionSource):
        return _read(path)
    seen, placed = (None if each is None else Path(each) for each in (image, spots))
    return _read(SectionSource(Path(path), section, patient, um_per_pixel, seen, placed, pitch_um))


def read_sections(sheet: Path) -> list[TissueSection]:
    """Read every section that a sheet lists.

    Parameters
    ----------
    sheet
        CSV with columns path, patient and section, and where needed mpp (µm per pixel), image, image_scale (pixels of the image per
        full-resolution pixel), spots, pitch_um, batch, bin_um (µm of a joined bin) and alignment (of a Xenium run); paths are relative to the
        sheet.

    Raises
    ------
    DataError
        A column, patient or section is missing, a section appears twice, or a section can't be read.
    """
    return [_read(source) for source in sheet_sources(sheet)]


def sheet_sources(sheet: Path) -> list[SectionSource]:
    """Return each section's files and ids as a sheet states them, before any is read."""
    if not sheet.is_file():
        raise DataError(f"{sheet}: no such file; name a CSV with columns path, patient and section")
    columns, rows = csv_cells(sheet)
    strange = [name for name in columns if name not in _NEEDED + _OPTIONAL or columns.count(name) > 1]
    if strange or not set(_NEEDED) <= set(columns):
        raise DataError(
            f"{sheet.name}: its columns are {', '.join(columns)!r:.120}; path, patient and section are needed, {', '.join(_OPTIONAL)} may be added"
        )
    if not rows:
        raise DataError(f"{sheet.name}: no sections in it; add a line for each")
    sources, first = [], dict[str, int]()
    for number, cells in rows:
        sources.append(_source(sheet, number, dict(zip(columns, cells, strict=True))))
        earlier = first.setdefault(sources[-1].stem, number)
        if earlier != number:
            raise DataError(
                f"{sheet.name}: section {sources[-1].stem!r:.80} stands twice, in lines {earlier} and {number}; give each its own name"
            )
    return sources


def _read(source: SectionSource) -> TissueSection:
    section = _read_kind(source)
    refuse_same_place(section)
    refuse_grey_image(section.image, section.position_um[section.placed] / section.um_per_pixel)
    if stray := stray_spots(section):
        section = replace(section, notes=(*section.notes, stray))
    return section if source.batch is None else replace(section, batch=source.batch)


def _read_kind(source: SectionSource) -> TissueSection:
    path = source.path
    if os.path.isdir(path):
        return _read_folder(source)
    if not os.path.isfile(path):
        raise DataError(f"{path}: no such file or folder; check the path")
    if is_tenx_file(path):
        return read_tenx_file(source)
    _refuse_bins(source)
    if is_hdf5(path):
        refuse_foreign_hdf5(path)
        return read_anndata_section(source)
    try:
        with open(path, "rb") as stream:
            start = stream.read(_HEAD)
    except OSError as err:
        raise DataError(f"{path.name}: can't be read ({err.strerror or err}); check the path") from err
    refuse_unsafe(start, path.name, "give a counts table, an .h5ad or an image")
    if start.startswith(_IMAGE_STARTS) or is_slide(path):
        return read_slide(source)
    refuse_foreign_file(path)
    if looks_like_legacy_st(first_lines(path, 2)):
        return read_legacy_st(source)
    if why := why_no_lines(start):
        raise DataError(f"{path.name}: {why}")
    raise DataError(
        f"{path.name}: not a section; a counts table (spots in rows, genes in columns, with tabs or commas), a Space Ranger folder, an .h5ad, a folder "
        "of tiles or an image is needed"
    )


def _refuse_bins(source: SectionSource) -> None:
    """Refuse what is stated for runs of 10x Genomics alone, where it would be passed over."""
    stated = {"bin_um": source.bin_um, "alignment": source.alignment}
    if named := [name for name, value in stated.items() if value is not None]:
        raise DataError(
            f"{source.stem}: {' and '.join(named)} are for Visium HD, cells of Space Ranger 4 and Xenium, and {source.path.name} is none of these; "
            "leave them away"
        )


def _read_folder(source: SectionSource) -> TissueSection:
    path = source.path
    if is_spatialdata(path):
        return read_spatialdata_section(source)
    if is_anndata(path):
        _refuse_bins(source)
        return read_anndata_section(source)
    if section := read_tenx_run(source):
        return section
    _refuse_bins(source)
    if table := tile_table(path):
        return read_tile_folder(source, table)
    if dicom_in(path):
        return read_slide(source)
    refuse_foreign_folder(path)
    raise DataError(
        f"{path.name}: neither a Space Ranger folder (filtered_feature_bc_matrix.h5 or three files, and spatial/) nor tiles with one CSV of file, x and y"
        f"{why_no_tiles(path)}"
    )


def _source(sheet: Path, number: int, cells: dict[str, str]) -> SectionSource:
    for name in _NEEDED:
        if not cells[name]:
            raise DataError(f"{sheet.name} line {number}: no {name}; fill it in")
    sizes = {name: _size(cells.get(name, ""), name, f"{sheet.name} line {number}") for name in _MEANT}
    files = {
        name: sheet.parent / cells[name] if cells.get(name) else None
        for name in ("image", "spots", "alignment")
    }
    return SectionSource(
        path=sheet.parent / cells["path"],
        name=cells["section"],
        patient=cells["patient"],
        um_per_pixel=sizes["mpp"],
        image=files["image"],
        spots=files["spots"],
        pitch_um=sizes["pitch_um"],
        batch=cells.get("batch") or None,
        bin_um=sizes["bin_um"],
        alignment=files["alignment"],
        image_scale=sizes["image_scale"],
    )


def _size(text: str, name: str, place: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = -1.0
    if value is not None and not possible_size(value):
        raise DataError(
            f"{place}: {name} {text!r:.40} is no number above 0 and below a million; give {_MEANT[name]}"
        )
    return value
