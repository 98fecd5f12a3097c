"""Classes dealt to patients at random: no model may know them."""

import math
from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.audit.surrogate import coarse_shape, ridge_scores
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import figure

_DEALS = 100
_CHANCE = 0.5
_TOLERANCE = 0.02
_SURE = 5.0  # standard errors


def check_random_classes(
    rows: FloatArray, patients: Patients, folds: Sequence[Fold], *, seed: int
) -> Finding:
    """Deal the classes to patients at random and judge a cheap model on the same folds: its AUC must be about .5.

    It is above where test rows resemble their own patient's training rows, that is, where the split leaks.

    Parameters
    ----------
    rows
        ``(n, p)`` finite.
    seed
        Of the deals.
    """
    reached = _dealt_aucs(coarse_shape(rows), patients, folds, seed)
    mean, error = float(reached.mean()), float(reached.std()) / math.sqrt(_DEALS)
    figures = f"mean patient AUC {figure(mean)} over {_DEALS} deals"
    if mean > _CHANCE + max(_TOLERANCE, _SURE * error):
        sentence = (
            f"With classes dealt to patients at random a model still finds them ({figures}, .5 is chance): the split leaks, and "
            "every figure is too good. Divide by patient."
        )
        return Finding("label permutation", "stop", sentence)
    sentence = f"With classes dealt to patients at random a model finds nothing, as it must ({figures})."
    return Finding("label permutation", "fine", sentence)


def _dealt_aucs(features: FloatArray, patients: Patients, folds: Sequence[Fold], seed: int) -> FloatArray:
    """Return the AUC of each deal: patients are ranked within a fold, since a fold's own level depends on the deal."""
    generator = np.random.default_rng(seed)
    one_class = patients.class_of_patient == np.bincount(patients.class_of_patient).argmax()
    dealt = np.stack([generator.permutation(one_class) for _ in range(_DEALS)], axis=1)  # (m, deals)
    target = dealt[patients.of_row].astype(np.float64)
    wins, pairs = np.zeros(_DEALS), np.zeros(_DEALS)
    for fold in folds:
        tested, of_row = np.unique(patients.of_row[fold.test], return_inverse=True)
        scores = ridge_scores(features, target, fold.train, fold.test)
        for assign_folds, column in enumerate(scores.T):
            truth = dealt[tested, assign_folds]
            count = np.count_nonzero(truth) * np.count_nonzero(~truth)
            if count:
                wins[assign_folds] += count * auc(truth, np.bincount(of_row, column) / np.bincount(of_row))
                pairs[assign_folds] += count
    return np.asarray(wins[pairs > 0] / pairs[pairs > 0])
