"""Which way round a table lies: spectra in rows or in columns."""

from collections.abc import Collection, Sequence
from enum import Enum

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.axis import FEWEST_IN_FILE, axis_score, check_size, counts_up
from spectra_dl.spectra.readers.columns import USUAL_COLUMNS
from spectra_dl.spectra.readers.stated.units import AxisUnit, stated_unit
from spectra_dl.spectra.readers.text.columns.layout import column_layout
from spectra_dl.spectra.readers.text.header import axis_numbers, names_an_axis
from spectra_dl.spectra.readers.text.numbers import NumberFormat, is_missing, looks_numeric
from spectra_dl.spectra.readers.text.shape import table_rows, trimmed
from spectra_dl.spectra.readers.wording import listed, quoted

FEWEST_NAMES = 5  # numbers in a header; the first row of a table without one may have a few


class Orientation(Enum):
    """The ways a table of spectra can lie; one spectrum as two columns is a table of one column."""

    ROWS = "each row is a spectrum"
    COLUMNS = "each column is a spectrum"
    LONG = "each row is a point of a spectrum"


def decide_orientation(
    sample: Sequence[Sequence[str]], metadata_by_option: Collection[str], where: str, delimiter: str = ""
) -> Orientation:
    """Decide from the first rows of a table.

    Parameters
    ----------
    sample
        Stripped fields of the first rows.
    metadata_by_option
        Names the user gave as columns of metadata.
    where
        The file, for messages.
    delimiter
        Between the fields, "" if it is not known.

    Returns
    -------
    Orientation
        Rows where the header is the axis, columns or long where a column is.

    Raises
    ------
    DataError
        Neither the header nor the first column, or both alike, look like a wavenumber axis.
    """
    rows = [fields for fields in trimmed(sample) if any(fields)]
    width = max(len(fields) for fields in rows)
    if width == 1:
        raise one_column([fields[0] for fields in rows if fields], where)
    if width == 2 and _is_two_columns(rows):
        return Orientation.COLUMNS
    _refuse_commas_of_two_kinds(rows, delimiter, where)
    header, column = rows[0], [fields[0] for fields in rows]
    down = _grade(column, metadata_by_option, where)
    if not down:
        # Before hundreds of thousands of names are looked at one by one.
        check_size(sum(any(map(str.isdigit, name)) for name in header), where)
    across = _grade(header, metadata_by_option, where)
    few = across > 0 and sum(value is not None for value in axis_numbers(header, where)) < FEWEST_NAMES
    if across and not down and not few:
        return Orientation.ROWS
    if not across or (few and not down):
        layout = column_layout(table_rows(sample, where, ""), metadata_by_option, where)
        if layout.is_long:
            return Orientation.LONG
        if across and not layout.is_sure:
            return Orientation.ROWS
        return Orientation.COLUMNS if down or layout.is_sure else _without_axis(header, column, where)
    return _between(rows, across, down, metadata_by_option, where)


def _refuse_commas_of_two_kinds(rows: Sequence[Sequence[str]], delimiter: str, where: str) -> None:
    """Refuse whole numbers between commas that may be pairs around a decimal comma."""
    numbers = [fields for fields in rows if all(map(str.isdigit, fields))]
    width = len(rows[-1])
    named = len(rows[0]) == width and not looks_numeric(rows[0][-1])
    if (
        delimiter != ","
        or width % 2
        or width < 4
        or len(numbers) < len(rows) - 1
        or named
        or len(numbers) < 3
    ):
        return
    raise DataError(
        f"{where}: commas between whole numbers only ({quoted(','.join(numbers[0]), 60)}): decimals and columns can't be told apart; export with "
        "semicolons or tabs between the columns, or with decimal points"
    )


def one_column(cells: Sequence[str], where: str) -> DataError:
    """Return the refusal of a file with a single column.

    Parameters
    ----------
    cells
        The first of the column.
    where
        The file, for messages.
    """
    numbers = np.array([float(cell) for cell in cells if NumberFormat().number(cell) is not None])
    axis = (
        numbers.size > 2
        and np.isfinite(numbers).all()
        and (np.all(np.diff(numbers) > 0) or np.all(np.diff(numbers) < 0))
    )
    missing = "the intensities are" if axis else "the wavenumbers (or the intensities) are"
    return DataError(
        f"{where}: one column only; {missing} missing, which some programs (WITec) write into a second file: put both into one file as two "
        "columns, axis first"
    )


def _is_two_columns(rows: Sequence[Sequence[str]]) -> bool:
    numbers = [fields for fields in rows if looks_numeric(fields[0])]
    pairs = [
        fields
        for fields in numbers
        if len(fields) == 2 and (looks_numeric(fields[1]) or is_missing(fields[1]))
    ]
    # The lower half counts too, because a header line or a broken line may stand among the first.
    return len(pairs) > 0 and 2 * len(pairs) >= len(rows)


def _grade(names: Sequence[str], metadata_by_option: Collection[str], where: str) -> int:
    numbers = axis_numbers([name for name in names if name not in metadata_by_option], where)
    return axis_score([value for value in numbers if value is not None])


def _without_axis(header: Sequence[str], column: Sequence[str], where: str) -> Orientation:
    """Return a guess for a header of numbers that are no axis, so that the refusal can say what is wrong with them."""
    across = [value for value in axis_numbers(header, where) if value is not None]
    down = [value for value in axis_numbers(column, where) if value is not None]
    texts = [name for name in header if not looks_numeric(name)]
    if across and (counts_up(np.array(across)) or len(across) < 3) and not counts_up(np.array(down)):
        return Orientation.ROWS
    if len(down) > 2 and counts_up(np.array(down)) and len(texts) == len(header):
        return Orientation.COLUMNS
    raise DataError(
        f"{where}: no wavenumber axis: neither the first line ({listed(header, 80)}) nor the first column "
        f"({listed(column, 80)}) holds Raman shifts in even order; name the columns by their shift in cm⁻¹"
    )


def _between(
    rows: Sequence[Sequence[str]], across: int, down: int, metadata_by_option: Collection[str], where: str
) -> Orientation:
    """Choose where the header and the first column could both be an axis."""
    header, corner = rows[0], rows[0][0]
    unit = stated_unit(corner)
    if unit is not None and unit.unit is AxisUnit.SHIFT and unit.spelled:
        return Orientation.COLUMNS
    points = [sum(map(looks_numeric, cells)) for cells in (header, [fields[0] for fields in rows])]
    if not corner and min(points) < FEWEST_IN_FILE <= max(points):  # the shorter can be no axis
        return Orientation.ROWS if points[0] > points[1] else Orientation.COLUMNS
    if not looks_numeric(corner):
        column_names = [name for name in header[1:] if name and not looks_numeric(name)]
        row_names = [fields[0] for fields in rows[1:] if fields[0] and not looks_numeric(fields[0])]
        stated = corner in metadata_by_option or corner in USUAL_COLUMNS["sample_id"]
        if stated or (column_names and not row_names):
            return Orientation.ROWS
        if names_an_axis(corner) or (row_names and not column_names):
            return Orientation.COLUMNS
    if across != down:
        return Orientation.ROWS if across > down else Orientation.COLUMNS
    raise DataError(
        f"{where}: the first line and the first column both look like a wavenumber axis; call the first cell "
        f"({quoted(corner)}) 'wavenumber' if each column is a spectrum, or name it as the sample_id if each row is one"
    )
