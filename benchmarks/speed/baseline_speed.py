"""Baselines of 1,281 simulated serum spectra of 1,000 points: ours against every package that can be imported.

Run: ``python benchmarks/speed/baseline_speed.py``. One process, one thread, CPU time; each ratio is the median over pairs timed
in turn. lam 1e5, p 0.01, tol 1e-3, at most 50 iterations. pybaselines is timed with pentapy, its fastest solver;
RamanSPy and chemotools are timed where they are installed; chemotools stops by a rule of its own. Two threads are
measured by the clock, the best of many short runs of each in turn: the only one that other work on the machine may spare.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from cpu_time import cpu_seconds
from numpy.typing import NDArray

from spectra_dl.execution.threads import available_processors
from spectra_dl.spectra.baseline import BaselineResult, airpls, arpls, asls, drpls, iasls
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

PAIRS, FEW, LONG, RUNS = 7, 10, 5000, 40
PARAMETERS = {"lam": 1e5, "tol": 1e-3, "max_iter": 50}
METHODS: dict[str, Callable[..., BaselineResult]] = {
    "asls": asls,
    "arpls": arpls,
    "airpls": airpls,
    "iasls": iasls,
    "drpls": drpls,
}
MUST = {"asls": 12.0, "arpls": 11.0, "airpls": 6.0, "iasls": 6.0, "drpls": 6.0}
FIRST_CALL = """
import time, numpy as np
spectra = np.random.default_rng(0).random((10, 1000)).cumsum(axis=1)
start = time.process_time()
{call}
print(time.process_time() - start)
"""
MEMORY = """
import re, numpy as np
from pathlib import Path
from spectra_dl.spectra.baseline import asls

def peak_mb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

