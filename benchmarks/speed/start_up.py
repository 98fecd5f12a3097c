"""CPU time of starting the command and of a small prediction, as ratios to importing torch.

Run: ``python benchmarks/speed/start_up.py``. Alternating pairs in fresh processes, one thread, median of 7 ratios. Every module has its
bytecode, as where pip installed it: without, importing torch takes twice as long, and predicting half as long again.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo" / "spectra.csv"
PAIRS = 7
TORCH = ["-c", "import torch"]
COMMANDS = (
    ("spectra-dl --help", ["-m", "spectra_dl_cli", "--help"], 0.06),
    ("spectra-dl predict datasets/demo/spectra.csv", ["-m", "spectra_dl_cli", "predict", str(DEMO)], 0.40),
)


def cpu_seconds(words: list[str], bytecode: str) -> float:
    """Return the CPU seconds of one Python process that keeps its bytecode in a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print one line per command."""
    print(f"{'command':<46}{'CPU s':>8}{'torch s':>9}{'ratio':>8}{'at most':>9}")
    with tempfile.TemporaryDirectory() as bytecode:
        for name, words, limit in COMMANDS:
            cpu_seconds(words, bytecode), cpu_seconds(TORCH, bytecode)
            pairs = [(cpu_seconds(words, bytecode), cpu_seconds(TORCH, bytecode)) for _ in range(PAIRS)]
            ratio = statistics.median(own / torch for own, torch in pairs)
            own, torch = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"{name:<46}{own:>8.2f}{torch:>9.2f}{ratio:>8.2f}{limit:>9.2f}")


if __name__ == "__main__":
    main()
