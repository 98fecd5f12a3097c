"""Excel workbooks (.xlsx): the one sheet that holds a table, given to the reader of text tables as lines between tabs.

So a sheet is read exactly as the same table saved as text: names, units, orientation and numbers are decided in one place. The
line a message names is the sheet's row.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.containers.workbook_parts import EXPORT, workbook_parts
from spectra_dl.spectra.readers.instruments.vendor import vendor_library
from spectra_dl.spectra.readers.wording import listed, printable, quoted

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

ZIP_MAGIC = b"PK\x03\x04"
MOST_SHEETS = 100
# A sheet with fewer numbers is no table of spectra.
LEAST_NUMBERS = 20
CHARACTERS_AT_ONCE = 1 << 18


def is_workbook(head: bytes) -> bool:
    """Say whether a file that begins with ``head`` is a zip archive, as workbooks are."""
    return head.startswith(ZIP_MAGIC)


def workbook_text(stream: BinaryIO, where: str) -> tuple[Iterator[bytes], list[str]]:
    """Return the table of a workbook as UTF-8 text between tabs, and the notes on which sheet it is.

    Parameters
    ----------
    stream
        The file, open to read.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        No .xlsx workbook, damaged, larger than can be read, or without exactly one sheet that may be a table of spectra.
    UsageError
        python-calamine is not installed.
    """
    library = vendor_library("python_calamine", f"{where} (Excel)")
    parts = workbook_parts(stream, where)
    parts.archive.seek(0)
    try:
        with library.load_workbook(parts.archive) as book:
            name, sheet, others = _table_of(book, where)
    except DataError:
        raise
    except BaseException as err:  # a panic of the library is no Exception
        if not isinstance(err, Exception) and type(err).__name__ != "PanicException":
            raise
        raise DataError(
            f"{where}: damaged Excel workbook ({printable(' '.join(str(err).split()), 100)}); save it again, or {EXPORT}"
        ) from err
    notes = [f"the sheet {quoted(name)} of the workbook was read"]
    if others:
        notes.append(f"other sheets of the workbook were not read: {listed(others)}")
    if parts.size.formulas:
        notes.append(
            f"the workbook has {parts.size.formulas} formulas; the results stored with them were read"
        )
    if parts.size.errors:
        notes.append(
            f"{parts.size.errors} cells of the workbook hold an error such as #N/A; they were read as missing values"
        )
    return _encoded(_rows(sheet)), notes


def _table_of(book: "CalamineWorkbook", where: str) -> tuple[str, "CalamineSheet", list[str]]:
    """Return name and content of the only sheet that may be a table, and the names of the others."""
    sheets = book.sheets_metadata
    if len(sheets) > MOST_SHEETS:
        raise DataError(
            f"{where}: a workbook of {len(sheets)} sheets; at most {MOST_SHEETS} can be read, {EXPORT}"
        )
    filled: list[tuple[str, CalamineSheet]] = []
    others: list[str] = []
    for number, sheet in enumerate(sheets):
        name, hidden = printable(sheet.name, 40), not str(sheet.visible).endswith(".Visible")
        readable = not hidden and str(sheet.typ).endswith(".WorkSheet")
        content = book.get_sheet_by_index(number) if readable else None
        if content is None or content.start is None:
            others.append(f"{name} (hidden)" if hidden else name)
        else:
            filled.append((name, content))
    tables = filled if len(filled) == 1 else [pair for pair in filled if _has_numbers(_rows(pair[1]))]
    if len(tables) != 1:
        raise _no_choice([name for name, _ in tables], [name for name, _ in filled], where)
    name, content = tables[0]
    return name, content, [*(other for other, _ in filled if other != name), *others]


def _no_choice(tables: Sequence[str], filled: Sequence[str], where: str) -> DataError:
    if not tables:
        return DataError(
            f"{where}: no sheet with at least {LEAST_NUMBERS} numbers (with something in it: {listed(filled) or 'none'}); give the "
            f"workbook that holds the spectra"
        )
    return DataError(
        f"{where}: {len(tables)} sheets could each be the table of spectra ({listed(tables)}); keep one of them in the "
        f"workbook, or {EXPORT}"
    )


def _rows(sheet: "CalamineSheet") -> Iterator[Sequence[object]]:
    """Yield the rows of a sheet from its first, with the empty columns left of the table."""
    first, left = sheet.start or (0, 0)
    yield from ([] for _ in range(first))
    yield from ([""] * left + row for row in sheet.iter_rows())


def _has_numbers(rows: Iterable[Sequence[object]]) -> bool:
    """Say whether the rows hold as many numbers as a table of spectra at least has; they may be stored as text."""
    count = 0
    for row in rows:
        count += sum(_is_number(cell) for cell in row)
        if count >= LEAST_NUMBERS:
            return True
    return False


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        text = cell.strip().replace(",", ".")
        return text[:1] in set("+-.0123456789") and text.lstrip("+-").replace(".", "").isdigit()
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _encoded(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the rows as lines; an empty one is a blank line, so that the lines are numbered as the rows."""
    lines: list[str] = []
    characters = 0
    for row in rows:
        cells = [_text(cell) for cell in row]
        lines.append("\t".join(cells) if any(cells) else "")
        characters += len(lines[-1])
        if characters > CHARACTERS_AT_ONCE:
            yield ("\n".join(lines) + "\n").encode("utf-8", "replace")
            lines, characters = [], 0
    yield "\n".join(lines).encode("utf-8", "replace")


def _text(cell: object) -> str:
    """Return a cell as text; a number keeps every digit, a whole one has no point, as in the sheet, and quotes are doubled."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = " ".join(str(cell).split())
    return '"' + text.replace('"', '""') + '"' if '"' in text else text
