"""Read spectra from files and folders, recognised by their content and never by their suffix."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, SpectraDLError, UsageError
from spectra_dl.spectra.readers.instruments.dispatch import instrument_reader
from spectra_dl.spectra.readers.instruments.recording import iter_recordings
from spectra_dl.spectra.readers.options import PathLike, ReadOptions
from spectra_dl.spectra.readers.patient_folder import is_patient_folder, iter_patient_folders
from spectra_dl.spectra.readers.sample_sheet import iter_two_column_files
from spectra_dl.spectra.readers.several_files import FileNotes, concatenate
from spectra_dl.spectra.readers.several_tables import iter_table_files
from spectra_dl.spectra.readers.stated.sheet_of_spectra import SheetOfSpectra
from spectra_dl.spectra.readers.text.text_file import iter_text_file, read_one_spectrum
from spectra_dl.spectra.readers.text.two_files import is_axis_and_intensities, iter_axis_and_intensities
from spectra_dl.spectra.readers.wording import file_name, listed
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.hdf5_checks import is_hdf5

if TYPE_CHECKING:
    from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration

__all__ = ["ReadOptions", "iter_spectra", "read_spectra"]

DEFAULT_OPTIONS = ReadOptions()


def read_spectra(path: PathLike | Sequence[PathLike], options: ReadOptions = DEFAULT_OPTIONS) -> SpectraTable:
    r"""Read all spectra of an input, in its order.

    Parameters
    ----------
    path
        A text table (CSV, TSV, semicolons; plain or gzip) with a spectrum a row or a column, or a sheet of an Excel
        workbook (.xlsx) like it; a two-column file; a WiRE map as text; an instrument's file (Renishaw WDF, Galactic SPC,
        JCAMP-DX, LabSpec and BWSpec text, ORAS JSON, Bruker OPUS); a MATLAB file (.mat), NeXus of NXraman (.nxs),
        ramanchada2 (.cha); an HDF5 file written by spectra-dl; a folder that holds one such file only; a patient's folder or a folder of
        them; a folder of files of one spectrum each, or a table, with ``options.samples``; or a list of patients' folders, of files of
        one spectrum each, of tables of one axis and the same columns, or of one file with the axis and one with the intensities.
    options
        Which columns say who each spectrum belongs to.

    Returns
    -------
    SpectraTable
        Its ``notes`` hold every guess of the readers.

    Raises
    ------
    DataError
        The input can't be read without a doubt; says where and what to do.
    UsageError
        An option that does not fit the input, or a library for an instrument's format is missing.
    UnsafeError
        Pickle data, or a sample sheet that points outside its folder.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "serum.csv")
    ...     axis = ",".join(str(shift) for shift in range(400, 1800, 50))
    ...     _ = path.write_text(f"user,{axis}\n07,{axis[::-1]}\n8,{axis[::-1]}\n")
    ...     table = read_spectra(path, ReadOptions(patient="user"))
    >>> table
    SpectraTable(2 spectra, 28 points, 400-1750 cm-1, 2 patients)
    >>> table.notes
    ('no column sample_id; the rows were numbered',)
    """
    return concatenate(list(iter_spectra(path, options)))


def iter_spectra(
    path: PathLike | Sequence[PathLike], options: ReadOptions = DEFAULT_OPTIONS, *, rows: int = 1024
) -> Iterator[SpectraTable]:
    """Yield the spectra of an input in blocks of ``rows``; `read_spectra` is their concatenation.

    A table with one spectrum a row, a map, an HDF5 file, and several files are read with one block in memory (and one short text
    per spectrum, to find ids that stand twice). A block's notes hold what was noted so far, the last block's all.
    What is wrong with later rows is refused when they are reached.

    Parameters
    ----------
    path
        As in `read_spectra`.
    options
        As in `read_spectra`.
    rows
        Spectra in a block, at least 1; only the last block is smaller.

    Yields
    ------
    SpectraTable
        All blocks on one wavenumber axis, with the same columns.

    Raises
    ------
    DataError, UsageError, UnsafeError
        As `read_spectra`.
    """
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise UsageError(f"rows is {rows!r}; give a whole number of at least 1")
    blocks = _blocks(path, options, rows)
    if options.calibration is not None:
        from spectra_dl.spectra.axis_calibration.calibration import AxisCalibration

        blocks = map(AxisCalibration.load(options.calibration).applied, blocks)
    if options.standard is not None:
        blocks = map(_measured_calibration(options.standard, options).applied, blocks)
    if options.transfer is not None:
        from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer

        transferred = map(InstrumentTransfer.load(options.transfer).applied, blocks)
        blocks = map(FileNotes(()).add, transferred)  # what is noted of one block may not hold of the next
    if options.replicates is not None:
        blocks = replicated_blocks(blocks, options.replicates)
    yield from blocks


def _measured_calibration(standard: Path, options: ReadOptions) -> "AxisCalibration":
    """Return the correction of the axis that a standard of the day gives."""
    from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis

    table = read_spectra(standard, ReadOptions(laser_nm=options.laser_nm, reader=options.reader))
    return calibrate_axis(table, options.standard_kind, laser_nm=options.laser_nm or table.laser_nm)


def _blocks(path: PathLike | Sequence[PathLike], options: ReadOptions, rows: int) -> Iterator[SpectraTable]:
    if not isinstance(path, Sequence) or isinstance(path, str):
        return _blocks_of_path(Path(path), options, rows)
    paths = [Path(part) for part in path]
    if not paths:
        raise UsageError("an empty list of files; give at least one")
    if len(paths) == 1 and options.samples is None:
        return _blocks_of_path(paths[0], options, rows)
    folders = [part.is_dir() for part in paths]
    if not any(folders):
        return _blocks_of_files(paths, options, rows)
    if options.samples is not None and all(folders) and not any(map(is_patient_folder, paths)):
        return iter_two_column_files(paths, options, rows=rows)
    for part in paths:
        if not is_patient_folder(part):
            raise DataError(
                f"{file_name(part)}: not a patient's folder; a list holds only those, or only two-column files"
            )
    return iter_patient_folders(paths, options, rows=rows)


def _blocks_of_files(paths: Sequence[Path], options: ReadOptions, rows: int) -> Iterator[SpectraTable]:
    if options.samples is None and is_axis_and_intensities(paths):
        return iter_axis_and_intensities(paths, options, rows=rows)
    if options.samples is None and _holds_table(paths[0], options):
        return iter_table_files(paths, lambda one: _blocks_of_file(one, options, rows), rows=rows)
    return _with_sheet(paths, options, rows) or iter_two_column_files(paths, options, rows=rows)


def _with_sheet(paths: Sequence[Path], options: ReadOptions, rows: int) -> Iterator[SpectraTable] | None:
    """Return the spectra of tables with what a sheet says of each; None without a sheet, or where it is a sheet of files."""
    bare = ReadOptions(laser_nm=options.laser_nm, intensity=options.intensity, reader=options.reader)
    if options.samples is None:
        return None
    firsts = [_first_of_several(path, bare) for path in paths]
    ids = [sample for first in firsts if first is not None for sample in first.sample_id]
    sheet = None if None in firsts else SheetOfSpectra.read(options, ids)
    if sheet is None or sheet.names_files(paths):
        return None
    named = replace(bare, sample_id=options.sample_id)
    own_ids = options.sample_id and all(_first_of_several(path, named) for path in paths)
    blocks = _blocks(paths, named if own_ids else bare, rows)
    return sheet.joined(blocks, listed([file_name(path) for path in paths]))


def _first_of_several(path: Path, options: ReadOptions) -> SpectraTable | None:
    """Return the first spectra of a file; None where it can't be read as a table of several."""
    try:
        first = next(_blocks_of_file(path, options, 2))
    except (SpectraDLError, StopIteration):
        return None
    return first if len(first) > 1 else None


