"""Classes assigned to patients at random: no model may know them."""

import math
from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit.finding import Finding
from spectra_dl.evaluation.audit.surrogate import binned_shape, ridge_scores
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import figure

_PERMUTATIONS = 100
_CHANCE = 0.5
_TOLERANCE = 0.02
_SURE = 5.0  # standard errors


def check_random_classes(
    rows: FloatArray, patients: Patients, folds: Sequence[Fold], *, seed: int
) -> Finding:
    """Assign the classes to patients at random and evaluate a cheap model on the same folds: its AUC must be about .5.

    It is above where test rows resemble their own patient's training rows, that is, where the split leaks.

    Parameters
    ----------
    rows
        ``(n, p)`` finite.
    patients
        Whose each row is.
    folds
        By patient.
    seed
        Of the permutations.
    """
    reached = _permuted_aucs(binned_shape(rows), patients, folds, seed)
    mean, error = float(reached.mean()), float(reached.std()) / math.sqrt(_PERMUTATIONS)
    figures = f"mean patient AUC {figure(mean)} over {_PERMUTATIONS} permutations"
    if mean > _CHANCE + max(_TOLERANCE, _SURE * error):
        sentence = (
            f"With patients put into two groups at random a model still tells them apart ({figures}, .5 is chance): the split leaks, and "
            "every figure is too good. Split by patient."
        )
        return Finding("label permutation", "stop", sentence)
    sentence = f"With patients put into two groups at random a model finds nothing, as it must ({figures})."
    return Finding("label permutation", "fine", sentence)


def _permuted_aucs(features: FloatArray, patients: Patients, folds: Sequence[Fold], seed: int) -> FloatArray:
    """Return the AUC of each permutation: patients are ranked within a fold, since a fold's own level depends on the permutation."""
    generator = np.random.default_rng(seed)
    one_class = patients.class_of_patient == np.bincount(patients.class_of_patient).argmax()
    permuted = np.stack(
        [generator.permutation(one_class) for _ in range(_PERMUTATIONS)], axis=1
    )  # (m, permutations)
    target = permuted[patients.of_row].astype(np.float64)
    wins, pairs = np.zeros(_PERMUTATIONS), np.zeros(_PERMUTATIONS)
    for fold in folds:
        tested, of_row = np.unique(patients.of_row[fold.test], return_inverse=True)
        scores = ridge_scores(features, target, fold.train, fold.test)
        for permutation, column in enumerate(scores.T):
            truth = permuted[tested, permutation]
            count = np.count_nonzero(truth) * np.count_nonzero(~truth)
            if count:
                wins[permutation] += count * auc(truth, np.bincount(of_row, column) / np.bincount(of_row))
                pairs[permutation] += count
    return np.asarray(wins[pairs > 0] / pairs[pairs > 0])
