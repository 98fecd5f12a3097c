"""The parts of an Excel workbook (.xlsx), validated before the library that reads it sees them.

A workbook is a zip archive of XML (ECMA-376). The library inflates whatever a part holds and makes room for the whole rectangle
its cells span, so a few bytes can take all memory. Here each part is inflated within bounds and followed element by element, and
what passed is put into a new archive in memory: that is what the library reads, whatever else the file's archive claims.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO
from xml.parsers import expat

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.wording import printable

LARGEST_FILE = 64 << 20
MOST_PARTS = 2_000
MOST_TEXT = 128 << 20
MOST_CELLS, MOST_OTHERS = 3_000_000, 1_000_000
CHECK_EACH = 1 << 14
MOST_REPEATED_TEXT = 256 << 20
COLUMN = re.compile("[A-Z]{1,3}")
DIGITS = "0123456789"
MACROS = re.compile(r"vbaproject\.bin$|/macrosheets/", re.IGNORECASE)
# What the library reads; pictures, links to other workbooks and the like are left out.
PART = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:_rels/)?[^/]+\.(?:xml|rels)|xl/worksheets/[^/]+\.xml"
)
LEFT_OUT = re.compile(r"xl/(?:calcChain|metadata|persons?|comments?)[^/]*\.xml")
EXPORT = "save the sheet as CSV"


@lru_cache(maxsize=1 << 15)
def column_number(letters: str) -> int:
    """Return the number of a column, 0 where the letters are no column.

    >>> column_number("A"), column_number("AA"), column_number("a")
    (1, 27, 0)
    """
    number = 0
    for letter in letters if COLUMN.fullmatch(letters) else "":
        number = 26 * number + ord(letter) - 64
    return number


@dataclass
class PartSize:
    """What a part holds.

    Attributes
    ----------
    rows, columns
        The last row and column with a cell, from 1.
    cells, formulas, text_cells, errors
        How many cells there are, how many of a formula, how many that refer to a shared text, and how many that hold an error.
    others
        Further elements.
    longest
        Characters of the longest shared text.
    """

    rows: int = 0
    columns: int = 0
    cells: int = 0
    formulas: int = 0
    text_cells: int = 0
    errors: int = 0
    others: int = 0
    longest: int = 0

    @property
    def area(self) -> int:
        """Cells for which the library makes room."""
        return max(self.rows * self.columns, self.cells)

    def add(self, part: "PartSize", where: str) -> None:
        """Add a part, and refuse what all together would take too much memory.

        Parameters
        ----------
        part
            One more of the same workbook.
        where
            The file's name, for messages.

        Raises
        ------
        DataError
            More cells, elements or repeated text than can be read.
        """
        self.cells += part.area
        self.formulas += part.formulas
        self.text_cells += part.text_cells
        self.errors += part.errors
        self.others += part.others
        self.longest = max(self.longest, part.longest)
        if self.cells > MOST_CELLS or self.others > MOST_OTHERS:
            raise DataError(
                f"{where}: a workbook whose sheets span {self.cells:,} cells and {self.others:,} other elements; at most "
                f"{MOST_CELLS:,} and {MOST_OTHERS:,} can be read, {EXPORT}"
            )
        if self.text_cells * self.longest > MOST_REPEATED_TEXT:
            raise DataError(
                f"{where}: a workbook of {self.text_cells:,} cells with texts of up to {self.longest:,} characters, too much to "
                f"hold; {EXPORT}"
            )


@dataclass
class WorkbookParts:
    """The parts of a workbook that passed.

    Attributes
    ----------
    archive
        A new zip archive of them.
    size
        Of all parts together.
    """

    archive: io.BytesIO = field(default_factory=io.BytesIO)
    size: PartSize = field(default_factory=PartSize)


def workbook_parts(stream: BinaryIO, where: str) -> WorkbookParts:
    """Validate the parts of a workbook.

    Parameters
    ----------
    stream
        The file, open to read.
    where
        Its name, for messages.

    Raises
    ------
    DataError
        No .xlsx workbook, one with macros, damaged, or with more in it than can be read.
    """
    size = stream.seek(0, 2)
    if size > LARGEST_FILE:
        raise DataError(f"{where}: a workbook over {LARGEST_FILE >> 20} MiB; {EXPORT}")
    stream.seek(0)
    parts = WorkbookParts()
    try:
        with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(parts.archive, "w") as passed:
            for name in _names(archive, where):
                content = _content(archive, name, where)
                parts.size.add(_checked(content, name, where), where)
                passed.writestr(name, content)
    except DataError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as err:
        raise DataError(
            f"{where}: truncated or damaged Excel workbook ({printable(str(err), 100)}); copy it again, or {EXPORT}"
        ) from err
    return parts


def _names(archive: zipfile.ZipFile, where: str) -> list[str]:
    """Return the names of the parts to read, after a look at what the archive claims."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MOST_PARTS:
        raise DataError(
            f"{where}: a workbook of {len(members):,} parts; at most {MOST_PARTS:,} can be read, {EXPORT}"
        )
    if any(map(MACROS.search, names)):
        raise DataError(
            f"{where}: an Excel workbook with macros, which are never opened; {EXPORT}, or save it as .xlsx"
        )
    if "xl/workbook.bin" in names:
        raise DataError(f"{where}: a binary Excel workbook (.xlsb); {EXPORT}, or save it as .xlsx")
    if "mimetype" in names:
        raise DataError(f"{where}: an OpenDocument spreadsheet (.ods); {EXPORT}, or save it as .xlsx")
    if "xl/workbook.xml" not in names:
        raise DataError(f"{where}: a zip archive that is no Excel workbook; unpack it, or {EXPORT}")
    wanted = [
        member
        for member in members
        if PART.fullmatch(member.filename) and not LEFT_OUT.fullmatch(member.filename)
    ]
    if len({member.filename for member in wanted}) < len(wanted):
        raise DataError(f"{where}: a damaged Excel workbook: two parts have one name; {EXPORT}")
    claimed = sum(member.file_size for member in wanted)
    if claimed > MOST_TEXT:
        raise DataError(
            f"{where}: a workbook that unpacks to {claimed >> 20:,} MiB; at most {MOST_TEXT >> 20} MiB can be read, {EXPORT}"
        )
    return [member.filename for member in wanted]