def _blocks_of_path(path: Path, options: ReadOptions, rows: int) -> Iterator[SpectraTable]:
    if not path.is_dir():
        return _blocks_of_file(path, options, rows)
    if is_patient_folder(path):
        return iter_patient_folders([path], options, rows=rows)
    try:
        parts = sorted(path.iterdir())
    except OSError as err:
        raise DataError(
            f"{file_name(path)}: the folder can't be read ({err.strerror}); check its permissions"
        ) from err
    if folders := [part for part in parts if is_patient_folder(part)]:
        return iter_patient_folders(folders, options, rows=rows)
    if len(parts) == 1 and parts[0].is_file():
        return _blocks_of_path(parts[0], options, rows)
    if options.samples is not None:
        return iter_two_column_files(path, options, rows=rows)
    raise DataError(
        f"{file_name(path)}: a folder, not a regular file, without patients' folders (spectra.csv and raman_shift.csv) in "
        f"it; give a file, or a sample sheet (samples) for a folder of two-column files"
    )


def _blocks_of_file(path: Path, options: ReadOptions, rows: int) -> Iterator[SpectraTable]:
    if options.samples is not None:
        joined = _with_sheet([path], options, rows)
        return joined or iter_two_column_files([path], options, rows=rows)
    if options.reader is None and is_hdf5(path):
        from spectra_dl.spectra.readers.hdf5_file import iter_hdf5

        return iter_hdf5(path, options, rows=rows)
    read = instrument_reader(path, options.reader)
    if read is not None:
        return iter_recordings(read(path), options, rows=rows)
    return iter_text_file(path, options, rows=rows)


def _holds_table(path: Path, options: ReadOptions) -> bool:
    """Return whether a file is a table of several spectra, or can't be read as one; an instrument's file and a single spectrum have an axis of their own."""
    if (
        path.is_file()
        and (options.reader is not None or not is_hdf5(path))
        and instrument_reader(path, options.reader) is not None
    ):
        return False
    try:
        first = next(_blocks_of_file(path, options, 2))
        return len(first) > 1 or options.named() != {}
    except SpectraDLError:
        try:
            read_one_spectrum(path, options)
        except SpectraDLError:
            return True
        return False


def replicated_blocks(blocks: Iterable[SpectraTable], replicates: int) -> Iterator[SpectraTable]:
    """Yield ``blocks`` with each ``replicates`` consecutive spectra as one patient, numbered from 1.

    Parameters
    ----------
    blocks
        Of one input, in its order; a patient may go on in the next block.
    replicates
        Spectra per patient, at least 1.

    Raises
    ------
    DataError
        After the last block, where the number of spectra can't be divided by ``replicates``.
    """
    count = 0
    note = f"each {replicates} consecutive spectra were taken as one patient, numbered from 1"
    for block in blocks:
        rows = range(count, count + len(block))
        count += len(block)
        yield replace(
            block.with_notes(note), patient=text_array([str(row // replicates + 1) for row in rows])
        )
    if count % replicates:
        raise DataError(
            f"{count} spectra can't be divided into replicates of {replicates}; add what is missing, or name a patient column"
        )
