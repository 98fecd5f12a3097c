"""A sheet that lists images: path, patient, slide, label, and where known x, y, mpp, side and other columns."""

import csv
import io
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.storage.text.csv_rows import restored
from spectra_dl.storage.unsafe_contents import refuse_unsafe
from spectra_dl.tissue.readers.stated import PATIENT_TAG, StatedImage
from spectra_dl.tissue.reading_options import ImageOptions

_FIELDS = ("label", "patient", "slide", "x", "y", "mpp", "side", "annotation")
_LARGEST = 256 << 20  # bytes
_HEAD = 512


def read_sheet(sheet: Path, options: ImageOptions) -> list[StatedImage]:
    """Return the images that a CSV lists, with what it says of each; paths are relative to it.

    Parameters
    ----------
    sheet
        The CSV.
    options
        What its columns are called.

    Raises
    ------
    DataError
        It is no CSV, a column or cell is missing, or a path is missing, leads out of the folder or stands twice.
    """
    columns, rows = _cells(sheet)
    known = _known_columns(sheet.name, columns, options)
    images, lines = [], dict[str, int]()
    for line, cells in rows:
        where = f"{sheet.name} line {line}"
        row = dict(zip(columns, (restored(cell.strip()) for cell in cells), strict=True))
        name = _inside(sheet.parent, row["path"], where)
        if name in lines:
            raise DataError(f"{where}: {name!r:.120} stands in line {lines[name]} already; keep one of them")
        lines[name] = line
        said = {field: row[column] for field, column in known.items()}
        if said.get("annotation"):
            said["annotation"] = _inside(sheet.parent, said["annotation"], where)
        other = {
            column: cell for column, cell in row.items() if column not in {*known.values(), "path", *_FIELDS}
        }
        images.append(StatedImage(name, where, said, other))
    if not images:
        raise DataError(f"{sheet.name}: no line below the header; list the images")
    return images


def is_sheet_of_images(path: Path) -> bool:
    """Return whether a CSV has a column of paths."""
    try:
        return "path" in _cells(path)[0]
    except DataError:
        return False


def _known_columns(where: str, columns: list[str], options: ImageOptions) -> dict[str, str]:
    """Return which column holds each field that the sheet has."""
    asked = {"label": options.label, "patient": options.patient, "slide": options.slide}
    if options.patient == PATIENT_TAG and PATIENT_TAG not in columns:
        if "patient" in columns:
            raise DataError(
                f"{where}: it has a column patient, and --patient {PATIENT_TAG} asks for what the files say; leave one of them out"
            )
        asked["patient"] = None
    missing = [column for column in (*asked.values(), "path") if column is not None and column not in columns]
    if missing:
        raise DataError(f"{where}: no column {missing[0]!r:.60}; its columns are {first_few(columns)}")
    return {field: asked.get(field) or field for field in _FIELDS if (asked.get(field) or field) in columns}


def _inside(folder: Path, cell: str, where: str) -> str:
    """Return the path of a file in the folder, written with ``/``."""
    if not cell:
        raise DataError(f"{where}: no path; name the image, or take the line out")
    path = folder / cell.replace("\\", "/")
    if Path(cell).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(
            f"{where}: {cell!r:.120} leads out of the sheet's folder; put images into it and name them relative to the sheet"
        )
    if not path.is_file():
        raise DataError(f"{where}: there is no file {cell!r:.120}; correct the path, or take the line out")
    return path.resolve().relative_to(folder.resolve()).as_posix()


def _cells(sheet: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and number and cells of each line below."""
    try:
        if sheet.stat().st_size > _LARGEST:
            raise DataError(f"{sheet.name}: larger than 256 MiB; a sheet of images is a small CSV")
        content = sheet.read_bytes()
        refuse_unsafe(content[:_HEAD], sheet.name, "name a CSV")
        text = content.decode("utf-8-sig")
    except OSError as err:
        raise DataError(f"{sheet.name}: can't be read ({err.strerror or err}); check the path") from err
    except UnicodeDecodeError as err:
        raise DataError(f"{sheet.name}: no text in UTF-8; save it as CSV in UTF-8") from err
    reader, rows = csv.reader(io.StringIO(text, newline=""), strict=True), []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
    except csv.Error as err:
        raise DataError(
            f"{sheet.name} line {reader.line_num}: no CSV ({err!s:.80}); export it again"
        ) from err
    if not rows:
        raise DataError(f"{sheet.name}: empty; the first line names the columns: path, patient, slide, label")
    columns = [name.strip() for name in rows[0][1]]
    if len(set(columns)) != len(columns):
        raise DataError(f"{sheet.name}: two columns have one name ({first_few(columns)}); rename one")
    for line, cells in rows[1:]:
        if len(cells) != len(columns):
            raise DataError(
                f"{sheet.name} line {line}: {len(cells)} cells for {len(columns)} columns; put text with commas into quotes"
            )
    return columns, rows[1:]
