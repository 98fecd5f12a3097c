"""Lists of genes as people write them: one in a line, several in one line, or a column of a table."""

import csv
import re
from collections.abc import Iterable, Sequence

from spectra_dl.errors import UsageError
from spectra_dl.expression.genes import is_ensembl

# Words that head a column of genes, in any case; any other word is looked for among the genes.
_HEAD = re.compile(
    r"(?:(?:hgnc|ensembl|gene|feature)[ _]?){0,2}(?:genes?|ids?|symbols?|names?|ensembl|feature)?",
    re.IGNORECASE,
)
_MARKS = ("\t", ";", ",")
_ONE_IN_A_LINE = "write one gene in a line, or a first line that heads the column of genes with 'gene'"


def typed_genes(text: str) -> tuple[str, ...]:
    """Return the genes of one word of a command line, with commas, semicolons or tabs between.

    Parameters
    ----------
    text
        As typed.

    Raises
    ------
    UsageError
        There is none.

    Examples
    --------
    >>> typed_genes("ERBB2, TP53;FASN")
    ('ERBB2', 'TP53', 'FASN')
    """
    return _some(name.strip().strip("\"'") for name in re.split(r"[\t;,\n]", text))


def listed_genes(text: str) -> tuple[str, ...]:
    r"""Return the genes of a list; lines that start with ``#`` are left out.

    One line holds them all, or each line one, or they are a column of a table: the one that a first line heads with a word like ``gene`` or
    ``symbol``, else the first column, where the others can be no genes.

    Parameters
    ----------
    text
        Of the file.

    Raises
    ------
    UsageError
        There is none, or which column holds the genes can't be known.

    Examples
    --------
    >>> listed_genes("gene,score\nERBB2,0.7\nTP53,0.2\n")
    ('ERBB2', 'TP53')
    >>> listed_genes("ERBB2,TP53\n")
    ('ERBB2', 'TP53')
    """
    rows = _rows(text)
    if not rows:
        return _some([])
    if (at := _headed_column(rows)) is not None:
        names = _column(rows[1:], at)
    elif not rows[0][0]:
        names = _column(rows[1:], 0)
        if names and all(map(_is_number, names)):
            raise UsageError(f"--genes: the first column of the list numbers its lines; {_ONE_IN_A_LINE}")
    elif len(rows) == 1:
        names = [cell for cell in rows[0] if not _is_number(cell)]
    else:
        names = _first_column(rows)
    return _some(names)


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip() and not line.startswith("#")]
    mark = next((mark for mark in _MARKS if lines and mark in lines[0]), None)
    mark = mark or next((mark for mark in _MARKS if any(mark in line for line in lines)), ",")
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error as err:
        raise UsageError(f"--genes: the list can't be read ({err}); {_ONE_IN_A_LINE}") from err


def _headed_column(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the first column that the first line heads as genes; a word that stands below again is no heading."""
    for at, cell in enumerate(rows[0]):
        if cell and _HEAD.fullmatch(cell) and cell not in _column(rows[1:], at):
            return at
    return None


def _first_column(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the first column of lines without a heading, where each other column can be no genes."""
    first = _column(rows, 0)
    for at in range(1, max(map(len, rows))):
        if _may_be_genes(_column(rows, at), first):
            line = next(row for row in rows if len(row) > at and row[at])
            raise UsageError(
                f"--genes: lines of the list hold several names ({line[0]:.40} and {line[at]:.40}), and none says which column the genes are; {_ONE_IN_A_LINE}"
            )
    return first


def _may_be_genes(column: Sequence[str], first: Sequence[str]) -> bool:
    names = [cell for cell in column if cell]
    if all(map(_is_number, names)) or len(set(names)) < len(names) or any(" " in name for name in names):
        return False
    # Ids of one kind beside names of another are the same genes twice.
    return all(map(is_ensembl, first)) == all(map(is_ensembl, names))


def _column(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    return [row[at] if at < len(row) else "" for row in rows]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower().lstrip("+-") not in ("nan", "inf", "infinity")


def _some(names: Iterable[str]) -> tuple[str, ...]:
    genes = tuple(dict.fromkeys(name for name in names if name))
    if not genes:
        raise UsageError("--genes: the list holds no gene; write one in a line")
    return genes
