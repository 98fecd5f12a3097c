"""Two-column files, one spectrum each, with or without a sheet that says whose they are."""

import os
from collections import defaultdict
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
        A folder or several, of which the sheet's files are read in the sheet's order; or files, read in their order. The sheet
        may name them with or without their folders, counted from wherever it likes.
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
        A file is missing, is no single spectrum, has no row in the sheet, or could be another by its name there.
    UnsafeError
        The sheet names a file outside the folder.
    UsageError
        A folder without a sheet, or an option that names a missing column.
    """
    columns, entries, notes = _entries(path, options)
    default_ids, id_notes = _default_ids(entries)
    names: dict[str, None] = {}
    grid, grid_notes = choose_grid(_axes(entries, names, options))
    file_notes = FileNotes((*notes, *columns.notes, *grid_notes, *id_notes))
    ids = UniqueIds("the files")
    tables = (
        ids.check(
            file_notes.add(on_grid(_read(entry, columns, default_ids[entry.path], names, options), grid))
        )
        for entry in entries
    )
    yield from in_blocks(tables, rows)


def _axes(
    entries: Sequence[_Entry], names: dict[str, None], options: ReadOptions
) -> Iterator[tuple[str, FloatArray]]:
    """Yield each file's name and axis, and collect the names of what the files say of their spectrum."""
    for entry in entries:
        spectrum = read_one_spectrum(entry.path, options)
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
    path = [path] if isinstance(path, Path) else path
    folders = [part for part in path if part.is_dir()]
    if not folders:
        return columns, _of_files(list(path), sheet, at, options.samples.parent), list(sheet.notes)
    entries = _of_folders(folders, sheet, at)
    unlisted = [note for folder in folders for note in _unlisted(folder, entries, options.samples)]
    return columns, entries, [*sheet.notes, *unlisted]


def _cells(row: Sequence[str], at: int) -> tuple[str, ...]:
    return (*row[:at], *row[at + 1 :])


def _of_folders(folders: Sequence[Path], sheet: SmallTable, at: int) -> list[_Entry]:
    """Return the file of each row, in the sheet's order."""
    below: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in _files_in(folder):
            below[path.name].append(path)
    entries = []
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        place, name = f"{sheet.where} line {line}", row[at]
        if not all(_inside(folder, name) for folder in folders):
            raise _outside(place, name)
        matches = [path for folder in folders if (path := folder.joinpath(*_parts(name))).is_file()]
        if not matches:
            bare = PureWindowsPath(name).name
            matches = [path for path in below.get(bare, ()) if _ends_with(path, name)]
        if len(matches) > 1:
            raise _ambiguous(place, name, matches)
        if not matches:
            raise DataError(
                f"{place}: no file {quoted(name)} in {listed([folder.name for folder in folders])}; correct the sheet"
            )
        if not any(matches[0].resolve().is_relative_to(folder.resolve()) for folder in folders):
            raise _outside(place, name)
        entries.append(_Entry(matches[0], _cells(row, at)))
    if len({entry.path.resolve() for entry in entries}) < len(entries):
        raise _in_two_rows(sheet.where)
    return entries


def _files_in(folder: Path) -> list[Path]:
    """Return every file in a folder and those below it; links to folders are not followed."""
    return sorted(Path(at, name) for at, _, names in os.walk(folder) for name in names)


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a path of any system, without "." for the folder itself."""
    return PureWindowsPath(name).parts


def _inside(folder: Path, name: str) -> bool:
    """Say whether ``name``, read as a path of any system and with its links followed, stays in ``folder``."""
    path = PureWindowsPath(name)
    if path.drive or path.root or ".." in path.parts or "\x00" in name:
        return False
    return folder.joinpath(*path.parts).resolve().is_relative_to(folder.resolve())


def _ends_with(path: Path, name: str) -> bool:
    """Say whether ``name`` is the path's last part or parts: the bare name, or that with folders from wherever the sheet counts."""
    parts = _parts(name)
    return bool(parts) and path.absolute().parts[-len(parts) :] == parts


