"""A clean table of spectra to break in many ways."""

from collections.abc import Callable
from pathlib import Path

import pytest

from example_tables import TextTable, clean_table


@pytest.fixture(scope="session")
def clean() -> TextTable:
    """36 spectra of 12 patients, 701 points from 400 to 1800 cm⁻¹."""
    return clean_table()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file of the test's own folder."""

    def write_file(content: str | bytes, name: str = "spectra.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file
