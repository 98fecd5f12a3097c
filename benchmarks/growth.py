"""How time and memory grow with what is given: spectra, patients, classes, genes and rows.

Run: ``python benchmarks/growth.py [--of predict evaluate classes genes audit] [--largest]``; ``--largest`` adds a million
spectra. Each command runs in a process of its own on simulated data, with one thread; printed are its CPU time, its largest resident set, and the power
of the number that the time grew with since the line before. A line grows faster than n log n where its time is more than a tenth above that.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "speed"))

import numpy as np
from streaming import run, write_many

from spectra_dl.arrays import text_array
from spectra_dl.expression.simulation.legacy_files import write_legacy_st
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

_TOLERANCE = 1.1
_SHORT = 300  # points, where commands train models
_AUDITED = 150  # patients


@dataclass(frozen=True)
class Growth:
    """A command on ever more of something.

    Attributes
    ----------
    what
        Of what there is more.
    sizes, largest
        How many, and how many more with ``--largest``.
    prepare
        Writes the input of a size to a folder and returns the command's words.
    """

    what: str
    sizes: Sequence[int]
    prepare: Callable[[int, Path], list[str]]
    largest: int | None = None


def predicted(spectra: int, folder: Path) -> list[str]:
    """Write spectra for the shipped model."""
    path = folder / "spectra.h5"
    write_many(path, spectra)
    return ["predict", str(path)]


def evaluated(patients: int, folder: Path) -> list[str]:
    """Write a study of so many patients with three spectra each."""
    table = simulate_study(StudySettings(patients=patients, n_wavenumbers=_SHORT)).table
    return ["evaluate", "spectra", *labelled(table, folder)]


def in_classes(classes: int, folder: Path) -> list[str]:
    """Write a study of 240 patients in so many classes, each with a band of its own."""
    table = simulate_study(StudySettings(patients=240, spectra_per_patient=2, n_wavenumbers=_SHORT)).table
    of_row = np.unique(table.patient, return_inverse=True)[1] % classes
    centre = table.wavenumber[((of_row + 0.5) * len(table.wavenumber) / classes).astype(int)]
    band = np.exp(-(((table.wavenumber - centre[:, np.newaxis]) / 8.0) ** 2))
    height = table.intensity.std(axis=1, keepdims=True) / 4
    label = text_array([f"class {number:02d}" for number in of_row])
    table = replace(table, intensity=table.intensity + height * band, label=label)
    models = ["--models", "auto,logistic,pls-da", "--no-leaky"]
    return ["evaluate", "spectra", *labelled(table, folder), *models]


def with_genes(genes: int, folder: Path) -> list[str]:
    """Write four sections of simulated tissue with 5,000 genes, of which so many are predicted."""
    lines = ["path,patient,section"]
    for one in simulate_tissue(TissueSettings(genes=5_000, depth=20_000)):
        path = write_legacy_st(folder, one.section)
        lines.append(f"{path.name},{one.section.patient},{one.section.name}")
    sheet = folder / "sections.csv"
    sheet.write_text("\n".join([*lines, ""]))
    words = ["evaluate", "expression", str(sheet), "--genes", str(genes), "--no-leaky"]
    return [*words, "--model", "ridge", "--encoder", "colour-texture"]


def audited(rows: int, folder: Path) -> list[str]:
    """Write so many spectra of 150 patients."""
    each = -(-rows // _AUDITED)
    settings = StudySettings(patients=_AUDITED, spectra_per_patient=each, n_wavenumbers=_SHORT)
    table = simulate_study(settings).table[np.arange(rows)]
    return ["audit", *labelled(table, folder)]


GROWTH = {
    "predict": Growth("spectra", (1_000, 10_000, 100_000), predicted, largest=1_000_000),
    "evaluate": Growth("patients", (50, 100, 200, 400), evaluated),
    "classes": Growth("classes", (2, 10, 30), in_classes),
    "genes": Growth("genes", (50, 250, 1_000, 5_000), with_genes),
    "audit": Growth("rows", (1_000, 10_000, 100_000), audited),
}


def main() -> None:
    """Print a table for each command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--of", nargs="+", choices=GROWTH, default=list(GROWTH))
    parser.add_argument("--largest", action="store_true")
    asked = parser.parse_args()
    for name in asked.of:
        growth = GROWTH[name]
        sizes = [*growth.sizes, *([growth.largest] if asked.largest and growth.largest else [])]
        print(
            f"\n| {growth.what} | CPU s | peak memory, MB | time grew with the power | |\n|---|---|---|---|---|"
        )
        earlier: tuple[int, float] | None = None
        for size in sizes:
            seconds, peak = measured(growth, size)
            print(
                f"| {size:,} | {seconds:.1f} | {peak / 1e6:.0f} | {compared(earlier, size, seconds)} |",
                flush=True,
            )
            earlier = size, seconds


def measured(growth: Growth, size: int) -> tuple[float, int]:
    """Return the CPU seconds and the peak memory in bytes of the command on so many."""
    with tempfile.TemporaryDirectory() as folder:
        words = growth.prepare(size, Path(folder))
        command = [sys.executable, "-m", "spectra_dl_cli", *words, "--out", f"{folder}/out"]
        peak, seconds, code = run(command)
    if code not in (0, 6):
        raise SystemExit(f"spectra-dl {' '.join(words)} ended with {code}")
    return seconds, peak


def compared(earlier: tuple[int, float] | None, size: int, seconds: float) -> str:
    """Return with which power of the number the time grew, and whether that is faster than n log n."""
    if earlier is None:
        return "| "
    before, took = earlier
    power = math.log(seconds / took) / math.log(size / before)
    most = took * size * math.log(size) / (before * math.log(before))
    return f"{power:.2f} | {'FASTER than n log n' if seconds > _TOLERANCE * most else ''}"


def labelled(table: SpectraTable, folder: Path) -> list[str]:
    """Write a table to a folder, and return the words that name it and its columns."""
    path = folder / "study.h5"
    with hdf5_file(path) as append:
        append(table)
    return [str(path), "--label", "label", "--patient", "patient_id"]


if __name__ == "__main__":
    main()
