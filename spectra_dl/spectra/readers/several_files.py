"""Several files, each with an axis of its own, brought onto one grid."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.spectra.readers.axis import AxisSpan, common_grid, resample
from spectra_dl.spectra.table import MEASURED, SpectraTable, spectrum_hashes

OWN_AXIS = ("axis_first", "axis_last", "axis_points")
MAX_NOTES = 30


def choose_grid(
    axes: Iterable[tuple[str, FloatArray]], *, of: str = "files"
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the axis all files have, or else one even grid over their common range, with the note about it.

    Parameters
    ----------
    axes
        Each file's name and ascending axis; only their spans are kept.
    of
        What has the axes, in the note.
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
        f"{grid[0]:g} to {grid[-1]:g} cm⁻¹, their common range (own axes: {', '.join(OWN_AXIS)})"
    )
    return grid, (note,)


def on_grid(table: SpectraTable, grid: FloatArray) -> SpectraTable:
    """Return ``table`` on ``grid``, with its own axis and the digest of what was measured as metadata."""
    axis = table.wavenumber
    own = dict(zip(OWN_AXIS, (repr(float(axis[0])), repr(float(axis[-1])), str(axis.size)), strict=True))
    metadata = {**table.metadata, **{name: text_array([text] * len(table)) for name, text in own.items()}}
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
    """Yield the spectra of ``tables`` in blocks of ``rows``; only the last is smaller."""
    held: list[SpectraTable] = []
    for table in tables:
        held.append(table)
        # More than a block, so that the last block comes after the last table and carries all notes.
        while sum(len(part) for part in held) > rows:
            whole = concatenate(held)
            yield whole.select(np.arange(rows))
            held = [whole.select(np.arange(rows, len(whole)))]
    if held:
        yield concatenate(held)


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
    )


def _join(columns: Sequence[TextArray | None]) -> TextArray | None:
    present = [column for column in columns if column is not None]
    return np.concatenate(present) if present else None
