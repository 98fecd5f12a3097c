"""Which reader a content belongs to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from spectra_dl.spectra.readers.containers.matlab import is_matlab, read_matlab
from spectra_dl.spectra.readers.containers.other_hdf5 import is_other_hdf5, read_other_hdf5
from spectra_dl.spectra.readers.instruments.binary.opus import is_opus, read_opus
from spectra_dl.spectra.readers.instruments.binary.spc import is_spc, read_spc
from spectra_dl.spectra.readers.instruments.binary.wdf import is_wdf, read_wdf
from spectra_dl.spectra.readers.instruments.bwspec import is_bwspec, read_bwspec
from spectra_dl.spectra.readers.instruments.jcamp import is_jcamp, read_jcamp
from spectra_dl.spectra.readers.instruments.labspec import is_labspec, read_labspec
from spectra_dl.spectra.readers.instruments.oras import is_oras, read_oras
from spectra_dl.spectra.readers.instruments.recording import Recording
from spectra_dl.spectra.readers.source import first_bytes

Reader = Callable[[Path], list[Recording]]
READERS: tuple[tuple[Callable[[bytes], bool], Reader], ...] = (
    (is_matlab, read_matlab),
    (is_other_hdf5, read_other_hdf5),
    (is_wdf, read_wdf),
    (is_spc, read_spc),
    (is_opus, read_opus),
    (is_oras, read_oras),
    (is_bwspec, read_bwspec),
    (is_labspec, read_labspec),
    (is_jcamp, read_jcamp),
)


def instrument_reader(path: Path) -> Reader | None:
    """Return what reads the instrument's file at ``path``, or None if it is none.

    Raises
    ------
    DataError
        Not a regular file, not readable, or damaged gzip data.
    """
    head = first_bytes(path)
    return next((_quiet(read) for recognises, read in READERS if recognises(head)), None)


def _quiet(read: Reader) -> Reader:
    """Keep NumPy from warning of a damaged file's numbers, which are checked when they are read."""

    def read_quietly(path: Path) -> list[Recording]:
        with np.errstate(invalid="ignore", over="ignore"):
            return read(path)

    return read_quietly
