"""What every reader of an instrument's file gives, and how it becomes a table of spectra."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import sorted_axis
from spectra_dl.spectra.readers.columns import assign_columns
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.several_files import FileNotes, choose_grid, in_blocks, on_grid
from spectra_dl.spectra.readers.stated.conversion import Laser, to_raman_shift
from spectra_dl.spectra.readers.stated.units import StatedUnit
from spectra_dl.spectra.readers.text.numbers import NumberFormat
from spectra_dl.spectra.readers.windows import average_duplicates
from spectra_dl.spectra.readers.wording import printable, stem
from spectra_dl.spectra.table import SpectraTable

LONGEST_TEXT = 200


@dataclass(frozen=True)
class Recording:
    """Spectra on one axis, as they stood in an instrument's file.

    Attributes
    ----------
    where
        The file's name, for messages, ids and the source column.
    axis
        ``(p,)`` in the file's order, cm⁻¹.
    intensity
        ``(n, p)`` floats of any width, in the file's order.
    columns
        What the file says of each spectrum: ``n`` texts by the name of their column.
    stated
        Whether the file says that its axis is Raman shift; or the other unit that it states and in which the axis is.
    notes
        What was guessed.
    """

    where: str
    axis: FloatArray
    intensity: NDArray[np.floating]
    columns: Mapping[str, Sequence[str]]
    stated: bool | StatedUnit = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.intensity.shape[0])


def same_for_all(texts: Mapping[str, str], count: int) -> dict[str, list[str]]:
    """Return a column for each text that is not blank, the same in all spectra.

    Parameters
    ----------
    texts
        By the name of their column.
    count
        Number of spectra.

    Examples
    --------
    >>> same_for_all({"laser_nm": "785", "title": " "}, 2)
    {'laser_nm': ['785', '785']}
    """
    printed = {name: printable(" ".join(text.split()), LONGEST_TEXT) for name, text in texts.items()}
    return {name: [text] * count for name, text in printed.items() if text}


def number_text(value: float) -> str:
    """Return a finite number as short text, "" for others.

    >>> number_text(532.2500935)
    '532.2500935'
    >>> number_text(-0.0)
    '0'
    """
    return f"{value + 0.0:.10g}" if np.isfinite(value) else ""


def iter_recordings(
    recordings: Sequence[Recording], options: ReadOptions, *, rows: int
) -> Iterator[SpectraTable]:
    """Yield the spectra of one file in blocks of ``rows``; axes that differ are brought onto one grid.

    The sample ids are the file's name, with the number of the spectrum where there are several.

    Parameters
    ----------
    recordings
        All of one file, in its order.
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
    DataError
        As `sorted_axis`, or axes that share too little.
    UsageError
        An option names a column that is not there.
    """
    counts = [len(recording) for recording in recordings]
    numbers = np.cumsum([0, *counts])
    if len(recordings) == 1:
        yield from _tables(recordings[0], options, 0, numbers[-1] > 1, rows)
        return
    tables = [
        table
        for recording, first in zip(recordings, numbers, strict=False)
        for table in _tables(recording, options, int(first), True, rows)
    ]
    grid, notes = choose_grid(((table.sample_id[0], table.wavenumber) for table in tables), of="spectra")
    file_notes = FileNotes(notes)
    yield from in_blocks((file_notes.add(on_grid(table, grid)) for table in tables), rows)


def _as_shift(recording: Recording, options: ReadOptions) -> tuple[FloatArray, bool, tuple[str, ...]]:
    """Return a recording's axis as Raman shifts, whether they are stated, and what was converted."""
    if isinstance(recording.stated, bool):
        return recording.axis, recording.stated, ()
    in_file = next(iter(recording.columns.get("laser_nm", ())), "")
    laser = Laser(options.laser_nm, NumberFormat().number(in_file))
    values, notes = to_raman_shift(
        np.asarray(recording.axis, dtype=np.float64), recording.stated, laser, recording.where
    )
    return values, True, notes


def _tables(
    recording: Recording, options: ReadOptions, first: int, numbered: bool, rows: int
) -> Iterator[SpectraTable]:
    where, count = recording.where, len(recording)
    if not count:
        raise DataError(f"{where}: no spectrum in it; measure or export again")
    places = [f"point {k + 1}" for k in range(recording.axis.size)]
    values, stated, unit_notes = _as_shift(recording, options)
    axis = sorted_axis(values, places, where, keep_duplicates=count == 1, stated=stated)
    columns = assign_columns(tuple(recording.columns), options, where)
    texts = list(recording.columns.values())
    for start in range(0, count, rows):
        stop = min(start + rows, count)
        with np.errstate(invalid="ignore"):  # a signalling NaN in a damaged file
            intensity = recording.intensity[start:stop].astype(np.float64)[:, axis.order]
        wavenumber, intensity, duplicate_notes = (
            average_duplicates(axis.wavenumber, intensity) if count == 1 else (axis.wavenumber, intensity, ())
        )
        ids = [f"{stem(where)}/{first + k + 1}" if numbered else stem(where) for k in range(start, stop)]
        id_note = "the sample ids are the file's name" + (" and the spectrum's number" if numbered else "")
        yield columns.table(
            intensity,
            wavenumber,
            [tuple(text[k] for text in texts) for k in range(start, stop)],
            default_ids=ids,
            source=[f"{where} spectrum {first + k + 1}" if numbered else where for k in range(start, stop)],
            notes=(*recording.notes, *unit_notes, *axis.notes, *duplicate_notes, *columns.notes)
            + (() if "sample_id" in columns.parts else (id_note,)),
            overlaps=axis.overlaps,
        )
