"""Which column of a table is the axis, which hold text, and whether its rows are points of many spectra."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import FEWEST_IN_FILE, axis_score
from spectra_dl.spectra.readers.stated.units import AxisUnit, plain, stated_unit
from spectra_dl.spectra.readers.text.columns.companions import is_companion
from spectra_dl.spectra.readers.text.header import axis_numbers, names_an_axis
from spectra_dl.spectra.readers.text.numbers import is_missing, looks_numeric

_PLACE = re.compile(
    r"#?\s?(?:[xyz]|time|depth|temperature|row|column|col|line|spectrum|point|position|pos|index|frame|scan|step|[xyz][\s_]?(?:pos\w*|coord\w*|um|μm))"
    r"\s?(?:[(\[].{0,12}[)\]])?"
)
_INTENSITY = re.compile("intens|counts?|signal")
_RANK = {
    AxisUnit.SHIFT: 0,
    AxisUnit.ABSOLUTE: 1,
    **dict.fromkeys((AxisUnit.NM, AxisUnit.ANGSTROM, AxisUnit.MICROMETRE), 2),
    **dict.fromkeys((AxisUnit.EV, AxisUnit.MEV, AxisUnit.THZ, AxisUnit.GHZ), 2),
}
_NAMED, _FOREIGN, _NUMBERED, _REGULAR, _OTHER = 3, 4, 5, 6, 7
_MOST_COLUMNS, _FIRST_COLUMNS = 64, 3


@dataclass(frozen=True)
class ColumnLayout:
    """What the columns of a table are, by its first rows.

    Attributes
    ----------
    axis
        The column that holds the axis.
    rank
        How sure that is: below 3 by its stated unit, 3 by its name, 4 by a unit that is none of a Raman shift, 5 as numbers of rows by its name, 6 by its numbers, more: not at all.
    names
        Of all columns, "" where the table has none.
    texts
        Columns that hold text beside the numbers.
    places
        Columns that say where or whose a spectrum is, in a table whose rows are points of many spectra; empty for other tables.
    intensity
        The column of intensities of such a table.
    """

    axis: int
    rank: int
    names: tuple[str, ...]
    texts: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    intensity: int = -1

    @property
    def is_sure(self) -> bool:
        """Whether the axis is known by its name or its numbers."""
        return self.rank <= _REGULAR

    @property
    def is_long(self) -> bool:
        """Whether each row is one point of one of many spectra."""
        return self.intensity >= 0


def column_layout(
    sample: Sequence[Sequence[str]], metadata_by_option: Collection[str], where: str
) -> ColumnLayout:
    """Find the axis among the columns of a table's first rows.

    Parameters
    ----------
    sample
        Stripped fields of the first rows, all of the table's width.
    metadata_by_option
        Names the user gave as columns of metadata.
    where
        The file, for messages.
    """
    width = max(len(fields) for fields in sample)
    columns = [[fields[k] if k < len(fields) else "" for fields in sample] for k in range(width)]
    names = [column[0] if not looks_numeric(column[0]) else "" for column in columns]
    units = [
        column[1] if name and len(column) > 1 and not looks_numeric(column[1]) else ""
        for name, column in zip(names, columns, strict=True)
    ]
    ranks: list[int] = []
    for k in range(width if width <= _MOST_COLUMNS else _FIRST_COLUMNS):
        named = names[k] in metadata_by_option
        ranks.append(_OTHER + 1 if named else _rank((names[k], units[k]), columns[k], where))
        # No column behind it can be surer.
        if ranks[-1] == min(_RANK.values()) or (ranks[-1] == _REGULAR and not any(names)):
            break
    axis = int(np.argmin(ranks))
    # Of two columns without names the first is the axis, unless it can't be.
    if width == 2 and ranks[axis] > _FOREIGN and len(sample) < FEWEST_IN_FILE:
        axis = 0
    texts = tuple(k for k in range(width) if k != axis and _is_text(columns[k], columns[axis]))
    layout = ColumnLayout(axis, ranks[axis], tuple(names), texts)
    return _as_long(layout, columns, where) if 2 < width <= _MOST_COLUMNS else layout


def _is_text(column: Sequence[str], axis: Sequence[str]) -> bool:
    """Return whether most rows of the spectrum have text in a column."""
    cells = [cell for cell, at in zip(column, axis, strict=True) if looks_numeric(at)]
    return sum(not looks_numeric(cell) and not is_missing(cell) for cell in cells) > len(cells) / 2


def _rank(names: tuple[str, str], column: Sequence[str], where: str) -> int:
    if not any(map(str.isdigit, "".join(column[-3:]))):
        return _OTHER + 1
    try:
        values = axis_numbers(column, where)
    except DataError:  # numbers in a spelling that is refused if the column is read
        return _OTHER
    numbers = np.array([value for value in values if value is not None])
    if 2 * numbers.size < len(column):
        return _OTHER + 1
    regular = axis_score(numbers.tolist()) > 0
    stated = next((unit for name in names if name and (unit := stated_unit(name))), None)
    numbered = is_companion(names[0]) and counts(column)
    if stated and not numbered and (regular or _in_runs(numbers)):
        return _RANK.get(stated.unit, _FOREIGN)
    if not numbered and any(map(names_an_axis, filter(None, names))) and (regular or _in_runs(numbers)):
        return _NAMED
    return _NUMBERED if numbered else _REGULAR if regular else _OTHER


def _in_runs(numbers: FloatArray) -> bool:
    """Return whether numbers run up or down with even steps, perhaps many times."""
    if numbers.size < 3:
        return True
    steps = np.diff(numbers)
    usual = steps[steps * (1 if np.median(steps) >= 0 else -1) > 0]
    even = (
        np.abs(np.abs(usual) - np.median(np.abs(usual))) <= np.median(np.abs(usual)) if usual.size else usual
    )
    return 2 * usual.size >= steps.size and 10 * int(np.sum(even)) >= 9 * usual.size


def _as_long(layout: ColumnLayout, columns: Sequence[Sequence[str]], where: str) -> ColumnLayout:
    """Return the layout as that of a table whose rows are points of many spectra, if it is one."""
    every = axis_numbers(columns[layout.axis], where)
    rows = [k for k, value in enumerate(every) if value is not None]
    if not layout.is_sure or len(rows) < 3:
        return layout
    starts = run_starts(np.array([value for value in every if value is not None]))
    cells = {k: [column[row] for row in rows] for k, column in enumerate(columns) if k != layout.axis}
    steady = [
        k
        for k, column in cells.items()
        if _is_steady(column, starts) and not _INTENSITY.search(plain(layout.names[k]))
    ]
    places = [
        k for k in steady if k in layout.texts or starts.sum() > 1 or _PLACE.fullmatch(plain(layout.names[k]))
    ]
    rest = [
        k
        for k in cells
        if k not in (*places, *layout.texts) and not is_companion(layout.names[k]) and not counts(cells[k])
    ]
    if not places or len(rest) != 1:
        return layout
    return ColumnLayout(layout.axis, layout.rank, layout.names, layout.texts, tuple(places), rest[0])


def run_starts(wave: FloatArray) -> np.ndarray:
    """Return where an axis begins anew: a mask ``(m,)``, True at the first point of every run in one direction.

    Parameters
    ----------
    wave
        ``(m,)`` in the file's order.

    Examples
    --------
    >>> run_starts(np.array([400.0, 401, 402, 400, 401, 402])).astype(int).tolist()
    [1, 0, 0, 1, 0, 0]
    """
    steps = np.diff(wave)
    usual = 1.0 if 2 * np.sum(steps >= 0) >= steps.size else -1.0
    return np.concatenate(([True], steps * usual < 0))


def _is_steady(cells: Sequence[str], starts: np.ndarray) -> bool:
    """Return whether cells change only where the axis begins anew."""
    return all(
        start or here == before for here, before, start in zip(cells[1:], cells, starts[1:], strict=False)
    )


def counts(cells: Sequence[str]) -> bool:
    """Return whether cells are whole numbers that go up by one, but for a header.

    >>> counts(["Pixel", "0", "1", "2"]), counts(["400", "402", "404"])
    (True, False)
    """
    cells = [cell for cell in cells if looks_numeric(cell)]
    numbers = np.array([float(cell) if re.fullmatch(r"\d{1,9}", cell) else np.nan for cell in cells])
    return numbers.size > 2 and bool(np.all(np.diff(numbers) == 1))
