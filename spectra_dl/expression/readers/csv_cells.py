"""A small CSV table as text, every line with as many cells as its header."""

import csv
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.text_lines import text_lines


def csv_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header's cells, and each line's number and cells, all stripped.

    Raises
    ------
    DataError
        The file is empty or no CSV, or a line is longer or shorter than the header.
    """
    number, rows = 0, []
    try:
        reader = csv.reader((line + "\n" for _, line in text_lines(path)), strict=True)
        for cells in reader:
            number = reader.line_num
            rows.append((number, [cell.strip() for cell in cells]))
    except csv.Error as err:
        raise DataError(f"{path.name} line {number + 1}: no CSV ({str(err)[:80]}); export it again") from err
    if not rows:
        raise DataError(f"{path.name}: empty; the first line names the columns")
    columns = rows[0][1]
    for number, cells in rows[1:]:
        if len(cells) != len(columns):
            raise DataError(
                f"{path.name} line {number}: {len(cells)} cells for {len(columns)} columns; put text with commas into quotes"
            )
    return columns, rows[1:]
