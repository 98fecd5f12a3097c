"""CPU time of starting the command and of a small prediction, as ratios to importing torch.

Run: ``python benchmarks/speed/start_up.py``. Alternating pairs in fresh processes, one thread, median of 7 ratios.
"""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo" / "spectra.csv"
PAIRS = 7
TORCH = ["-c", "import torch"]
COMMANDS = (
    ("spectra-dl --help", ["-m", "spectra_dl_cli", "--help"], 0.06),
    ("spectra-dl predict datasets/demo/spectra.csv", ["-m", "spectra_dl_cli", "predict", str(DEMO)], 0.40),
)


def cpu_seconds(words: list[str]) -> float:
    """Return the CPU seconds of one Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print one line per command."""
    print(f"{'command':<46}{'CPU s':>8}{'torch s':>9}{'ratio':>8}{'at most':>9}")
    for name, words, limit in COMMANDS:
        cpu_seconds(words), cpu_seconds(TORCH)
        pairs = [(cpu_seconds(words), cpu_seconds(TORCH)) for _ in range(PAIRS)]
        ratio = statistics.median(own / torch for own, torch in pairs)
        own, torch = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:<46}{own:>8.2f}{torch:>9.2f}{ratio:>8.2f}{limit:>9.2f}")


if __name__ == "__main__":
    main()
