"""One text file of spectra, its layout recognised by its content: rows, columns, two columns or points."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.dispatch import instrument_reader
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings
from spectra_dl.spectra.readers.options import PathLike, ReadOptions
from spectra_dl.spectra.readers.several_files import concatenate
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.text.columns.columnwise import iter_columns, read_columns
from spectra_dl.spectra.readers.text.columns.layout import ColumnLayout, column_layout
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.long_table import read_long
from spectra_dl.spectra.readers.text.orientation import Orientation, decide_orientation
from spectra_dl.spectra.readers.text.shape import table_rows
from spectra_dl.spectra.readers.text.wide import read_rows
from spectra_dl.spectra.table import SpectraTable

NO_OPTIONS = ReadOptions()


def iter_text_file(path: PathLike, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of a text file in blocks of ``rows``.

    Of tables with one spectrum a row, and of long tables, a block is in memory at a time; tables with one a column are read whole.

    Parameters
    ----------
    path
        The file, plain or gzip.
    options
        Which columns give sample id, patient, label and batch.
    rows
        Spectra in a block, at least 1.

    Yields
    ------
    SpectraTable
        All blocks on one wavenumber axis.

    Raises
    ------
    DataError, UsageError
        As `open_lines`, `decide_orientation`, `read_long`, `read_rows` and `read_columns`.
    """
    with open_lines(path) as lines:
        records = Records(lines, text_around=True)
        _refuse_header_alone(records)
        named = set(options.named().values())
        orientation = decide_orientation(records.sample, named, records.name, records.delimiter)
        if orientation is Orientation.ROWS:
            yield from read_rows(records, options, rows=rows)
        elif orientation is Orientation.LONG:
            yield from read_long(records, _layout(records, named), options, rows=rows)
        else:
            yield from iter_columns(read_columns(records, options), rows)


def _layout(records: Records, named: Collection[str]) -> ColumnLayout:
    rows = table_rows(records.sample, records.name, records.delimiter)
    return column_layout(rows, named, records.name)


def read_one_spectrum(path: PathLike, options: ReadOptions = NO_OPTIONS) -> SpectraTable:
    """Read a file of two columns, or an instrument's file, as a table of one spectrum.

    Parameters
    ----------
    path
        The file.
    options
        The laser and the column of intensities; names of columns are not looked at.

    Raises
    ------
    DataError
        The file holds more than one spectrum, or is no such file.
    """
    options = ReadOptions(laser_nm=options.laser_nm, intensity=options.intensity, reader=options.reader)
    read = instrument_reader(Path(path), options.reader)
    if read is not None:
        return _single_spectrum(read(Path(path)))
    with open_lines(path) as lines:
        records = Records(lines, text_around=True)
        _refuse_header_alone(records)
        orientation = decide_orientation(records.sample, (), records.name, records.delimiter)
        if orientation is not Orientation.ROWS:
            table = (
                read_columns(records, options)
                if orientation is Orientation.COLUMNS
                else concatenate(list(read_long(records, _layout(records, ()), options, rows=1024)))
            )
            if len(table) == 1:
                return table
        raise DataError(
            f"{records.name}: not one spectrum as two columns; among several files each must be one (read a table by itself)"
        )


def _single_spectrum(recordings: Sequence[Recording]) -> SpectraTable:
    count = sum(len(recording) for recording in recordings)
    if count == 1:
        return next(iter_recordings(recordings, ReadOptions(), rows=1))
    raise DataError(
        f"{recordings[0].where}: {count} spectra; among several files each must hold one (read this file by itself)"
    )


def _refuse_header_alone(records: Records) -> None:
    if sum(any(fields) for fields in records.sample) < 2:
        deque(records, maxlen=0)  # where a quote is not closed, this refuses its line
        raise DataError(f"{records.name}: no spectra, only one line; export the spectra again")
