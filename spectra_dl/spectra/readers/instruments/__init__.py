"""Files as instruments write them, told by their content; each is walked and found whole before a number is believed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.spectra.readers.instruments.file import InstrumentFile, blocks_of
from spectra_dl.spectra.readers.instruments.jcamp import is_jcamp, read_jcamp
from spectra_dl.spectra.readers.instruments.spc import is_spc, read_spc
from spectra_dl.spectra.readers.instruments.wdf import is_wdf, read_wdf
from spectra_dl.spectra.readers.options import PathLike, ReadOptions
from spectra_dl.spectra.table import SpectraTable

_HEAD_BYTES = 1024


@dataclass(frozen=True)
class _Kind:
    """How a kind of file is told from others by its first bytes, and read."""

    tells: Callable[[bytes], bool]
    read: Callable[[Path], InstrumentFile]


_KINDS = (_Kind(is_wdf, read_wdf), _Kind(is_spc, read_spc), _Kind(is_jcamp, read_jcamp))


def instrument_blocks(path: PathLike, options: ReadOptions, *, rows: int) -> Iterator[SpectraTable] | None:
    """Return the spectra of an instrument's file in blocks of ``rows``; None for any other file.

    Raises
    ------
    DataError
        It is an instrument's file, and damaged, truncated, or claims more than it holds.
    """
    head = _head(path)
    for kind in _KINDS:
        if kind.tells(head):
            return blocks_of(kind.read(Path(path)), options, rows=rows)
    return None


def _head(path: PathLike) -> bytes:
    """Return the first bytes of a regular file; none of what can't be read, which is refused elsewhere, and of pipes, which would block."""
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as stream:
            return stream.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return b""
