"""The AUC of a logistic regression against chance, and its interval."""

from collections.abc import Mapping

import numpy as np
from normal_sets import divided, drawn, null_of, out_of_fold, probabilities, shift_of
from study import Cell, Columns, Found, Study, holds, said, share, verdicts

from spectra_dl.evaluation.classes.comparison import permutation_null, permutation_p
from spectra_dl.evaluation.classes.inference.chance import auc_and_chance
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.intervals import draw_patients

_RESAMPLES = 500


def one(cell: Cell, number: int) -> Found:
    """Evaluate one set as the harness does, and beside it as if scores were fixed."""
    n, k, repeats, signal = cell
    shift = shift_of(n, k) if signal else 0.0
    features, truth, difference = drawn(n, k, shift, (2, n, k, repeats, number))
    patients, folds, fold = divided(truth, repeats, number)
    score, true = out_of_fold(features, truth, difference, folds)
    null = null_of(features, patients, fold, number)
    interval, chance = auc_and_chance(
        np.stack([-score, score], axis=-1), comparisons_of(fold, truth, 2, 1), null, truth
    )
    scores = Scores(truth, probabilities(score), np.arange(n), 1)
    fixed = patient_intervals(scores, draw_patients(n, resamples=_RESAMPLES, seed=0))["auc"]
    permuted = [
        permutation_null(each, np.arange(n), truth, permutations=_RESAMPLES, seed=0)
        for each in scores.probability
    ]
    return {
        **said(interval, chance),
        "truth": float(np.mean(true)),
        "fixed_low": fixed.low,
        "fixed_high": fixed.high,
        "fixed_p": permutation_p(fixed.value, np.mean(permuted, axis=0)),
    }


def summary(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often noise is called better, or how often the truth is held."""
    if not cell[3]:
        return {
            **verdicts(found),
            "fixed scores: better": share(found["fixed_low"] > 0.5),
            "fixed: p < .05": share(found["fixed_p"] < 0.05),
            "fixed: holds .5": holds(found, 0.5, "fixed_low", "fixed_high"),
        }
    noise = cells.get((*cell[:3], 0))
    limit = np.quantile(noise["auc"], 0.975) if noise else np.nan
    fresh = share(found["auc"] >= limit)
    return {
        "true AUC": share(found["truth"]),
        "AUC": share(found["auc"]),
        "holds the truth": holds(found, found["truth"]),
        "better": share(found["better"]),
        "limit from fresh noise": fresh,
        "share of that": share(found["better"]) / fresh,
        "fixed scores: holds": holds(found, found["truth"], "fixed_low", "fixed_high"),
    }


STUDY = Study(
    "refits",
    "AUC against chance and its interval: noise, and a signal of a true AUC of .75",
    ("patients", "features", "repeats", "signal"),
    [
        (n, k, repeats, signal)
        for signal in (0, 1)
        for n in (24, 40, 100)
        for k in (5, 100)
        for repeats in (1, 5)
    ],
    one,
    summary,
)
