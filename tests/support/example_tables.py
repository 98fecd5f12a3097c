"""Tables of spectra as rows of text, to be written and broken in many ways."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True)
class TextTable:
    """A table as rows of text, and the arrays it was made from."""

    header: list[str]
    rows: list[list[str]]
    intensity: np.ndarray
    wavenumber: np.ndarray

    def text(self, delimiter: str = ",", end: str = "\n") -> str:
        return "".join(delimiter.join(row) + end for row in [self.header, *self.rows])

    def cells(self, change: Callable[[str], str]) -> "TextTable":
        """Change every intensity's text."""
        return replace(self, rows=[[*row[:3], *map(change, row[3:])] for row in self.rows])

    def names(self, change: Callable[[str], str]) -> "TextTable":
        """Change every wavenumber's text."""
        return replace(self, header=[*self.header[:3], *map(change, self.header[3:])])

    def reordered(self, order: list[int]) -> "TextTable":
        """Put the columns in another order."""
        return replace(
            self, header=[self.header[k] for k in order], rows=[[row[k] for k in order] for row in self.rows]
        )

    def with_column(self, name: str, values: list[str], at: int = 3) -> "TextTable":
        """Insert a column."""
        rows = [[*row[:at], value, *row[at:]] for row, value in zip(self.rows, values, strict=True)]
        return replace(self, header=[*self.header[:at], name, *self.header[at:]], rows=rows)

    def check(self, table: SpectraTable, rows: slice = slice(None)) -> None:
        """Assert that ``table`` is this one, bit for bit."""
        np.testing.assert_array_equal(table.intensity, self.intensity[rows])
        np.testing.assert_array_equal(table.wavenumber, self.wavenumber)
        for k, column in enumerate((table.sample_id, table.patient, table.label)):
            assert column is not None
            assert list(column) == [row[k] for row in self.rows[rows]]


def clean_table() -> TextTable:
    """36 spectra of 12 patients, 701 points from 400 to 1800 cm⁻¹."""
    generator = np.random.default_rng(7)
    wavenumber = np.linspace(400.0, 1800.0, 701)
    peaks = np.exp(-(((wavenumber - 1002.0) / 8.0) ** 2))
    intensity = np.round(
        4000 + 1500 * generator.random((36, 1)) * peaks + 50 * generator.standard_normal((36, 701)), 4
    )
    rows = [
        [
            f"S{k // 3:02d}_{k % 3}",
            f"P{k // 3:02d}",
            "control" if k < 18 else "cancer",
            *(f"{v:.4f}" for v in values),
        ]
        for k, values in enumerate(intensity)
    ]
    header = ["sample_id", "patient_id", "label", *(f"{w:.1f}" for w in wavenumber)]
    return TextTable(header, rows, intensity, wavenumber)


def table_of_file(path: Path, metadata: tuple[str, ...] = ("sample_id", "patient_id", "label")) -> TextTable:
    """The table of a CSV file, with these three columns before its wavenumbers."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    points = [at for at, name in enumerate(header) if name.replace(".", "").isdigit()]
    order = [*map(header.index, metadata), *points]
    chosen = [[row[at] for at in order] for row in rows]
    return TextTable(
        [header[at] for at in order],
        chosen,
        np.array([row[3:] for row in chosen], dtype=np.float64),
        np.array([header[at] for at in points], dtype=np.float64),
    )
