"""One folder a patient: ``spectra.csv`` without header, ``raman_shift.csv`` and ``user_information.csv``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers.axis import SortedAxis, sorted_axis
from spectra_dl.spectra.readers.columns import USUAL_COLUMNS, Columns, assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.several_files import FileNotes, choose_grid, in_blocks, on_grid
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.shape import CellReader, Shape
from spectra_dl.spectra.readers.text.small_table import SmallTable, read_small_table
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import file_name
from spectra_dl.spectra.table import SpectraTable

SPECTRA, AXIS, INFORMATION = "spectra.csv", "raman_shift.csv", "user_information.csv"
# The folder says which sample and patient it is unless the user names a column.
FOLDER_COLUMNS = {role: USUAL_COLUMNS[role] for role in ("label", "batch")}
FOLDER_PATIENT = "each folder is a patient; its name is the patient id (name a column of user_information.csv to change it)"


def is_patient_folder(path: Path) -> bool:
    """Say whether ``path`` is a folder that holds spectra and their axis."""
    return path.is_dir() and (path / SPECTRA).exists() and (path / AXIS).exists()


@dataclass(frozen=True)
class _Patient:
    """One patient's folder: who it is, without the spectra."""

    folder: Path
    axis: SortedAxis
    information: dict[str, str]
    columns: Columns


def iter_patient_folders(
    folders: Sequence[Path], options: ReadOptions, *, rows: int
) -> Iterator[SpectraTable]:
    """Yield the spectra of patients' folders in blocks of ``rows``, on one grid.

    All axes are read first; then one folder's spectra, or one block, are in memory at a time.

    Parameters
    ----------
    folders
        One for each patient, in the order in which they are read.
    options
        Which columns of ``user_information.csv`` give patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Yields
    ------
    SpectraTable
        All blocks on one wavenumber axis.

    Raises
    ------
    DataError
        A file is missing or broken, does not fit the others in its folder, or two folders have one name.
    UsageError
        An option that folders can't follow (``sample_id``, ``replicates``, ``samples``), or a missing column.
    """
    for option in ("sample_id", "replicates", "samples"):
        if getattr(options, option) is not None:
            raise UsageError(f"{option} is for tables; in patients' folders the ids are folder name and row")
    patients = [_patient(folder, options) for folder in folders]
    _refuse_differing_columns(patients)
    grid, notes = choose_grid((patient.folder.name, patient.axis.wavenumber) for patient in patients)
    patient_note = () if "patient" in patients[0].columns.parts else (FOLDER_PATIENT,)
    file_notes = FileNotes((*notes, *patient_note, *patients[0].columns.notes))
    ids = UniqueIds("the folders")
    tables = (ids.check(file_notes.add(on_grid(_read_spectra(patient), grid))) for patient in patients)
    yield from in_blocks(tables, rows)


def _patient(folder: Path, options: ReadOptions) -> _Patient:
    path = folder / INFORMATION
    information: dict[str, str] = {}
    where = f"{file_name(folder)}/{INFORMATION}"
    if path.exists():
        table: SmallTable = read_small_table(path, parent=True)
        if len(table.rows) != 1:
            raise DataError(f"{where}: {len(table.rows)} rows below the header; give one row for the patient")
        information = dict(zip(table.names, table.rows[0], strict=True))
    columns = assign_columns(tuple(information), options, where, usual=FOLDER_COLUMNS)
    return _Patient(folder, _read_axis(folder), information, columns)


def _refuse_differing_columns(patients: Sequence[_Patient]) -> None:
    first = patients[0]
    for patient in patients:
        if patient.columns.names != first.columns.names:
            raise DataError(
                f"{file_name(patient.folder)}/{INFORMATION}: the columns differ from those of "
                f"{file_name(first.folder)}; give every patient the same columns in the same order"
            )


def _read_axis(folder: Path) -> SortedAxis:
    with open_lines(folder / AXIS, parent=True) as lines:
        records = Records(lines)
        shape = Shape.of(records.sample, records.name, records.delimiter)
        cells = CellReader(shape, (field for fields in records.sample for field in fields))
        values: list[float] = []
        places: list[str] = []
        for record in records:
            fields = shape.fitted(record)
            values.extend(cells.numbers(record, fields, range(len(fields))))
            places.extend(f"line {record.line}" for _ in fields)
        return sorted_axis(np.array(values), places, records.name)


def _read_spectra(patient: _Patient) -> SpectraTable:
    axis = patient.axis
    with open_lines(patient.folder / SPECTRA, parent=True) as lines:
        records = Records(lines)
        shape = Shape.of(records.sample, records.name, records.delimiter)
        if len(shape.header) != axis.wavenumber.size:
            raise DataError(
                f"{records.name}: {len(shape.header)} columns, but {AXIS} beside it has {axis.wavenumber.size} wavenumbers; "
                f"give one column for each"
            )
        cells = CellReader(shape, (field for fields in records.sample for field in fields))
        columns = range(len(shape.header))
        values, source = [], []
        for record in records:
            values.append(cells.numbers(record, shape.fitted(record), columns))
            source.append(f"{records.name} line {record.line}")
        return _patient_table(patient, values, source, (*records.notes, *axis.notes, *cells.notes))


def _patient_table(
    patient: _Patient,
    values: Sequence[Sequence[float]],
    source: Sequence[str],
    notes: Sequence[str],
) -> SpectraTable:
    name, count = patient.folder.name, len(values)
    texts = [patient.information[column] for column in patient.columns.names]
    columns = patient.columns
    if "patient" not in columns.parts:
        position = {"patient": len(columns.names)}
        columns = Columns((*columns.names, "folder"), {**columns.parts, **position}, columns.notes)
        texts = [*texts, name]
    return columns.table(
        np.array(values)[:, patient.axis.order],
        patient.axis.wavenumber,
        [texts] * count,
        default_ids=[f"{name}/{k + 1}" for k in range(count)],
        source=source,
        notes=notes,
        overlaps=patient.axis.overlaps,
    )