def _of_files(files: Sequence[Path], sheet: SmallTable, at: int, home: Path) -> list[_Entry]:
    """Return the given files, each with its row: that which names it with most of its folders."""
    parts = [_parts(row[at]) for row in sheet.rows]
    if len(set(parts)) < len(parts):
        raise _in_two_rows(sheet.where)
    rows_of_name: dict[str, list[int]] = defaultdict(list)
    for k, each in enumerate(parts):
        rows_of_name[each[-1] if each else ""].append(k)
    row_of: dict[Path, int] = {}
    files_of: dict[int, list[Path]] = defaultdict(list)
    for file in dict.fromkeys(files):
        meant = [k for k in rows_of_name.get(file.name, ()) if _means(sheet.rows[k][at], file, home)]
        for k in meant:
            files_of[k].append(file)
        if meant:
            row_of[file] = max(meant, key=lambda k: len(parts[k]))
    if missing := [file.name for file in files if file not in row_of]:
        raise DataError(
            f"{sheet.where}: no row for {listed(missing)}; add their rows, or leave the files out"
        )
    for k, could_be in files_of.items():
        taken = [file for file in could_be if row_of[file] == k]
        if len(taken) > 1:
            raise _ambiguous(f"{sheet.where} line {sheet.lines[k]}", sheet.rows[k][at], taken)
        if not taken:
            raise _in_two_rows(sheet.where)
    return [_Entry(file, _cells(sheet.rows[row_of[file]], at)) for file in files]


def _means(name: str, file: Path, home: Path) -> bool:
    """Say whether a row's name is that of a given file, as it was given or counted from the sheet's folder."""
    if _ends_with(file, name) or _ends_with(file.resolve(), name):
        return True
    if "\x00" not in name and Path(name).is_absolute():
        return Path(name).resolve() == file.resolve()
    return ".." in _parts(name) and (home / PureWindowsPath(name).as_posix()).resolve() == file.resolve()


def _ambiguous(place: str, name: str, files: Sequence[Path]) -> DataError:
    several = listed([f"{file.parent.name}/{file.name}" for file in files])
    return DataError(f"{place}: {quoted(name)} could be {several}; write the folder before the name")


def _outside(place: str, name: str) -> UnsafeError:
    return UnsafeError(f"{place}: file {quoted(name)} lies outside the folder; name files inside it")


def _in_two_rows(where: str) -> DataError:
    return DataError(f"{where}: a file stands in two rows; give each file one")


def _unlisted(folder: Path, entries: Sequence[_Entry], samples: Path) -> list[str]:
    """Return a note of what lies in the folder and was not read."""
    home = folder.absolute()
    read = (path.absolute() for path in (*(entry.path for entry in entries), samples))
    known = {path.relative_to(home).parts[0] for path in read if path.is_relative_to(home)}
    unlisted = sorted(
        path.name for path in home.iterdir() if not path.name.startswith(".") and path.name not in known
    )
    return [f"not in the sample sheet, so not read: {listed(unlisted)}"] if unlisted else []


def _default_ids(entries: Sequence[_Entry]) -> tuple[dict[Path, str], list[str]]:
    """Return each file's name as the sample id, with its folder's name where names recur, and the note of that."""
    if len({stem(entry.path) for entry in entries}) == len(entries):
        return {entry.path: stem(entry.path) for entry in entries}, []
    with_folder = {entry.path: f"{entry.path.absolute().parent.name}/{stem(entry.path)}" for entry in entries}
    return with_folder, ["files in several folders have the same names; the sample ids begin with the folder"]


def _read(
    entry: _Entry, columns: Columns, default_id: str, names: Iterable[str], options: ReadOptions
) -> SpectraTable:
    spectrum = read_one_spectrum(entry.path, options)
    table = columns.table(
        spectrum.intensity,
        spectrum.wavenumber,
        [entry.cells],
        default_ids=[default_id],
        source=[entry.path.name],
        notes=spectrum.notes,
        overlaps=spectrum.overlaps,
    )
    # What only some of the files say stays empty for the rest; a sheet's column wins over a file's.
    from_file = {name: spectrum.metadata.get(name, text_array([""])) for name in names}
    return replace(table, metadata={**from_file, **table.metadata}) if from_file else table
