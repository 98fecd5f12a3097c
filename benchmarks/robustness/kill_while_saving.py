"""Kill a process that saves a large checkpoint again and again: each time the newest or the one before it must load.

Run: ``python benchmarks/robustness/kill_while_saving.py [--kills 200] [--megabytes 40]``. The process is killed with SIGKILL at a moment drawn uniformly from
the time two saves take (seed 0). It ends with code 1 unless every kill left a checkpoint that loads. POSIX only: it forks.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from spectra_dl.errors import SpectraDLError
from spectra_dl.storage.sealed import read_sealed, write_sealed

_KIND = "spectra_dl_checkpoint"


def main() -> int:
    """Run the trials, print what was found and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=40)
    asked = parser.parse_args()
    weights = np.random.default_rng(0).normal(size=asked.megabytes * 125_000)
    moments = random.Random(0)
    loaded = amid = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.safetensors"
        started = time.monotonic()
        save(path, weights, 0)
        duration = time.monotonic() - started
        step: int | None = 0
        for _ in range(asked.kills):
            kill_a_saver(path, weights, step or 0, moments.uniform(0, 2 * duration))
            left_over = list(Path(folder).glob(".*.tmp"))
            amid += bool(left_over)
            step = step_of(path)
            loaded += step is not None
            for rest in left_over:
                rest.unlink()
    print(
        f"a save of {asked.megabytes} MB takes {duration:.2f} s; {amid} of {asked.kills} kills fell into one"
    )
    print(f"{loaded} of {asked.kills} kills left a checkpoint that loads")
    return 0 if loaded == asked.kills else 1


def save(path: Path, weights: np.ndarray, step: int) -> None:
    """Save a checkpoint that knows its step, in its text and in its weights."""
    weights[0] = step
    write_sealed(path, _KIND, json.dumps({"step": step}), {"weights": weights})


def kill_a_saver(path: Path, weights: np.ndarray, step: int, moment: float) -> None:
    """Save over ``path`` what follows ``step``, in a process that is killed after ``moment`` seconds."""
    process = os.fork()
    if not process:
        while True:
            step += 1
            save(path, weights, step)
    time.sleep(moment)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def step_of(path: Path) -> int | None:
    """Return the step of a checkpoint that loads and whose parts agree on it, else None."""
    try:
        found = read_sealed(path, _KIND)
    except SpectraDLError:
        return None
    step = json.loads(found.text)["step"]
    return int(step) if found.tensors["weights"][0] == step else None


if __name__ == "__main__":
    sys.exit(main())
