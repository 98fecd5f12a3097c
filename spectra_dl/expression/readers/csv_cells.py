"""Tables as text: a small CSV, every line with as many cells as its header, and a table of counts with tabs or commas."""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.libraries import (
    FEWEST_SPOTS,
    LIBRARY_COLUMNS,
    libraries_overlap,
)
from spectra_dl.expression.readers.count_matrix import CountMatrix, checked_values, first_no_count
from spectra_dl.expression.readers.gene_names import gene_columns
from spectra_dl.expression.readers.text_lines import cells_of, numbers_of, text_lines
from spectra_dl.storage.wording import letters_and_digits

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PLACE = re.compile(r"(-?\d+(?:\.\d+)?)x(-?\d+(?:\.\d+)?)")  # ids of spots by their place on the array
_MOST_GENES, _FEWEST_ROWS = 200_000, 3


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


def fractional_columns(matrix: "csr_matrix") -> NDArray[np.bool_]:
    """Return which columns hold no whole number at all, where every other column holds counts; those are no genes.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> fractional_columns(csr_matrix([[1, 0.5, 0], [0, 0.7, 2], [3, 0.1, 1]]))
    array([False,  True, False])
    """
    columns, values, genes = matrix.indices, matrix.data, matrix.shape[1]
    finite = np.isfinite(values)
    broken = np.bincount(columns[finite & (values != np.rint(values))], minlength=genes)
    empty = np.bincount(columns[~finite], minlength=genes)
    odd: NDArray[np.bool_] = (broken + empty == matrix.shape[0]) & (broken >= _FEWEST_ROWS)
    wrong = broken + np.bincount(columns[finite & (values < 0)], minlength=genes) > 0
    return odd if 2 * odd.sum() < genes and not (wrong & ~odd).any() else np.zeros(genes, dtype=bool)


def fractional_note(names: Iterable[object]) -> str:
    """Return the note on columns that `fractional_columns` finds."""
    listed = ", ".join(map(str, names))
    return f"columns without one whole number, while all others are counts, are no genes and are left out: {listed!r:.80}"


def refuse_several_sections(
    columns: Sequence[tuple[str, Sequence[str]]], pixel: FloatArray, where: str
) -> list[str]:
    """Return notes on columns that name libraries which lie apart; one table is one section.

    Parameters
    ----------
    columns
        Names and cells of the columns that are no genes.
    pixel
        ``(n, 2)`` positions of the rows.
    where
        The file, for messages.

    Raises
    ------
    DataError
        A column names several sections whose spots lie among each other.
    """
    notes = []
    for name, cells in columns:
        values = text_array(cells)
        stated = sorted({str(value) for value in cells if value})
        if letters_and_digits(name) not in LIBRARY_COLUMNS or len(stated) < 2:
            continue
        if len(stated) * FEWEST_SPOTS > max(FEWEST_SPOTS, len(values)):
            continue  # names of spots, not of sections
        if libraries_overlap(values, pixel):
            raise DataError(
                f"{where}: its column {name!r:.40} names {len(stated)} sections, {', '.join(stated)!r:.120}, and their spots lie among each other; "
                "write a table for each section, with the image it belongs to"
            )
        notes.append(f"{name} names {len(stated)} parts that lie apart; they are read as one section")
    return notes


@dataclass(frozen=True, eq=False)
class CountTable:
    """A table of counts with tabs or commas, spots in rows.

    Attributes
    ----------
    counts
        Values of genes.
    others
        Names and text of the columns that are no genes.
    notes
        On those columns, and on values that are no counts.
    """

    counts: CountMatrix
    others: list[tuple[str, list[str]]]
    notes: list[str]

    def stated(self, rows: NDArray[np.intp]) -> list[tuple[str, list[str]]]:
        """Return the columns that are no genes at these rows."""
        return [(name, [cells[row] for row in rows]) for name, cells in self.others]


