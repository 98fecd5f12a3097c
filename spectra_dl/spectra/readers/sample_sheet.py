"""Two-column files, one spectrum each, with or without a sheet that says whose they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.spectra.readers.columns import Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.several_files import FileNotes, choose_grid, in_blocks, on_grid
from spectra_dl.spectra.readers.text.small_table import SmallTable, read_small_table
from spectra_dl.spectra.readers.text.text_file import read_one_spectrum
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import listed, quoted, stem
from spectra_dl.spectra.table import SpectraTable

FILE_COLUMN = "file"


@dataclass(frozen=True)
class _Entry:
    """One two-column file and its row in the sheet."""

    path: Path
    cells: tuple[str, ...]


def iter_two_column_files(
    path: Path | Sequence[Path], options: ReadOptions, *, rows: int
) -> Iterator[SpectraTable]:
    """Yield the spectra of two-column files in blocks of ``rows``, on one grid.

    Parameters
    ----------
    path
        A folder, of which the sheet's files are read in the sheet's order; or files, read in their order.
    options
        The sheet, and which of its columns give sample id, patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Yields
    ------
    SpectraTable
        All blocks on one wavenumber axis.

    Raises
    ------
    DataError
        A file is missing, is no single spectrum, or has no row in the sheet.
    UnsafeError
        The sheet names a file outside the folder.
    UsageError
        A folder without a sheet, or an option that names a missing column.
    """
    columns, entries, notes = _entries(path, options)
    names: dict[str, None] = {}
    grid, grid_notes = choose_grid(_axes(entries, names))
    file_notes = FileNotes((*notes, *columns.notes, *grid_notes))
    ids = UniqueIds("the files")
    tables = (ids.check(file_notes.add(on_grid(_read(entry, columns, names), grid))) for entry in entries)
    yield from in_blocks(tables, rows)


def _axes(entries: Sequence[_Entry], names: dict[str, None]) -> Iterator[tuple[str, FloatArray]]:
    """Yield each file's name and axis, and collect the names of what the files say of their spectrum."""
    for entry in entries:
        spectrum = read_one_spectrum(entry.path)
        names.update(dict.fromkeys(spectrum.metadata))
        yield entry.path.name, spectrum.wavenumber


def _entries(path: Path | Sequence[Path], options: ReadOptions) -> tuple[Columns, list[_Entry], list[str]]:
    if options.samples is None:
        if isinstance(path, Path):
            raise UsageError(
                f"{path.name}: a folder of two-column files needs a sample sheet; give samples=sheet.csv"
            )
        if options.named():
            raise UsageError(
                f"no sample sheet to find {listed(options.named().values())} in; give samples=sheet.csv"
            )
        return Columns((), {}, ()), [_Entry(file, ()) for file in path], []
    sheet = read_small_table(options.samples)
    if FILE_COLUMN not in sheet.names:
        raise DataError(
            f"{sheet.where}: no column 'file'; the columns are {listed(sheet.names)}; call one of them 'file'"
        )
    at = sheet.names.index(FILE_COLUMN)
    columns = assign_columns(tuple(name for name in sheet.names if name != FILE_COLUMN), options, sheet.where)
    if isinstance(path, Path):
        return (
            columns,
            _of_folder(path, sheet, at),
            [*sheet.notes, *_unlisted(path, sheet, at, options.samples)],
        )
    return columns, _of_files(path, sheet, at), list(sheet.notes)


def _cells(row: Sequence[str], at: int) -> tuple[str, ...]:
    return (*row[:at], *row[at + 1 :])


def _of_folder(folder: Path, sheet: SmallTable, at: int) -> list[_Entry]:
    entries = []
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        name = row[at]
        if not _inside(folder, name):
            raise UnsafeError(
                f"{sheet.where} line {line}: file {quoted(name)} lies outside the folder; name files inside it"
            )
        if not name or not (folder / name).is_file():
            raise DataError(
                f"{sheet.where} line {line}: no file {quoted(name)} in {folder.name}; correct the sheet"
            )
        entries.append(_Entry(folder / name, _cells(row, at)))
    return entries


def _inside(folder: Path, name: str) -> bool:
    """Say whether ``name``, read as a path of any system and with its links followed, stays in ``folder``."""
    parts = PureWindowsPath(name)
    if parts.drive or parts.root or ".." in parts.parts or "\x00" in name:
        return False
    return (folder / name).resolve().is_relative_to(folder.resolve())


def _of_files(files: Sequence[Path], sheet: SmallTable, at: int) -> list[_Entry]:
    rows = {row[at]: row for row in sheet.rows}
    if len(rows) < len(sheet.rows):
        raise DataError(f"{sheet.where}: a file stands in two rows; give each file one")
    missing = [file.name for file in files if file.name not in rows]
    if missing:
        raise DataError(
            f"{sheet.where}: no row for {listed(missing)}; add their rows, or leave the files out"
        )
    return [_Entry(file, _cells(rows[file.name], at)) for file in files]


def _unlisted(folder: Path, sheet: SmallTable, at: int, samples: Path) -> list[str]:
    known = {row[at] for row in sheet.rows} | {samples.name}
    unlisted = sorted(
        file.name for file in folder.iterdir() if not file.name.startswith(".") and file.name not in known
    )
    return [f"not in the sample sheet, so not read: {listed(unlisted)}"] if unlisted else []


def _read(entry: _Entry, columns: Columns, names: Iterable[str]) -> SpectraTable:
    spectrum = read_one_spectrum(entry.path)
    table = columns.table(
        spectrum.intensity,
        spectrum.wavenumber,
        [entry.cells],
        default_ids=[stem(entry.path)],
        source=[entry.path.name],
        notes=spectrum.notes,
    )
    # What only some of the files say stays empty for the rest; a sheet's column wins over a file's.
    from_file = {name: spectrum.metadata.get(name, text_array([""])) for name in names}
    return replace(table, metadata={**from_file, **table.metadata}) if from_file else table