spectra = np.random.default_rng(0).random((20_000, 1000))
asls(spectra[:8], lam=1e5)
before = peak_mb()
result = asls(spectra, lam=1e5)
print(peak_mb() - before - result.baseline.nbytes / 2**20)
"""
OURS_FIRST = "from spectra_dl.spectra.baseline import asls; asls(spectra, lam=1e5, engine='{engine}')"
PYBASELINES_FIRST = "from pybaselines import Baseline; [Baseline().asls(one, lam=1e5) for one in spectra]"

Spectra = NDArray[np.float64]


def main() -> None:
    """Print one line per figure."""
    spectra = simulate_study(StudySettings()).table.intensity
    if find_spec("pentapy") is None:
        print("pentapy is not installed: pybaselines runs slower than it can, so ratios to it flatter us\n")
    print(
        f"{len(spectra)} spectra x {spectra.shape[1]} points, one thread, CPU time, median of {PAIRS} pairs\n"
    )
    print(f"{'':<28}{'peer':>9}{'ours':>9}{'ratio':>8}{'must':>7}{'largest difference':>22}  iterations")
    for name in METHODS:
        against_pybaselines(name, spectra)
    for name in ("asls", "arpls"):
        against_others(name, spectra)
    print(f"\n{FEW} spectra, and one")
    few(spectra[:FEW])
    one(spectra[:1])
    print(f"\n{LONG} points")
    for name in ("asls", "arpls"):
        long(name, spectra[:256])
    print("\nfirst call of a new process on 10 spectra, imports and compiling included, CPU s")
    print(f"{'ours, compiled kernels':<28}{first_call(OURS_FIRST.format(engine='auto')):>9.2f}")
    print(f"{'ours, LAPACK':<28}{first_call(OURS_FIRST.format(engine='banded')):>9.2f}")
    print(f"{'pybaselines':<28}{first_call(PYBASELINES_FIRST):>9.2f}")
    two_threads(spectra)
    if sys.platform == "linux":
        print(f"memory over input and output, 20,000 spectra: {extra_memory():.1f} MB (must: 64 at most)")


def against_pybaselines(name: str, spectra: Spectra) -> None:
    """Compare one method with pybaselines: time, baselines, iterations."""
    from pybaselines import Baseline

    fitter = getattr(Baseline(), name)
    pairs = in_turn(
        lambda: [fitter(one, **PARAMETERS)[0] for one in spectra],
        lambda: METHODS[name](spectra, **PARAMETERS, threads=1),
    )
    result = METHODS[name](spectra, **PARAMETERS)
    theirs = [fitter(one, **PARAMETERS) for one in spectra]
    size = np.abs(spectra).max(axis=1, keepdims=True)
    difference = np.max(np.abs(result.baseline - np.array([one for one, _ in theirs])) / size)
    iterations = np.array([len(details["tol_history"]) for _, details in theirs])
    equal = np.count_nonzero(iterations == result.certificate.iterations)
    mean = result.certificate.iterations.mean()
    line(f"{name} / pybaselines", pairs, len(spectra), MUST[name])
    print(f"{difference:>22.1e}  {equal} of {len(spectra)} equal, mean {mean:.1f}")


def against_others(name: str, spectra: Spectra) -> None:
    """Compare one method with RamanSPy and chemotools where they are installed."""
    for package, peer in (("ramanspy", ramanspy_fitter), ("chemotools", chemotools_fitter)):
        if find_spec(package) is None:
            print(f"{name} / {package:<22}not installed")
            continue
        work = peer(name, spectra)
        pairs = in_turn(work, lambda: METHODS[name](spectra, **PARAMETERS, threads=1))
        line(f"{name} / {package}", pairs, len(spectra), {"asls": 14.0, "arpls": 12.0}[name])
        print()


def ramanspy_fitter(name: str, spectra: Spectra) -> Callable[[], object]:
    """Return what corrects the spectra with RamanSPy."""
    import ramanspy

    container = ramanspy.SpectralContainer(spectra, np.linspace(400, 1800, spectra.shape[1]))
    step = getattr(ramanspy.preprocessing.baseline, name.upper())(**PARAMETERS)
    return lambda: step.apply(container)


def chemotools_fitter(name: str, spectra: Spectra) -> Callable[[], object]:
    """Return what corrects the spectra with chemotools."""
    from chemotools import baseline

    step = {"asls": baseline.AsLs, "arpls": baseline.ArPls}[name](lam=1e5, nr_iterations=51)
    return lambda: step.fit_transform(spectra)


def few(spectra: Spectra) -> None:
    """Compare both engines with pybaselines on a small batch."""
    from pybaselines import Baseline

    fitter = Baseline().asls
    for label, engine in (("compiled", "auto"), ("LAPACK", "banded")):
        pairs = in_turn(
            lambda: [fitter(one, **PARAMETERS) for _ in range(20) for one in spectra],
            lambda engine=engine: [asls(spectra, **PARAMETERS, threads=1, engine=engine) for _ in range(20)],
        )
        line(f"asls, {label} / pybaselines", pairs, 20 * len(spectra), 1.0 if engine == "auto" else None)
        print()


def one(spectrum: Spectra) -> None:
    """Compare with pybaselines on one spectrum, called again and again."""
    from pybaselines import Baseline

    for name in ("asls", "arpls"):
        peer, ours = getattr(Baseline(), name), METHODS[name]
        pairs = in_turn(
            lambda peer=peer: [peer(spectrum[0], **PARAMETERS) for _ in range(200)],
            lambda ours=ours: [ours(spectrum, **PARAMETERS, threads=1) for _ in range(200)],
        )
        line(f"{name}, one / pybaselines", pairs, 200, 2.0)
        print()


def long(name: str, spectra: Spectra) -> None:
    """Compare with pybaselines on spectra of many points; as stiff a baseline needs lam times the fourth power of the points."""
    from pybaselines import Baseline

    n_points = spectra.shape[1]
    places = np.linspace(0, n_points - 1, LONG)
    drawn = np.stack([np.interp(places, np.arange(n_points), one) for one in spectra])
    noisy = drawn + np.random.default_rng(0).normal(0, 0.01 * drawn.std(), drawn.shape)
    parameters = {**PARAMETERS, "lam": PARAMETERS["lam"] * (LONG / n_points) ** 4}
    fitter = getattr(Baseline(), name)
    pairs = in_turn(
        lambda: [fitter(one, **parameters) for one in noisy],
        lambda: METHODS[name](noisy, **parameters, threads=1),
    )
    line(f"{name} / pybaselines", pairs, len(noisy), 15.0)
    print()


def two_threads(spectra: Spectra) -> None:
    """Compare two threads with one by the clock."""
    print(
        f"\n2 threads against 1 by the clock, the best of {RUNS} runs each, {available_processors()} processors"
    )
    for name in ("asls", "arpls"):
        best = dict.fromkeys((1, 2), float("inf"))
        for _ in range(RUNS):
            for threads in best:
                started = time.perf_counter()
                METHODS[name](spectra, **PARAMETERS, threads=threads)
                best[threads] = min(best[threads], time.perf_counter() - started)
        missed = "  MISSED" if best[1] / best[2] < 1.8 else ""
        print(
            f"{name:<28}{best[1] * 1e3:>7.1f}ms{best[2] * 1e3:>7.1f}ms{best[1] / best[2]:>8.2f}    1.8{missed}"
        )


def extra_memory() -> float:
    """Return the megabytes a fit of 20,000 spectra takes beside its input and output, in a fresh process."""
    found = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    return float(found.stdout)


def first_call(call: str) -> float:
    """Return the CPU seconds of a call in a fresh process: the median of three."""
    command = [sys.executable, "-c", FIRST_CALL.format(call=call)]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(3)
    )


def in_turn(peer: Callable[[], object], ours: Callable[[], object]) -> list[tuple[float, float]]:
    """Time both in turn, after one call of ours to compile it."""
    ours()
    return [(cpu_seconds(peer), cpu_seconds(ours)) for _ in range(PAIRS)]


def line(name: str, pairs: list[tuple[float, float]], n_spectra: int, must: float | None) -> None:
    """Print microseconds per spectrum and the median ratio, without ending the line."""
    peer, ours = (statistics.median(one) / n_spectra * 1e6 for one in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    wanted = "" if must is None else f"{must:.0f}"
    missed = "  MISSED" if must is not None and ratio < must else ""
    print(f"{name:<28}{peer:>7.0f}µs{ours:>7.1f}µs{ratio:>8.1f}{wanted:>7}{missed}", end="")


if __name__ == "__main__":
    main()
