"""Text files, plain or gzip by their content, read line by line up to a size that a table can have."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from spectra_dl.errors import DataError
from spectra_dl.storage.unsafe_contents import refuse_unsafe

_GZIP = b"\x1f\x8b"
_HEAD = 512  # bytes by which a file's kind is recognised
_LONGEST_LINE, _MOST_BYTES = 32 << 20, 4 << 30
_FREE_BYTES, _MOST_EXPANSION = 256 << 20, 300


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(number, line)`` without line ends, numbers from 1, blank lines left out.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It can't be read, is no UTF-8 text, or swells beyond what can be held.
    """
    try:
        with open(path, "rb") as plain:
            start = plain.read(_HEAD)
            plain.seek(0)
            refuse_unsafe(start, path.name, "give a table as text")
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=plain)) if start.startswith(_GZIP) else plain
            yield from _lines(stream, path)
    except (OSError, EOFError, zlib.error) as err:
        raise DataError(
            f"{path.name}: can't be read ({' '.join(str(err).split())[:120]}); check the path, or take a fresh copy"
        ) from err


def first_lines(path: Path, count: int) -> list[str]:
    """Return the first lines of a file; fewer where it has fewer, none where it is no text.

    Parameters
    ----------
    path
        The file, plain or gzip.
    count
        Lines at most, 1 or more; blank ones don't count.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    """
    lines: list[str] = []
    try:
        for _, line in text_lines(path):
            lines.append(line)
            if len(lines) == count:
                break
    except DataError:
        return []
    return lines


def why_no_lines(start: bytes) -> str:
    r"""Return why a file that starts so is text, but not read as lines, and what to do; empty where nothing of it says so.

    Examples
    --------
    >>> why_no_lines("A,B".encode("utf-16"))
    'text in UTF-16, as Excel writes it; save it as UTF-8'
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text in UTF-16, as Excel writes it; save it as UTF-8"
    if b"\0" in start or not any(separator in start for separator in b"\t,;"):
        return ""
    if b"\r" in start and b"\n" not in start:
        return "text whose lines end as on old Macs (CR); save it with today's line ends"
    try:
        start[:-4].decode("utf-8", "strict")
    except UnicodeDecodeError as err:
        if err.reason != "unexpected end of data":
            return f"text that is no UTF-8 (byte {err.start + 1}); save it as UTF-8"
    return ""


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    size, read = max(1, path.stat().st_size), 0
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE + 1), b""), start=1):
        read += len(line)
        swollen = read > _FREE_BYTES and read > _MOST_EXPANSION * size
        if len(line) > _LONGEST_LINE or read > _MOST_BYTES or swollen:
            raise DataError(
                f"{path.name} line {number}: {read:,} bytes of text from {size:,}; that is no table of a section"
            )
        if b"\0" in line:
            raise DataError(f"{path.name} line {number}: a NUL byte; this is no text, export the table again")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as err:
            raise DataError(f"{path.name} line {number}: not UTF-8; export the table as UTF-8") from err
        if text.strip():
            yield number, text


def cells_of(line: str, separator: str = "\t") -> list[str]:
    """Split a line into cells, without spaces and quotes around them.

    Parameters
    ----------
    line
        Without its end.
    separator
        Between cells; quotes don't protect it.
    """
    return [cell.strip().strip('"') for cell in line.split(separator)]


def numbers_of(text: str, separator: str, place: str, count: int) -> "list[float]":
    """Return exactly ``count`` numbers; an empty cell is NaN.

    Parameters
    ----------
    text
        One line.
    separator
        Between cells.
    place
        File and line, for messages.
    count
        Cells that the line must have.

    Raises
    ------
    DataError
        Another number of cells, or a cell that is no number.
    """
    cells = cells_of(text, separator)
    if len(cells) != count:
        raise DataError(f"{place}: {len(cells)} values, {count} are needed")
    try:
        return [number_of(cell) for cell in cells]
    except ValueError as err:
        wrong = next(cell for cell in cells if not _is_number(cell))
        raise DataError(f"{place}: {wrong!r:.40} is no number; correct it") from err


def number_of(text: str) -> float:
    """Return the number that a cell holds, NaN for an empty one; not what only Python takes for a number, such as "1_000".

    Raises
    ------
    ValueError
        It is no number.

    Examples
    --------
    >>> number_of("1e3")
    1000.0
    """
    if "_" in text or not text.isascii():
        raise ValueError(f"{text!r:.40} is no number")
    return float(text) if text else float("nan")


def _is_number(text: str) -> bool:
    try:
        number_of(text)
    except ValueError:
        return False
    return True
