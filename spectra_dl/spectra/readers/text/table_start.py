"""Where the table begins among the first lines of a file that an instrument wrote text into."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import FEWEST_IN_FILE
from spectra_dl.spectra.readers.columns import USUAL_NAMES
from spectra_dl.spectra.readers.stated.units import AxisUnit, stated_unit
from spectra_dl.spectra.readers.text.header import INTENSITY_WORD, heads_an_axis, names_an_axis
from spectra_dl.spectra.readers.text.numbers import is_missing, looks_numeric
from spectra_dl.spectra.readers.wording import quoted

Split = Callable[[str], list[str]]
FEWEST_ROWS = 2
_FEW_WORDS = 8
_COMMENT = re.compile(r"\s*(?:[%!>;]|//|##|\[[^\]]*\]\s*$)")
IN_BRACKETS = re.compile(r"[\[(][^\])]*[\])]")  # as cells of units
_QUOTED = re.compile(r'"[^"]*"')


def splitter(delimiter: str) -> Split:
    """Return how a line is cut into stripped cells, without empty ones at its end.

    Parameters
    ----------
    delimiter
        One character; a space stands for any run of white space.
    """

    def split(line: str) -> list[str]:
        cells = line.split() if delimiter == " " else [cell.strip() for cell in line.split(delimiter)]
        while cells and not cells[-1]:
            cells.pop()
        return [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell for cell in cells]

    return split


def is_numeric_row(cells: Sequence[str]) -> bool:
    """Return whether a line can be a row of a table: at least two numbers, and no more text than numbers."""
    return _is_row(cells, sum(map(looks_numeric, cells)))


def _is_row(cells: Sequence[str], numbers: int) -> bool:
    """Return whether cells of which so many are numbers can be a row of a table."""
    if numbers == len(cells) > 1:
        return True
    values = numbers + sum(map(is_missing, cells))
    return (numbers >= 2 or (numbers == 1 and len(cells) == 2 == values)) and 2 * values >= len(cells)


@dataclass(frozen=True)
class Block:
    """Consecutive rows of one width that hold numbers.

    Attributes
    ----------
    first, last
        Positions of its lines.
    width
        Cells in a row.
    rows
        How many there are, blank lines not counted.
    characters
        Of its numbers.
    """

    first: int
    last: int
    width: int
    rows: int
    characters: int


def numeric_blocks(lines: Sequence[str], split: Split) -> list[Block]:
    """Return the blocks of numbers among lines, in order; blank lines don't end one.

    Parameters
    ----------
    lines
        Of the file.
    split
        Cuts a line into cells.
    """
    blocks: list[Block] = []
    goes_on = False
    for number, line in enumerate(lines):
        cells = split(line)
        if not cells:
            continue
        sizes = [len(cell) for cell in cells if looks_numeric(cell)]
        if not _is_row(cells, len(sizes)):
            goes_on = False
            continue
        size = sum(sizes)
        if goes_on and blocks[-1].width == len(cells):
            last = blocks[-1]
            blocks[-1] = Block(last.first, number, last.width, last.rows + 1, last.characters + size)
        else:
            blocks.append(Block(number, number, len(cells), 1, size))
        goes_on = True
    return blocks


def table_start(lines: Sequence[str], delimiters: Sequence[str], where: str) -> int:
    """Return the position of the table's first line, its header, among lines with text above it; 0 where nothing stands above.

    The table is the block of rows of one width with the most numbers. What is above must not be numbers itself.

    Parameters
    ----------
    lines
        The first lines of the file.
    delimiters
        Those that could separate the cells, the likeliest first.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Other rows of numbers stand above the table.
    """
    every = {mark: numeric_blocks(lines, splitter(mark)) for mark in delimiters}
    candidates = {mark: blocks for mark, blocks in every.items() if blocks}
    if not candidates:
        return 0
    mark = max(candidates, key=lambda each: max(block.characters for block in candidates[each]))
    blocks, split, of_words = candidates[mark], splitter(mark), mark == " "
    table = max(blocks, key=lambda block: block.characters)
    if table.rows < FEWEST_ROWS:
        return 0
    above = [block for block in blocks if block.first < table.first]
    # A row shorter or longer than the rest is refused by its line when the table is read.
    if any(
        block.width == table.width and not _is_entry(lines[block.first], lines[table.first], split)
        for block in above
    ):
        return 0
    start = _header_above(lines, table, mark)
    apart = [split(line) for line in lines[:start] if not _is_comment(line, mark)]
    if any(_may_be_its_header(cells, table.width, of_words=of_words) for cells in apart) or _quotes(
        lines, split
    ):
        return 0
    further = next((k for k in range(1, start) if all(map(only_numbers, lines[k - 1 : k + 1]))), 0)
    if further:
        raise DataError(
            f"{where} line {further}: rows of numbers above the table that begins in line {start + 1}; put each table into a file of its "
            "own, or delete the lines that are none"
        )
    return start


def only_numbers(line: str) -> bool:
    """Return whether a line is nothing but numbers, whatever separates them.

    >>> only_numbers("1 2;3"), only_numbers("Temperature 20")
    (True, False)
    """
    cells = re.split(r"[;,\s]+", line.strip())
    return len(cells) > 1 and all(map(looks_numeric, cells))


def _may_be_its_header(cells: Sequence[str], width: int, *, of_words: bool) -> bool:
    """Return whether a line apart from the table may be its header, with a broken line between."""
    if len(cells) != width or any(map(looks_numeric, cells)):
        return False
    if of_words:  # any sentence has words
        return names_an_axis(cells[0]) and cells[0][-1] not in ":="
    if width > 2:
        return True
    # "XAxis,Raman shift" is an entry.
    of_intensity = INTENSITY_WORD.fullmatch(cells[1]) is not None and not names_an_axis(cells[1])
    return names_an_axis(cells[0]) and of_intensity


def _quotes(lines: Sequence[str], split: Split) -> bool:
    """Return whether cells go on over separators or lines inside quotes."""
    return any(
        '"' in line
        and not _QUOTED.fullmatch(line.strip())
        and any(cell.count('"') % 2 for cell in split(line))
        for line in lines
    )


def _is_entry(line: str, row: str, split: Split) -> bool:
    """Return whether a line of a name and numbers, as wide as a table with a point a row, is no row of it."""
    cells, first = split(line), split(row)
    return len(first) < FEWEST_IN_FILE and looks_numeric(first[0]) and not looks_numeric(cells[0])


def _is_comment(line: str, delimiter: str) -> bool:
    """Return whether a line begins as comments and sections do, or is one quoted text; a separator there is an empty first cell."""
    if _QUOTED.fullmatch(line.strip()):
        return True
    return not line.lstrip(" ").startswith(delimiter.strip() or "\0") and _COMMENT.match(line) is not None


def _header_above(lines: Sequence[str], table: Block, delimiter: str) -> int:
    """Return the position of the first line above the block that belongs to its table."""
    start, split = table.first, splitter(delimiter)
    for position in range(table.first - 1, -1, -1):
        cells = split(lines[position])
        if not cells and start == table.first:
            continue
        names = [cell for cell in cells if cell]
        if _is_comment(lines[position], delimiter) or any(cell[-1:] in (":", "=") for cell in cells[:2]):
            break
        if delimiter == " " and table.width <= _FEW_WORDS and not _names_columns(cells, table.width):
            break
        # R leaves the first name out, AvaSoft the last unit.
        shorter = position == start - 1 or all(IN_BRACKETS.fullmatch(cell) for cell in cells)
        widths = {table.width, table.width - 1} if shorter else {table.width}
        if not {len(cells), len(names)} & widths or (len(names) < 2 and len(cells) != table.width):
            break
        if table.width == 2 and not _heads_two_columns(cells, position == start - 1 == table.first - 1):
            break
        start = position
    return start


def _names_columns(words: Sequence[str], width: int) -> bool:
    """Return whether a line of words names columns, as any sentence of so many could: one of them is an axis, or the first a patient."""
    if len(words) != width:
        return False
    foreign = (AxisUnit.TIME, AxisUnit.PIXEL, AxisUnit.OTHER)
    stated = [(word, unit) for word in words if (unit := stated_unit(word))]
    axis = any(unit.unit not in foreign or word[-1] in ")]" for word, unit in stated)
    return axis or heads_an_axis(words[0]) or words[0] in USUAL_NAMES


def _heads_two_columns(cells: Sequence[str], directly: bool) -> bool:
    """Return whether a line of two cells is a header, and no entry of an instrument's settings."""
    if looks_numeric(cells[1]):  # a row with a misspelt wavenumber, or an entry such as "points 721"
        return directly and any(map(str.isdigit, cells[0]))
    known = cells[0] in USUAL_NAMES or heads_an_axis(cells[0])
    return known or (directly and not any(looks_numeric(cell) for cell in cells) and len(cells[0]) < 20)


def refuse_second_table(line: int, text: str, first: int, where: str) -> DataError:
    """Return the refusal of rows of numbers below the end of a table.

    Parameters
    ----------
    line
        Number of the line that ended the table.
    text
        Of it.
    first
        Number of the first row of numbers below it.
    where
        The file.
    """
    return DataError(
        f"{where} line {line}: {quoted(text.strip())} is no row, and rows of numbers go on below it (line {first}); delete the text if "
        "they are one table, or put each table into a file of its own"
    )
