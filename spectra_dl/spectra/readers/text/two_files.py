"""The axis in one file and the intensities in another, as WITec's program can write them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import check_size
from spectra_dl.spectra.readers.instruments.recording import Recording, iter_recordings, same_for_all
from spectra_dl.spectra.readers.instruments.text_numbers import CellRow, NumberTable
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.spectra.readers.source import open_lines
from spectra_dl.spectra.readers.stated.conversion import Laser, as_raman_shift
from spectra_dl.spectra.readers.stated.statements import read_statements
from spectra_dl.spectra.readers.text.numbers import looks_numeric
from spectra_dl.spectra.readers.text.ramps import is_monotonic
from spectra_dl.spectra.readers.wording import file_name
from spectra_dl.spectra.table import SpectraTable

_SAMPLE = 64
_MOST_TEXT_LINES = 1_000


@dataclass(frozen=True)
class _NumberFile:
    """Lines of numbers, and the text above and below them."""

    name: str
    rows: FloatArray
    text: tuple[str, ...]
    notes: tuple[str, ...]


def is_axis_and_intensities(paths: Sequence[Path]) -> bool:
    """Return whether one of two text files holds a single column of numbers, and so needs the other.

    Parameters
    ----------
    paths
        Files.
    """
    return len(paths) == 2 and any(_is_one_column(path) for path in paths)


def _is_one_column(path: Path) -> bool:
    try:
        with open_lines(path) as lines:
            cells = [line.split() for line in lines.peek(_MOST_TEXT_LINES) if line.strip()]
    except DataError:
        return False
    numbers = [row for row in cells if all(map(looks_numeric, row))]
    return len(numbers) >= _SAMPLE // 4 and all(len(row) == 1 for row in numbers)


def iter_axis_and_intensities(
    paths: Sequence[Path], options: ReadOptions, *, rows: int
) -> Iterator[SpectraTable]:
    """Yield the spectra of two files, one with the axis and one with the intensities, in blocks of ``rows``.

    Parameters
    ----------
    paths
        Both files, in any order.
    options
        The laser.
    rows
        Spectra in a block, at least 1.

    Raises
    ------
    DataError
        Neither file is an axis, both are, or they hold different numbers of points.
    """
    files = [_read(path) for path in paths]
    axes = [file for file in files if file.rows.shape[1] == 1 and is_monotonic(file.rows[:, 0])]
    if len(axes) != 1:
        kind = "neither holds" if not axes else "both hold"
        raise DataError(
            f"{files[0].name} and {files[1].name}: {kind} an axis alone; give one file with the axis and one with the intensities, or "
            "one file with both"
        )
    axis, spectra = axes[0], next(file for file in files if file is not axes[0])
    if len(axis.rows) != len(spectra.rows):
        raise DataError(
            f"{axis.name}: {len(axis.rows)} points of the axis for {len(spectra.rows)} rows of {spectra.name}; export both again"
        )
    said = read_statements((*axis.text, *spectra.text), (), axis.name)
    stated = as_raman_shift(axis.rows[:, 0], said.unit, Laser(options.laser_nm, said.laser_nm), axis.name)
    recording = Recording(
        spectra.name,
        stated.values,
        np.ascontiguousarray(spectra.rows.T),  # (p, n) -> (n, p)
        same_for_all(said.columns, spectra.rows.shape[1]),
        stated=stated.stated,
        notes=(
            f"the axis is that of {axis.name}",
            *stated.notes,
            *dict.fromkeys((*axis.notes, *spectra.notes)),
        ),
    )
    yield from iter_recordings([recording], options, rows=rows)


def _read(path: Path) -> _NumberFile:
    """Read the lines of numbers of a file; text is kept apart."""
    name = file_name(path)
    table = NumberTable(name)
    text: list[str] = []
    with open_lines(path) as lines:
        for number, line in lines:
            cells = line.split()
            if cells and all(map(looks_numeric, cells)):
                table.add(CellRow(number, cells))
                check_size(len(table), name)
            elif cells:
                text.append(line.strip())
        notes = tuple(lines.notes)
    if not len(table):
        raise DataError(f"{name}: no lines of numbers; export the file again")
    rows, number_notes = table.values()
    return _NumberFile(name, rows, tuple(text[:_MOST_TEXT_LINES]), (*notes, *number_notes))
