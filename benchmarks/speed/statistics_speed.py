"""Bootstrap interval of the AUC and grouped permutation null: ours against a scikit-learn loop, in one process.

Run: ``python benchmarks/speed/statistics_speed.py``. 427 patients with 3 spectra each, spectrum level, 2,000 resamples, one
thread. A loop is timed on 100 resamples and scaled; each ratio is the median over pairs taken in turn.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
from collections.abc import Callable

import numpy as np
from cpu_time import cpu_seconds
from sklearn.metrics import roc_auc_score

from spectra_dl.evaluation.classes.comparison import permutation_null
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.intervals import draw_patients

PATIENTS, REPLICATES, RESAMPLES, LOOPED, PAIRS = 427, 3, 2000, 100, 7
TARGETS = {"bootstrap AUC": 40.0, "permutation null": 100.0}


def main() -> None:
    """Print one line per figure."""
    generator = np.random.default_rng(0)
    patient = np.repeat(np.arange(PATIENTS), REPLICATES)
    sick = generator.permutation(np.arange(PATIENTS) < PATIENTS // 2)
    score = np.round(generator.normal(size=patient.size) + sick[patient], 2)  # two decimals: many ties
    probability = np.stack([-score, score], axis=1)
    multiplicity = draw_patients(PATIENTS, resamples=RESAMPLES)
    rows_of = [np.flatnonzero(patient == person) for person in range(PATIENTS)]
    permuted = [generator.permutation(sick) for _ in range(LOOPED)]

    def bootstrap_loop() -> list[float]:
        rows = [
            np.concatenate([rows_of[p] for p in np.repeat(np.arange(PATIENTS), drawn)])
            for drawn in drawn_often
        ]
        return [float(roc_auc_score(sick[patient[one]], score[one])) for one in rows]

    drawn_often = multiplicity[:LOOPED].astype(int)
    ours = resampled_auc(sick[patient], score, patient, multiplicity)[:LOOPED]
    print(f"largest difference from scikit-learn, with ties: {np.abs(ours - bootstrap_loop()).max():.1e}")
    print(f"{'':<18}{'loop s':>9}{'ours s':>9}{'ratio':>8}{'target':>8}")
    compare(
        "bootstrap AUC", bootstrap_loop, lambda: resampled_auc(sick[patient], score, patient, multiplicity)
    )
    compare(
        "permutation null",
        lambda: [float(roc_auc_score(one[patient], score)) for one in permuted],
        lambda: permutation_null(probability, patient, sick.astype(np.intp), permutations=RESAMPLES),
    )


def compare(name: str, loop: Callable[[], object], vectorised: Callable[[], object]) -> None:
    """Time both in turn and print the median of the ratios."""
    pairs = [(cpu_seconds(loop) * RESAMPLES / LOOPED, cpu_seconds(vectorised)) for _ in range(PAIRS)]
    slow, fast = (statistics.median(one) for one in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    verdict = "" if ratio >= TARGETS[name] else "  MISSED"
    print(f"{name:<18}{slow:>9.2f}{fast:>9.4f}{ratio:>8.0f}{TARGETS[name]:>8.0f}{verdict}")


if __name__ == "__main__":
    main()