def _content(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    """Return a part, no longer than the archive claims (zipfile stops there, and compares the checksum)."""
    member = archive.getinfo(name)
    if member.flag_bits & 1:
        raise DataError(f"{where}: an encrypted workbook; save it without a password, or {EXPORT}")
    with archive.open(member) as part:
        return part.read(member.file_size + 1)


def _checked(content: bytes, name: str, where: str) -> PartSize:
    """Follow a part's elements and refuse more cells than can be read."""
    reader = _PartReader(name, where)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as err:
        raise DataError(
            f"{where}: damaged Excel workbook: {printable(name, 60)} can't be followed ({printable(str(err), 80)}); {EXPORT}"
        ) from err
    return reader.size


def _attribute(attributes: list[str], name: str) -> str | None:
    """Return an attribute of an element, given as name, value, name, value."""
    if attributes and attributes[0] == name:
        return attributes[1]
    return next((attributes[k + 1] for k in range(0, len(attributes), 2) if attributes[k] == name), None)


class _PartReader:
    """Counts what a part holds while expat follows it."""

    def __init__(self, name: str, where: str) -> None:
        self.size = PartSize()
        self._name = name
        self._where = where
        self._row = self._column = self._characters_of_text = 0
        # As the library reads it, whatever encoding the part declares.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise DataError(
            f"{self._where}: {printable(self._name, 60)} declares entities, which no workbook needs; {EXPORT}"
        )

    def _start(self, element: str, attributes: list[str]) -> None:
        if element == "v":  # as many as there are cells
            return
        element = element.rpartition(":")[2]
        if element == "c":
            self._cell(attributes)
        elif element == "row":
            text = _attribute(attributes, "r")
            self._row = self._number(text) if text is not None else self._row + 1
            self._column = 0
        elif element == "f":
            self.size.formulas += 1
        else:
            self._other(element)

    def _cell(self, attributes: list[str]) -> None:
        size, reference = self.size, _attribute(attributes, "r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.rstrip(DIGITS)
            self._column, self._row = column_number(letters), self._number(reference[len(letters) :])
            if not self._column:
                raise self._damaged(f"a cell at {printable(reference, 20)}")
        size.cells += 1
        if "s" in attributes:
            size.text_cells += 1
        elif "e" in attributes:
            size.errors += 1
        if self._row > size.rows or self._column > size.columns or not size.cells % CHECK_EACH:
            size.rows, size.columns = max(size.rows, self._row), max(size.columns, self._column)
            PartSize().add(size, self._where)

    def _other(self, element: str) -> None:
        self.size.others += 1
        if not self.size.others % CHECK_EACH:
            PartSize().add(self.size, self._where)
        if element == "sst":
            self.parser.CharacterDataHandler = self._characters
        elif element == "si":
            self._characters_of_text = 0

    def _characters(self, text: str) -> None:
        self._characters_of_text += len(text)
        self.size.longest = max(self.size.longest, self._characters_of_text)

    def _number(self, text: str) -> int:
        if len(text) < 8 and text.isascii() and text.isdigit() and text[0] != "0":
            return int(text)
        raise self._damaged(f"a row {printable(text, 20)}")

    def _damaged(self, what: str) -> DataError:
        return DataError(
            f"{self._where}: damaged Excel workbook: {what} in {printable(self._name, 60)}; {EXPORT}"
        )
