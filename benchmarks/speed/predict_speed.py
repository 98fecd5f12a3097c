"""What prediction costs: MiniRocket's features against torch, folded networks against torch, a study against importing torch, its page, and 50,000 spectra.

Run: ``python benchmarks/speed/predict_speed.py [pairs]``, 5 unless said. CPU time, one thread, alternating; medians of the ratios. The
50,000 spectra of 700 points are predicted once, by convolutional paths alone (``--model compact``, five members).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from cpu_time import cpu_seconds
from streaming import write_many

from spectra_dl import SpectraClassifier, TrainingSettings, load_model
from spectra_dl.models.members import mean_output
from spectra_dl.spectra.networks.minirocket_compiled import compiled_features
from spectra_dl.spectra.networks.minirocket_kernels import KERNELS, dilation_counts, rocket_features
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl_datasets.shipped import SHIPPED_MODEL

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo" / "spectra.csv"
PREDICT = "-m", "spectra_dl_cli", "predict", str(DEMO)
ROWS, POINTS = 256, 1000
MANY, MOST_MICROSECONDS, MOST_MB = 50_000, 240, 300


def main() -> None:
    """Print a line for each pair of ways."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    print(compared("MiniRocket's features, 256 x 1000", *features(), pairs))
    print(compared("logits of the shipped model, 256 x 1000", *logits(), pairs))
    print(compared("predict the demonstration | import torch", *processes(), pairs))
    print(
        compared("predict the demonstration with files and page | on the screen alone", *with_page(), pairs)
    )
    print(many_spectra())


def compared(what: str, ours: Callable[[], float], theirs: Callable[[], float], pairs: int) -> str:
    """Return the medians of both, and of their ratio, after one run of each that does not count."""
    ours(), theirs()
    times = [(ours(), theirs()) for _ in range(pairs)]
    one, two = (statistics.median(each) for each in zip(*times, strict=True))
    ratio = statistics.median(mine / other for mine, other in times)
    return f"{what}: {one:.4f} s against {two:.4f} s, {ratio:.3f} x"


def many_spectra() -> str:
    """Return what predicting many spectra takes; what a network has learnt does not matter, so it learns for one pass."""
    table = simulate_study(StudySettings()).table
    model = SpectraClassifier(
        table.wavenumber, network="compact", members=5, training=TrainingSettings(epochs=1)
    )
    with tempfile.TemporaryDirectory() as folder:
        path, spectra = Path(folder, "compact.safetensors"), Path(folder, "spectra.h5")
        model.fit(table.intensity, table.label, groups=table.patient).predictor_.save(path)
        write_many(spectra, MANY)
        words = ["predict", str(spectra), "--model", str(path), "--out", f"{folder}/out"]
        # By a small process: Linux counts the memory of the one that starts a process as the process's own.
        measured = "import sys, streaming; print(*streaming.run(sys.argv[1:]))"
        asked = [sys.executable, "-c", measured, sys.executable, "-m", "spectra_dl_cli", *words]
        done = subprocess.run(
            asked, check=True, capture_output=True, text=True, cwd=Path(__file__).parent
        ).stdout.split()
        peak, seconds, code = int(done[0]), float(done[1]), int(done[2])
    if code not in (0, 6):
        raise SystemExit(f"spectra-dl predict ended with {code}")
    each, memory = seconds / MANY * 1e6, peak / 1e6
    missed = "  MISSED" if each > MOST_MICROSECONDS or memory > MOST_MB else ""
    most = f"(must: {MOST_MICROSECONDS} us, {MOST_MB} MB at most)"
    return f"predict {MANY:,} x 700: {each:.0f} us a spectrum, peak memory {memory:.0f} MB {most}{missed}"


def features() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return machine code and torch on the same spectra."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(ROWS, POINTS)).astype(np.float32)
    dilations, counts = dilation_counts(POINTS, 50)
    thresholds = [random.normal(size=(KERNELS, count)).astype(np.float32) for count in counts]
    tensors = [torch.from_numpy(each) for each in thresholds]
    parts = torch.from_numpy(rows).split(64)  # as many as stay in the cache
    ours = partial(compiled_features, rows, dilations, thresholds)
    return partial(cpu_seconds, ours), partial(
        cpu_seconds, lambda: [rocket_features(part, dilations, tensors) for part in parts]
    )


def logits() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return the folded networks of the shipped model and the same by torch, which forms MiniRocket's features likewise."""
    model = load_model(SHIPPED_MODEL)
    rows = np.random.default_rng(0).normal(size=(ROWS, POINTS)).astype(np.float32)
    inputs = [rows] * len(model.networks)
    return partial(cpu_seconds, partial(model.folded.mean_logits, inputs)), partial(
        cpu_seconds, partial(mean_output, model.networks, inputs)
    )


def processes() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return whole processes: the command on the demonstration, and an interpreter that imports torch."""
    return _predicted, lambda: _spent("-c", "import torch")


def with_page() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return whole processes: the command on the demonstration with a folder for tables, report and page, and without."""
    return _predicted, lambda: _spent(*PREDICT)


def _predicted() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return _spent(*PREDICT, "--out", f"{folder}/out")


def _spent(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
