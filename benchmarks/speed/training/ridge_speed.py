"""Ridge regression at few and many genes: ours against scikit-learn's Cholesky solver, inputs more and fewer than rows.

Run: ``python benchmarks/speed/training/ridge_speed.py``. One process, one thread, CPU time; each ratio is the median over pairs
timed in turn. One penalty, and the choice among all penalties on left-out sections with the fit that follows it.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from cpu_time import cpu_seconds
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.estimators.ridge import PENALTIES, RidgePath, fit_ridge

PAIRS, SECTIONS, PENALTY = 5, 4, 30.0
SHAPES = ((600, 1500), (1500, 600), (3000, 1024))
GENES = (50, 250, 1000, 5000)

FloatArray = NDArray[np.float64]


def main() -> None:
    """Print one line per shape and number of genes."""
    print(f"CPU time, one thread, median of {PAIRS} pairs; must: 1 at least\n")
    print(f"{'rows x inputs, genes':<26}{'scikit-learn':>13}{'ours':>9}{'ratio':>7}   largest difference")
    for shape in SHAPES:
        for genes in GENES:
            rows, targets = drawn(shape, genes)
            line(
                f"{shape[0]} x {shape[1]}, {genes}",
                lambda rows=rows, targets=targets: (
                    Ridge(PENALTY, solver="cholesky").fit(rows, targets).coef_.T
                ),
                lambda rows=rows, targets=targets: RidgePath(rows, targets).at(PENALTY).weight,
            )
    print(f"\npenalty chosen among {len(PENALTIES)} on {SECTIONS} left-out sections, and the fit")
    for shape in SHAPES[:2]:
        for genes in GENES[:3]:
            rows, targets = drawn(shape, genes)
            group = np.repeat([f"s{k}" for k in range(SECTIONS)], len(rows) // SECTIONS).astype(object)
            line(
                f"{shape[0]} x {shape[1]}, {genes}",
                lambda rows=rows, targets=targets, group=group: chosen_by_loop(rows, targets, group),
                lambda rows=rows, targets=targets, group=group: fit_ridge(rows, targets, group)[0].weight,
            )


def drawn(shape: tuple[int, int], genes: int) -> tuple[FloatArray, FloatArray]:
    """Return inputs of unequal size and targets that follow them."""
    random = np.random.default_rng(0)
    rows = random.normal(size=shape) * random.random(shape[1])
    return rows, 0.1 * rows @ random.normal(size=(shape[1], genes)) + random.normal(size=(shape[0], genes))


def chosen_by_loop(rows: FloatArray, targets: FloatArray, group: NDArray[np.object_]) -> FloatArray:
    """Choose the penalty as ours does, by one scikit-learn fit for each penalty and section, and return the weights."""

    def absolute(penalty: float, inside: FloatArray) -> float:
        return penalty * float(((inside - inside.mean(axis=0)) ** 2).sum()) / len(inside)

    total = np.zeros(len(PENALTIES))
    for name in sorted(set(group)):
        out = group == name
        for at, penalty in enumerate(PENALTIES):
            model = Ridge(absolute(penalty, rows[~out]), solver="cholesky").fit(rows[~out], targets[~out])
            total[at] += np.nan_to_num(pearson_per_column(model.predict(rows[out]), targets[out])).mean()
    best = PENALTIES[int(total.argmax())]
    weight: FloatArray = Ridge(absolute(best, rows), solver="cholesky").fit(rows, targets).coef_.T
    return weight


def line(name: str, peer: Callable[[], FloatArray], ours: Callable[[], FloatArray]) -> None:
    """Time both in turn and print seconds, their ratio and how far the weights differ."""
    difference = np.abs(peer() - ours()).max()
    pairs = [(cpu_seconds(peer), cpu_seconds(ours)) for _ in range(PAIRS)]
    theirs, mine = (statistics.median(one) for one in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    missed = "  MISSED" if ratio < 1 else ""
    print(f"{name:<26}{theirs:>12.3f}s{mine:>8.3f}s{ratio:>7.2f}{difference:>21.1e}{missed}", flush=True)


if __name__ == "__main__":
    main()
