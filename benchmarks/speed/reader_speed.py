"""Reading a table of 20,000 spectra of 1,000 points: ours against pandas' C engine, in one process, taking turns.

Run: ``python benchmarks/speed/reader_speed.py [--spectra 20000]``. Single thread, CPU time, median over 5 pairs. The table holds three columns of
text and every number as Python writes it (up to 17 digits). Ours is read block by block, as ``predict`` reads it. pandas is timed as it
comes and with ``float_precision="round_trip"``, the one of its parsers that promises what ours does: every float64 comes back.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from cpu_time import cpu_seconds

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.spectra.readers import iter_spectra
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import csv_file

POINTS, PAIRS, TARGET = 1_000, 5, 1.5


def main() -> None:
    """Print the times, the ratios and how many values came back."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spectra", type=int, default=20_000)
    n = parser.parse_args().spectra
    intensity = np.random.default_rng(0).normal(1000.0, 100.0, (n, POINTS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, intensity)
        print(f"{n:,} x {POINTS:,}, {path.stat().st_size / 2**20:.0f} MiB")
        print(f"values that did not come back exactly: {lost(path, intensity)} of {intensity.size:,}")
        ways = {
            "C engine": pd.read_csv,
            "C engine, round_trip": partial(pd.read_csv, float_precision="round_trip"),
        }
        for name, peer in ways.items():
            pairs = [
                (cpu_seconds(lambda peer=peer: peer(path)), cpu_seconds(lambda: read(path)))
                for _ in range(PAIRS)
            ]
            theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(their / our for their, our in pairs)
            missed = "" if ratio >= TARGET else "  MISSED"
            print(
                f"pandas {name:<22}{theirs:6.2f} s, ours {ours:5.2f} s, {ratio:5.2f} x (must: {TARGET:g} at least){missed}"
            )


def write(path: Path, intensity: FloatArray) -> None:
    """Write the spectra as the package writes them."""
    names = [f"S{row}" for row in range(len(intensity))]
    patients = [f"P{row // 3}" for row in range(len(intensity))]
    wavenumber = np.linspace(400.0, 1800.0, POINTS)
    label = text_array(["healthy"] * len(names))
    with csv_file(path) as append:
        append(SpectraTable(intensity, wavenumber, text_array(names), text_array(patients), label))


def read(path: Path) -> int:
    """Return how many spectra were read."""
    return sum(len(block) for block in iter_spectra(path))


def lost(path: Path, intensity: FloatArray) -> int:
    """Return how many values did not come back to the last bit."""
    start = differing = 0
    for block in iter_spectra(path):
        differing += int((block.intensity != intensity[start : start + len(block)]).sum())
        start += len(block)
    return differing + POINTS * (len(intensity) - start)


if __name__ == "__main__":
    main()
