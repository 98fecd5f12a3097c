"""Memory and time of correcting a file of a million spectra that is larger than memory should be.

Run: ``python benchmarks/streaming.py [--spectra 1000000]``. Spectra of 700 points of the simulated study (seed 0, 2,000
distinct ones under running ids) are written to HDF5 in a temporary folder and corrected by ``spectra-dl preprocess`` in a
process of its own, HDF5 in and out. Peak memory is that process's largest resident set.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.readers import iter_spectra
from spectra_dl.spectra.simulation import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable, text_array

POINTS, DISTINCT = 700, 2_000
MOST_GIB = 1.0


def main() -> None:
    """Print counts, times and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spectra", type=int, default=1_000_000)
    n = parser.parse_args().spectra
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.h5", Path(folder) / "out"
        write_many(given, n)
        command = [sys.executable, "-m", "spectra_dl_cli", "preprocess", str(given), "--format", "hdf5"]
        started = time.perf_counter()
        subprocess.run([*command, "--out", str(out)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        elapsed = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        came_back = check(out / "spectra.h5", n)
        size = given.stat().st_size / 2**30
    peak = used.ru_maxrss / 2**20
    print(f"{n:,} x {POINTS}, {size:.2f} GiB in; {came_back:,} spectra out, in order")
    print(
        f"{elapsed:.0f} s by the clock, {used.ru_utime + used.ru_stime:.0f} s CPU, {n / elapsed:,.0f} spectra/s"
    )
    print(f"peak memory {peak:.2f} GiB (must: {MOST_GIB:g} at most){'' if peak <= MOST_GIB else '  MISSED'}")


def write_many(path: Path, n: int) -> None:
    """Write ``n`` spectra under running ids."""
    settings = StudySettings(patients=DISTINCT // 2, spectra_per_patient=2, n_wavenumbers=POINTS)
    study = simulate_study(settings).table
    with hdf5_file(path) as append:
        for start in range(0, n, DISTINCT):
            rows = range(min(DISTINCT, n - start))
            ids = text_array([f"S{start + row:07d}" for row in rows])
            append(SpectraTable(study.intensity[: len(rows)], study.wavenumber, ids))


def check(path: Path, n: int) -> int:
    """Return how many spectra came back, after looking at their order."""
    count = 0
    for block in iter_spectra(path, rows=4096):
        wanted = [f"S{count + row:07d}" for row in range(len(block))]
        if list(block.sample_id) != wanted or not np.isfinite(block.intensity).all():
            raise SystemExit(f"spectra {count} and after came back out of order or without values")
        count += len(block)
    if count != n:
        raise SystemExit(f"{count} spectra came back of {n}")
    return count


if __name__ == "__main__":
    main()
