"""Paired differences of two models: of as good features of their own, and of the same features with other strength."""

from collections.abc import Mapping

import numpy as np
from normal_sets import DIFFERENT, divided, null_of, out_of_fold, probabilities, shift_of
from study import Cell, Columns, Found, Study, holds, share

from spectra_dl.evaluation.classes.comparison import paired_differences
from spectra_dl.evaluation.classes.scores import Scores
from spectra_dl.evaluation.intervals import draw_patients


def one(cell: Cell, number: int) -> Found:
    """Evaluate two models of one set on the same folds."""
    n, k, repeats, signal, pair = cell
    truth = np.arange(n) % 2
    difference = np.where(np.arange(k) < DIFFERENT, signal * shift_of(n, k), 0.0)
    features = np.random.default_rng((4, n, k, repeats, number)).normal(size=(2, n, k))
    features += truth[:, None] * difference
    of_model = ((features[0], 1.0), (features[1], 1.0) if pair == "own features" else (features[0], 0.01))
    patients, folds, fold = divided(truth, repeats, number)
    found = [out_of_fold(own, truth, difference, folds, strength) for own, strength in of_model]
    score, true = [each for each, _ in found], [np.mean(aucs) for _, aucs in found]
    null = null_of(features[0], patients, fold, number)
    scores = [Scores(truth, probabilities(each), np.arange(n), 1, fold) for each in score]
    inflation = max(null.inflation_at(each.figures()["auc"]) for each in scores)
    resampled = draw_patients(n, resamples=500, seed=0)
    fixed, widened = (
        paired_differences(("second", scores[1]), ("first", scores[0]), resampled, inflation=factor)["auc"]
        for factor in (1.0, inflation)
    )
    return {
        "truth": float(true[1] - true[0]),
        "low": widened.interval.low,
        "high": widened.interval.high,
        "other": float(widened.verdict != "not distinguishable"),
        "fixed_low": fixed.interval.low,
        "fixed_high": fixed.interval.high,
        "fixed_other": float(fixed.verdict != "not distinguishable"),
    }


def summary(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often the interval holds the true difference, and how often a model is called better or worse."""
    return {
        "holds the truth": holds(found, found["truth"]),
        "better or worse": share(found["other"]),
        "fixed scores: holds": holds(found, found["truth"], "fixed_low", "fixed_high"),
        "fixed: better or worse": share(found["fixed_other"]),
    }


STUDY = Study(
    "differences",
    "Paired differences in AUC of equally good models",
    ("patients", "features", "repeats", "signal", "models"),
    [
        (n, k, repeats, signal, pair)
        for pair in ("own features", "other strength")
        for n, k, repeats in ((40, 5, 1), (40, 100, 1), (100, 5, 1), (100, 100, 1), (40, 100, 5))
        for signal in (0, 1)
    ],
    one,
    summary,
    sets=300,
)
