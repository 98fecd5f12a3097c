"""A split by batch whose batches have other class shares and other levels."""

from collections.abc import Mapping

import numpy as np
from normal_sets import DIFFERENT, null_of, out_of_fold, probabilities, shift_of, tested_by
from study import Cell, Columns, Found, Study, holds, said, share, verdicts

from spectra_dl.evaluation.classes.comparison import permutation_null, permutation_p
from spectra_dl.evaluation.classes.inference.chance import auc_and_chance
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.patients import read_patients

_SHARES = np.array([0.2, 0.4, 0.6, 0.8])
_FEATURES = 20


def one(cell: Cell, number: int) -> Found:
    """Evaluate one set with a batch left out at a time."""
    n, signal = cell
    generator = np.random.default_rng((3, n, signal, number))
    batch = np.arange(n) % len(_SHARES)
    truth = (
        np.argsort(np.argsort(batch + generator.random(n))) % (n // 4) < _SHARES[batch] * (n // 4)
    ).astype(int)
    difference = np.where(np.arange(_FEATURES) < DIFFERENT, signal * shift_of(n, _FEATURES), 0.0)
    level = generator.normal(size=(len(_SHARES), _FEATURES))
    features = generator.normal(size=(n, _FEATURES)) + truth[:, None] * difference + level[batch]
    patient, label = [f"p{one:03d}" for one in range(n)], [str(code) for code in truth]
    folds = group_folds(patient, label, [f"batch {one}" for one in batch], column="batch")
    score, true = out_of_fold(features, truth, difference, folds)
    patients, fold = read_patients(patient, label), tested_by(folds, 1, n)
    null = null_of(features, patients, fold, number, fold[0])
    comparisons = comparisons_of(fold, truth, 2, 1)
    interval, chance = auc_and_chance(
        np.stack([-score, score], axis=-1), comparisons, null, truth, between=True
    )
    permuted = permutation_null(probabilities(score)[0], np.arange(n), truth, permutations=500, seed=0)
    pooled = auc(truth == 1, score[0])
    return {
        **said(interval, chance),
        "truth": float(
            np.average(true, weights=[sum(c.weight for c in comparisons if c.number == k) for k in range(4)])
        ),
        "pooled": pooled,
        "pooled_p": permutation_p(pooled, permuted),
    }


def summary(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return the AUC within folds and pooled, and what is said of them."""
    return {
        "true AUC": share(found["truth"]),
        "AUC within folds": share(found["auc"]),
        "holds the truth": holds(found, found["truth"]),
        **verdicts(found),
        "AUC pooled": share(found["pooled"]),
        "pooled: p < .05": share(found["pooled_p"] < 0.05),
    }


STUDY = Study(
    "batches",
    "Four batches with class shares of .2, .4, .6 and .8, one left out at a time, 20 features",
    ("patients", "signal"),
    [(n, signal) for signal in (0, 1) for n in (40, 100)],
    one,
    summary,
)
