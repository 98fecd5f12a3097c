"""One section, or all those a sheet names."""

import csv
import gzip
import zlib
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.h5ad import read_h5ad_section
from spectra_dl.expression.readers.legacy_st import looks_like_legacy_st, read_legacy_st
from spectra_dl.expression.readers.source import SectionSource
from spectra_dl.expression.readers.space_ranger import is_space_ranger, read_space_ranger
from spectra_dl.expression.section import TissueSection
from spectra_dl.storage.hdf5_checks import is_hdf5

_COLUMNS = {"path", "patient", "section", "mpp", "image", "spots"}
_NEEDED = {"path", "patient", "section"}


def read_section(source: SectionSource) -> TissueSection:
    """Read one section, its kind told by its content.

    Raises
    ------
    DataError
        It is none of the kinds that are read, or a part of it can't be used.
    """
    path = source.path
    if path.is_dir():
        if is_space_ranger(path):
            return read_space_ranger(source)
        raise DataError(
            f"{path.name}: not a Space Ranger folder; it needs filtered_feature_bc_matrix.h5 (or the folder of three files) and spatial/"
        )
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder; check the path")
    if is_hdf5(path):
        return read_h5ad_section(source)
    if looks_like_legacy_st(_first_line(path)):
        return read_legacy_st(source)
    raise DataError(
        f"{path.name}: not a section; a counts table (spots in rows, genes in columns, tab-separated), a Space Ranger folder or an .h5ad is needed"
    )


def read_sections(sheet: Path) -> list[TissueSection]:
    """Read every section that a sheet names.

    Parameters
    ----------
    sheet
        CSV with columns path, patient and section, and where needed mpp (µm per pixel), image and spots; paths are relative to the sheet.

    Raises
    ------
    DataError
        A column, patient or section is missing, a section stands twice, or a section can't be read.
    """
    return [read_section(source) for source in sheet_sources(sheet)]


def sheet_sources(sheet: Path) -> list[SectionSource]:
    """Return what a sheet says of each section, before any is read."""
    try:
        with open(sheet, encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            lines = list(reader)
            columns = set(reader.fieldnames or ())
    except (OSError, ValueError, csv.Error) as err:
        raise DataError(
            f"{sheet.name}: can't be read as a CSV sheet ({str(err)[:120]}); its columns are path, patient, section"
        ) from err
    if not columns >= _NEEDED or columns - _COLUMNS:
        raise DataError(
            f"{sheet.name}: its columns are {', '.join(sorted(map(str, columns)))[:120]}; path, patient and section are needed, mpp, image and spots may be added"
        )
    if not lines:
        raise DataError(f"{sheet.name}: no sections in it; add a line for each")
    sources = [_source(sheet, number, line) for number, line in enumerate(lines, start=2)]
    names = [source.stem for source in sources]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{sheet.name}: section {twice[0]!r:.80} stands twice; give each its own name")
    return sources


def _source(sheet: Path, number: int, line: dict[str, str]) -> SectionSource:
    told = {name: (value or "").strip() for name, value in line.items() if isinstance(name, str)}
    for name in sorted(_NEEDED):
        if not told[name]:
            raise DataError(f"{sheet.name} line {number}: no {name}; fill it in")
    try:
        per_pixel = float(told["mpp"]) if told.get("mpp") else None
    except ValueError as err:
        raise DataError(
            f"{sheet.name} line {number}: mpp {told['mpp']!r:.40} is no number; give µm per pixel"
        ) from err
    folder = sheet.parent
    return SectionSource(
        path=folder / told["path"],
        name=told["section"],
        patient=told["patient"],
        um_per_pixel=per_pixel,
        image=folder / told["image"] if told.get("image") else None,
        spots=folder / told["spots"] if told.get("spots") else None,
    )


def _first_line(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            start = stream.read(1 << 20)
        if start[:2] == b"\x1f\x8b":
            start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, 1 << 20)
        return start.split(b"\n", 1)[0].decode("utf-8", errors="replace")
    except (OSError, zlib.error, gzip.BadGzipFile) as err:
        raise DataError(f"{path.name}: can't be read ({str(err)[:120]})") from err
