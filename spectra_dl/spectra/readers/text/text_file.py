"""One text file of spectra, its layout recognised by its content: rows, columns, two columns or a map."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.instruments.dispatch import instrument_reader
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings
from spectra_dl.spectra.readers.options import PathLike, ReadOptions
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.text.columnwise import iter_columns, read_columns
from spectra_dl.spectra.readers.text.dialect import Records
from spectra_dl.spectra.readers.text.orientation import Orientation, decide_orientation
from spectra_dl.spectra.readers.text.wide import read_rows
from spectra_dl.spectra.readers.text.wire_map import is_map, read_map
from spectra_dl.spectra.table import SpectraTable


def iter_text_file(path: PathLike, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of a text file in blocks of ``rows``.

    Of tables with one spectrum a row, and of maps, a block is in memory at a time; tables with one a column are read whole.

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
        As `open_lines`, `decide_orientation`, `read_map`, `read_rows` and `read_columns`.
    """
    with open_lines(path) as lines:
        records = Records(lines)
        if is_map(records.sample[0]):
            yield from read_map(records, options, rows=rows)
            return
        _refuse_header_alone(records)
        named = set(options.named().values())
        if decide_orientation(records.sample, named, records.name) is Orientation.ROWS:
            yield from read_rows(records, options, rows=rows)
        else:
            yield from iter_columns(read_columns(records, options), rows)


def read_one_spectrum(path: PathLike) -> SpectraTable:
    """Read a file of two columns, or an instrument's file, as a table of one spectrum.

    Raises
    ------
    DataError
        The file holds more than one spectrum, or is no such file.
    """
    read = instrument_reader(Path(path))
    if read is not None:
        return _single_spectrum(read(Path(path)))
    with open_lines(path) as lines:
        records = Records(lines)
        if not is_map(records.sample[0]):
            _refuse_header_alone(records)
            if decide_orientation(records.sample, (), records.name) is Orientation.COLUMNS:
                table = read_columns(records, ReadOptions())
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
        raise DataError(f"{records.name}: no spectra, only one line; export the spectra again")
