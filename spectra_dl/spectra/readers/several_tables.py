"""Several files of many spectra each, such as the parts of a table that was split: one table, in the order of the files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.columns import ROWS_NUMBERED
from spectra_dl.spectra.readers.several_files import FileNotes, in_blocks
from spectra_dl.spectra.readers.unique_ids import UniqueIds
from spectra_dl.spectra.readers.wording import file_name, listed
from spectra_dl.spectra.table import SpectraTable

OpenBlocks = Callable[[Path], Iterator[SpectraTable]]


def iter_table_files(paths: Sequence[Path], open_blocks: OpenBlocks, *, rows: int) -> Iterator[SpectraTable]:
    """Yield the spectra of several files in blocks of ``rows``; one block is in memory at a time.

    Ids that only number the rows of a file are preceded by its name. A patient may go on in the next file.

    Parameters
    ----------
    paths
        The files, in the order in which they are read.
    open_blocks
        Yields the blocks of a file.
    rows
        Spectra in a block, at least 1.

    Yields
    ------
    SpectraTable
        All blocks on one wavenumber axis, with the same columns.

    Raises
    ------
    DataError
        A file can't be read, has another axis or other columns than the first, or an id stands twice.
    """
    ids, notes = UniqueIds("the files"), FileNotes(())
    first: _Form | None = None

    def tables() -> Iterator[SpectraTable]:
        nonlocal first
        for path in paths:
            for block in open_blocks(path):
                form = _Form.of(block, path)
                first = first or form
                form.refuse_unless_like(first)
                yield ids.check(notes.add(_with_file_in_numbers(block, path)))

    yield from in_blocks(tables(), rows)


@dataclass(frozen=True)
class _Form:
    """What all files must share."""

    name: str
    axis: np.ndarray
    columns: frozenset[str]

    @classmethod
    def of(cls, table: SpectraTable, path: Path) -> "_Form":
        roles = {"patient": table.patient, "label": table.label, "batch": table.batch}
        given = {name for name, column in roles.items() if column is not None}
        return cls(file_name(path), table.wavenumber, frozenset({*given, *table.metadata}))

    def refuse_unless_like(self, first: "_Form") -> None:
        if not np.array_equal(self.axis, first.axis):
            raise DataError(
                f"{self.name}: its axis ({_span(self.axis)}) is not that of {first.name} ({_span(first.axis)}); give files of one axis "
                "together, or one file at a time"
            )
        if self.columns != first.columns:
            odd = listed(sorted(self.columns ^ first.columns))
            raise DataError(
                f"{self.name}: its columns are not those of {first.name} (they differ in {odd}); give all files the same columns"
            )


def _with_file_in_numbers(table: SpectraTable, path: Path) -> SpectraTable:
    if ROWS_NUMBERED not in table.notes:
        return table
    return replace(table, sample_id=text_array(f"{path.stem}:{number}" for number in table.sample_id))


def _span(axis: np.ndarray) -> str:
    return f"{axis.size} points from {axis[0]:g} to {axis[-1]:g} cm⁻¹"
