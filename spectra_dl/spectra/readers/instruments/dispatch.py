"""Which reader a content belongs to."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np

from spectra_dl.spectra.readers.instruments import contents
from spectra_dl.spectra.readers.instruments.plugin_reader import plugin_reader
from spectra_dl.spectra.readers.instruments.recording import Recording
from spectra_dl.spectra.readers.source import first_bytes

Reader = Callable[[Path], list[Recording]]
#: What recognises a content, and the module and function that read it, imported when they are needed.
READERS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (contents.is_matlab, "containers.matlab", "read_matlab"),
    (contents.is_other_hdf5, "containers.other_hdf5", "read_other_hdf5"),
    (contents.is_wdf, "instruments.binary.wdf", "read_wdf"),
    (contents.is_spc, "instruments.binary.spc", "read_spc"),
    (contents.is_opus, "instruments.binary.opus", "read_opus"),
    (contents.is_oras, "instruments.oras", "read_oras"),
    (contents.is_bwspec, "instruments.bwspec", "read_bwspec"),
    (contents.is_labspec, "instruments.labspec", "read_labspec"),
    (contents.is_jcamp, "instruments.jcamp", "read_jcamp"),
)


def instrument_reader(path: Path, named: str | None = None) -> Reader | None:
    """Return what reads the instrument's file at ``path``, or None if it is none.

    Parameters
    ----------
    path
        Of the file.
    named
        A plugin that reads it, as ``plugin:NAME``; None recognises the content.

    Raises
    ------
    DataError
        Not a regular file, not readable, or damaged gzip data.
    """
    head = first_bytes(path)
    if named is not None:
        return plugin_reader(named)
    found = next(((module, name) for recognises, module, name in READERS if recognises(head)), None)
    return None if found is None else _quiet(*found)


def _quiet(module: str, name: str) -> Reader:
    """Keep NumPy from warning of a damaged file's numbers, which are checked when they are read."""
    read: Reader = getattr(import_module(f"spectra_dl.spectra.readers.{module}"), name)

    def read_quietly(path: Path) -> list[Recording]:
        with np.errstate(invalid="ignore", over="ignore"):
            return read(path)

    return read_quietly
