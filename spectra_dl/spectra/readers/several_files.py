"""Several files, each with an axis of its own, brought onto one grid."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.spectra.readers.common_grid import AxisSpan, common_grid, resample
from spectra_dl.spectra.table import MEASURED, SpectraTable, spectrum_hashes

ORIGINAL_AXIS_COLUMNS = ("axis_first", "axis_last", "axis_points")
MAX_NOTES = 30


def choose_grid(
    axes: Iterable[tuple[str, FloatArray]], *, of: str = "files"
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the axis all files have, or else one even grid over their common range, with the note about it.

    Parameters
    ----------
    axes
        Each file's name and ascending axis ``(p,)`` in cm⁻¹; only their spans are kept.
    of
        What has the axes, in the note.

    Returns
    -------
    grid
        ``(q,)`` ascending, cm⁻¹.
    notes
        One where spectra have to be resampled, else none.

    Raises
    ------
    DataError
        The axes share too little.
    """
    spans: list[AxisSpan] = []
    same: FloatArray | None = None
    for file, wavenumber in axes:
        if not spans:
            same = wavenumber
        elif same is not None and not np.array_equal(same, wavenumber):
            same = None
        spans.append(AxisSpan.of(wavenumber, file))
    if same is not None:
        return same, ()
    grid = common_grid(spans)
    note = (
        f"the {len(spans)} {of} have different axes; all spectra were resampled linearly to {grid.size} points from "
        f"{grid[0]:g} to {grid[-1]:g} cm⁻¹, their common range (own axes: {', '.join(ORIGINAL_AXIS_COLUMNS)})"
    )
    return grid, (note,)


def on_grid(table: SpectraTable, grid: FloatArray) -> SpectraTable:
    """Return a table resampled to a grid, with its original axis and the digest of what was measured as metadata.

    Parameters
    ----------
    table
        On any axis.
    grid
        ``(q,)`` ascending, cm⁻¹, within the table's axis.
    """
    axis = table.wavenumber
    original = dict(
        zip(ORIGINAL_AXIS_COLUMNS, (repr(float(axis[0])), repr(float(axis[-1])), str(axis.size)), strict=True)
    )
    metadata = {
        **table.metadata,
        **{name: text_array([text] * len(table)) for name, text in original.items()},
    }
    metadata[MEASURED] = text_array(spectrum_hashes(table))
    intensity = table.intensity if np.array_equal(axis, grid) else resample(table.intensity, axis, grid)
    return replace(table, intensity=intensity, wavenumber=grid, metadata=metadata)


class FileNotes:
    """The notes of many files, each sentence once and only so many."""

    def __init__(self, first: Iterable[str]) -> None:
        self._notes = dict.fromkeys(first)

    def add(self, table: SpectraTable) -> SpectraTable:
        """Return ``table`` with the notes of all files so far."""
        for note in table.notes:
            if len(self._notes) < MAX_NOTES:
                self._notes.setdefault(note)
        return replace(table, notes=tuple(self._notes))


def in_blocks(tables: Iterable[SpectraTable], rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of tables in blocks; only the last is smaller.

    Parameters
    ----------
    tables
        On one axis, with the same columns.
    rows
        Spectra in a block, at least 1.
    """
    pending: list[SpectraTable] = []
    for table in tables:
        pending.append(table)
        # More than a block, so that the last block comes after the last table and carries all notes.
        while sum(len(part) for part in pending) > rows:
            whole = concatenate(pending)
            yield whole.select(np.arange(rows))
            pending = [whole.select(np.arange(rows, len(whole)))]
    if pending:
        yield concatenate(pending)


def concatenate(tables: Sequence[SpectraTable]) -> SpectraTable:
    """Join tables of one axis and the same columns; the notes are the last table's, which holds all of them."""
    first = tables[0]
    if len(tables) == 1:
        return first
    return SpectraTable(
        intensity=np.concatenate([table.intensity for table in tables]),
        wavenumber=first.wavenumber,
        sample_id=np.concatenate([table.sample_id for table in tables]),
        patient=_join([table.patient for table in tables]),
        label=_join([table.label for table in tables]),
        batch=_join([table.batch for table in tables]),
        source=_join([table.source for table in tables]),
        metadata={
            name: np.concatenate([table.metadata[name] for table in tables]) for name in first.metadata
        },
        notes=tables[-1].notes,
        overlaps=tuple(dict.fromkeys(overlap for table in tables for overlap in table.overlaps)),
    )


def _join(columns: Sequence[TextArray | None]) -> TextArray | None:
    present = [column for column in columns if column is not None]
    return np.concatenate(present) if present else None
