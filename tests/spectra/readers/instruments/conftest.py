"""Instruments' files by name, and the helpers every format's tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.table import SpectraTable


@pytest.fixture(scope="session")
def instruments(shared_data: Path) -> Path:
    """The folder of real files."""
    return shared_data / "raman" / "instruments"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., SpectraTable]:
    """Write bytes to a file whose name says nothing and read it."""

    def read_content(content: bytes | str, name: str = "measured.dat") -> SpectraTable:
        return read_spectra(write(content, name))

    return read_content