def read_count_table(path: Path) -> CountTable:
    """Read a table of counts, spots in rows, a header that may leave out the first column's name.

    Raises
    ------
    DataError
        It is damaged, spots stand in columns, or an id stands twice.
    """
    lines = _tabbed(path)
    names = cells_of(next(lines, (1, ""))[1])
    if len(names) > 1 and all(PLACE.fullmatch(name) for name in names[1:]):
        raise DataError(
            f"{path.name}: spots stand in columns; transpose the table, spots in rows and genes in columns"
        )
    first = next(lines, None)
    if first is None:
        raise DataError(f"{path.name}: no rows of counts in it; export the table again")
    columns = first[1].count("\t")
    gene = text_array(names[len(names) - columns :] if columns else [])
    kept, notes = gene_columns(gene)
    rows = _Rows(path.name, len(names), columns, np.flatnonzero(~kept).tolist())
    for number, line in itertools.chain([first], lines):
        rows.add(number, line)
    others = [(str(gene[at]), cells) for at, cells in zip(rows.other, rows.cells, strict=True)]
    counts = rows.counts(gene, kept)
    if (odd := fractional_columns(counts.matrix)).any():
        notes.append(fractional_note(counts.gene[odd]))
        counts = counts.of_genes(~odd)
    if lost := int(counts.missing.sum()):
        notes.append(
            f"{lost} of {len(rows.ids)} rows of counts have cells without a number; they are taken as missing"
        )
    if not counts.whole:
        notes.append(
            f"{rows.wrong or counts.first_wrong}; its values are not taken as counts, bring raw counts, whole numbers from 0, where counts are needed"
        )
    return CountTable(counts, others, notes)


def _tabbed(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each line's number and text, with tabs in place of commas where the header has no tabs."""
    commas = False
    for number, (at, line) in enumerate(text_lines(path)):
        commas = commas or (not number and "\t" not in line)
        yield at, line.replace(",", "\t") if commas else line


class _Rows:
    """Rows of a table of counts as they are read: columns at ``other`` as text, numbers of the rest."""

    def __init__(self, where: str, names: int, columns: int, other: list[int]) -> None:
        self.where, self.names, self.columns, self.other = where, names, columns, other
        self.ids: list[str] = []
        self.values: list[csr_matrix] = []
        self.cells: list[list[str]] = [[] for _ in other]
        self.wrong = ""

    def add(self, number: int, line: str) -> None:
        """Read one line."""
        from scipy.sparse import csr_matrix

        place = f"{self.where} line {number}"
        first_cell, _, rest = line.partition("\t")
        found = line.count("\t")
        if found != self.columns or self.names - found not in (0, 1) or found > _MOST_GENES:
            raise DataError(f"{place}: {found} counts under {self.names} names; export the table again")
        if self.other:
            cells = rest.split("\t")
            for at, kept in zip(self.other, self.cells, strict=True):
                kept.append(cells[at].strip().strip('"'))
                cells[at] = "0"
            rest = "\t".join(cells)
        values = _row_values(rest, place)
        if not self.wrong and (first := first_no_count(values)):
            self.wrong = f"{place}, {first}"
        self.ids.append(first_cell.strip().strip('"'))
        self.values.append(csr_matrix(values))

    def counts(self, gene: TextArray, kept: NDArray[np.bool_]) -> CountMatrix:
        """Return values of the columns that are genes."""
        from scipy.sparse import vstack

        matrix = vstack(self.values).tocsr()[:, np.flatnonzero(kept)]
        return checked_values(matrix, text_array(self.ids), gene[kept], None, self.where)


def _row_values(text: str, place: str) -> FloatArray:
    """Return the numbers of one line; an empty cell is NaN."""
    cells = text.split("\t")
    try:
        if "_" in text or not text.isascii():
            raise ValueError("what only Python takes for numbers")
        return np.array(cells, dtype=np.float64)
    except ValueError:
        return np.array(
            [numbers_of(cell, "\t", f"{place}, gene {at}", 1)[0] for at, cell in enumerate(cells, start=1)]
        )
