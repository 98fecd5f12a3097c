"""Memory and time of a command on a file of a million spectra that is larger than memory should be.

Run: ``python benchmarks/speed/streaming.py [--command predict|preprocess] [--format hdf5|csv] [--spectra 100000 1000000]``.
Spectra of 700 points of the simulated study (seed 0, 2,000 distinct ones under running ids, three of each patient) are written to a
temporary folder and given to ``spectra-dl`` in a process of its own. Peak memory is that process's largest resident set; the growth is
from the first number of spectra to the last.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.spectra.hdf5_files import hdf5_file
from spectra_dl.spectra.readers import iter_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

POINTS, DISTINCT = 700, 2_000
MOST_GIB = {"preprocess": 1.0, "predict": 1.5}
MOST_GROWTH_MB = 50


def main() -> None:
    """Print counts, times, peak memory, and how it grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--command", choices=list(MOST_GIB), default="predict")
    parser.add_argument("--format", choices=["hdf5", "csv"], default="hdf5")
    parser.add_argument("--spectra", type=int, nargs="+", default=[100_000, 1_000_000])
    asked = parser.parse_args()
    peaks = [measured(asked.command, asked.format, n) for n in asked.spectra]
    growth = (peaks[-1] - peaks[0]) / 1e6
    if len(peaks) > 1:
        missed = "" if growth <= MOST_GROWTH_MB else "  MISSED"
        print(f"growth of the peak {growth:.0f} MB (must: {MOST_GROWTH_MB} at most){missed}")


def measured(command: str, kind: str, n: int) -> int:
    """Run a command on ``n`` spectra, print what it took, and return its peak memory in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / ("given.h5" if kind == "hdf5" else "given.csv"), Path(folder) / "out"
        write_many(given, n)
        words = [sys.executable, "-m", "spectra_dl_cli", command, str(given), "--out", str(out)]
        words += ["--format", kind] if command == "preprocess" else []
        started = time.perf_counter()
        peak, seconds, code = run(words)
        elapsed = time.perf_counter() - started
        if code not in (0, 6):
            raise SystemExit(f"spectra-dl {command} ended with {code}")
        came_back = check_predictions(out, n) if command == "predict" else check_spectra(out, kind, n)
        size = given.stat().st_size / 2**30
    most = MOST_GIB[command]
    print(f"{command}, {kind}: {n:,} x {POINTS}, {size:.2f} GiB in; {came_back:,} out, in order")
    print(f"{elapsed:.0f} s by the clock, {seconds:.0f} s CPU, {n / elapsed:,.0f} spectra/s")
    missed = "" if peak <= most * 2**30 else "  MISSED"
    print(f"peak memory {peak / 2**30:.3f} GiB (must: {most:g} at most){missed}", flush=True)
    return peak


def run(words: list[str]) -> tuple[int, float, int]:
    """Return the peak memory in bytes, the CPU seconds and the exit code of a process."""
    process = subprocess.Popen(words, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    return used.ru_maxrss * 1024, used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)


def write_many(path: Path, n: int) -> None:
    """Write ``n`` spectra under running ids."""
    settings = StudySettings(patients=DISTINCT // 2, spectra_per_patient=2, n_wavenumbers=POINTS)
    study = simulate_study(settings).table
    if path.suffix == ".csv":
        write_text_rows(path, n, study)
        return
    with hdf5_file(path) as append:
        for start in range(0, n, DISTINCT):
            rows = range(start, min(start + DISTINCT, n))
            ids = text_array([f"S{row:07d}" for row in rows])
            patients = text_array([f"P{row // 3:06d}" for row in rows])
            append(SpectraTable(study.intensity[: len(rows)], study.wavenumber, ids, patients))


def write_text_rows(path: Path, n: int, study: SpectraTable) -> None:
    """Write them as the package writes CSV; each distinct spectrum is spelt once."""
    spelt = [",".join(map(repr, spectrum)) for spectrum in study.intensity.tolist()]
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(",".join(["sample_id", "patient_id", *map(repr, study.wavenumber.tolist())]) + "\n")
        stream.writelines(f"S{row:07d},P{row // 3:06d},{spelt[row % DISTINCT]}\n" for row in range(n))


def check_predictions(out: Path, n: int) -> int:
    """Return how many rows of predictions came back, after looking at their order."""
    count = 0
    with open(out / "predictions.csv", encoding="utf-8", newline="") as stream:
        for count, row in enumerate(csv.DictReader(stream), start=1):
            if row["sample_id"] != f"S{count - 1:07d}" or int(row["row"]) != count:
                raise SystemExit(f"row {count} came back out of order")
    with open(out / "patients.csv", encoding="utf-8", newline="") as stream:
        patients = sum(1 for _ in islice(csv.reader(stream), 1, None))
    if count != n or patients != -(-n // 3):
        raise SystemExit(f"{count} spectra of {n} and {patients} patients came back")
    return count


def check_spectra(out: Path, kind: str, n: int) -> int:
    """Return how many spectra came back, after looking at their order."""
    count = 0
    for block in iter_spectra(out / ("spectra.h5" if kind == "hdf5" else "spectra.csv"), rows=4096):
        wanted = [f"S{count + row:07d}" for row in range(len(block))]
        if list(block.sample_id) != wanted or not np.isfinite(block.intensity).all():
            raise SystemExit(f"spectra {count} and after came back out of order or without values")
        count += len(block)
    if count != n:
        raise SystemExit(f"{count} spectra came back of {n}")
    return count


if __name__ == "__main__":
    main()
