"""Change one thing in a clean table of spectra, 10,000 times: nothing may be read wrongly without a word.

Run: ``python benchmarks/robustness/csv_mutations.py [HOW_MANY] [SEED]``. Each changed file must be refused, or read with a note the clean file doesn't have, or give the same axis, ids, labels
and the same spectra in every row that was not touched. Whatever else comes out is printed, and the command ends with 1.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from spectra_dl.errors import SpectraDLError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

PATIENTS, POINTS, META = 12, 701, 3
TOKENS = (
    "",
    "NaN",
    "NA",
    "--",
    "inf",
    "1e999",
    "abc",
    "0",
    "-1",
    "1,5",
    "1.234,5",
    '"',
    "'",
    "#",
    "=1+1",
    "\x00",
    "\u200b",
    "0x10",
    "1 2",
    "1e3",
    " 7 ",
    "+5",
    ";",
    "\t",
)
TAKEN_WELL = ("refused", "noted", "same", "a column less")


def clean_table() -> list[list[str]]:
    """Return the cells of 36 spectra of 12 patients, 701 points from 400 to 1800 cm-1."""
    table = simulate_study(StudySettings(patients=PATIENTS, n_wavenumbers=POINTS, seed=3)).table
    header = ["sample_id", "patient_id", "label", *(f"{one:.1f}" for one in table.wavenumber)]
    rows = [
        [sample, patient, label, *(f"{value:.4f}" for value in spectrum)]
        for sample, patient, label, spectrum in zip(
            table.sample_id, table.patient, table.label, table.intensity, strict=True
        )
    ]
    return [header, *rows]


def text_of(cells: list[list[str]]) -> str:
    """Return the table as CSV."""
    return "\n".join(",".join(row) for row in cells) + "\n"


def mutated(cells: list[list[str]], generator: np.random.Generator) -> tuple[bytes, str, set[int]]:
    """Return a changed file, what was changed, and the spectra (from 0) that may differ."""
    kind = generator.choice(["cell", "header", "line", "byte"], p=[0.35, 0.25, 0.2, 0.2])
    rows = [list(row) for row in cells]
    if kind in ("cell", "header"):
        at = 0 if kind == "header" else int(generator.integers(1, len(rows)))
        column = int(generator.integers(len(rows[0])))
        rows[at][column] = _changed(rows[at][column], generator)
        return (
            text_of(rows).encode(),
            f"{kind} {at},{column} -> {rows[at][column]!r}",
            {at - 1} if at else set(),
        )
    if kind == "line":
        at, how = (
            int(generator.integers(1, len(rows))),
            str(generator.choice(["drop", "double", "cut", "header", "join", "blank"])),
        )
        lines = text_of(rows).splitlines()
        touched = {at - 1}
        if how == "drop":
            del lines[at]
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "cut":
            lines[at] = lines[at][: int(generator.integers(len(lines[at])))]
        elif how == "header":
            lines.insert(at, lines[0])
        elif how == "join" and at + 1 < len(lines):
            lines[at] += lines.pop(at + 1)
            touched |= {at}
        else:
            lines.insert(at, "")
        return ("\n".join(lines) + "\n").encode(), f"line {at} {how}", touched
    content = bytearray(text_of(rows).encode())
    at = int(generator.integers(len(content)))
    old, content[at] = content[at], int(generator.integers(256))
    line = bytes(content[:at]).count(b"\n")
    touched = {line - 1, line} if 10 in (old, content[at]) else {line - 1}
    return bytes(content), f"byte {at} (line {line}) {old} -> {content[at]}", touched


def _changed(cell: str, generator: np.random.Generator) -> str:
    if generator.random() < 0.6 or not cell:
        return str(generator.choice(TOKENS))
    at = int(generator.integers(len(cell)))
    return cell[:at] + chr(int(generator.integers(32, 127))) + cell[at + 1 :]


def outcome(path: Path, clean: SpectraTable, touched: set[int]) -> str:
    """Return "refused", "noted" or "same", or what came out wrongly without a word."""
    try:
        found = read_spectra(path)
    except SpectraDLError:
        return "refused"
    if set(found.notes) - set(clean.notes):
        return "noted"
    kept = [row for row in range(len(clean)) if row not in touched]
    if found.wavenumber.shape != clean.wavenumber.shape or not np.array_equal(
        found.wavenumber, clean.wavenumber
    ):
        return "another axis"
    place = {name: row for row, name in enumerate(found.sample_id)}
    if any(clean.sample_id[row] not in place for row in kept):
        return "a row is lost"
    if len(found) > len(clean):
        return "more rows"
    rows = [place[clean.sample_id[row]] for row in kept]
    if rows != sorted(rows):
        return "another order"
    for name in ("patient", "label"):
        one, two = getattr(found, name), getattr(clean, name)
        if one is None:
            # Its header is no longer the column's name: training and evaluation ask for it.
            return "a column less"
        if list(one[rows]) != list(two[kept]):
            return f"another {name}"
    return "same" if np.array_equal(found.intensity[rows], clean.intensity[kept]) else "other values"


def main() -> int:
    """Print how the changed files were taken; 1 if any was read wrongly without a word."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    generator = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    cells, counts, shown = clean_table(), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spectra.csv"
        path.write_text(text_of(cells))
        clean = read_spectra(path)
        for _ in range(many):
            content, what, touched = mutated(cells, generator)
            path.write_bytes(content)
            found = outcome(path, clean, touched)
            counts[found] += 1
            if found not in TAKEN_WELL and shown[found] < 10:
                shown[found] += 1
                print(f"{found}: {what}", flush=True)
    print(", ".join(f"{name} {count}" for name, count in counts.most_common()))
    return int(bool(set(counts) - set(TAKEN_WELL)))


if __name__ == "__main__":
    sys.exit(main())
