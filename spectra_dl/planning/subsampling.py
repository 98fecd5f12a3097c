"""AUC by number of training patients, from nested subsets of a pilot's patients.

References
----------
Beleites et al. 2013, Anal. Chim. Acta 760:25, doi 10.1016/j.aca.2012.11.007: learning curves over patients for classifiers of spectra.
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.inference.chance import patient_features, refit_null
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.estimator import Estimator, fit_copy
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.rows import Rows
from spectra_dl.planning.learning_curve import LearningCurve, fit_learning_curve

_SHARES = (0.35, 0.5, 0.7, 1.0)
_FEWEST = 3  # patients of a class that are trained on
_REFITS = 99
_SHARED = 0.4  # of the error of an AUC of the same patients, at half the training patients


@dataclass(frozen=True, eq=False)
class Subsampled:
    """What nested subsampling found.

    Attributes
    ----------
    curve
        The learning curve over training patients.
    probability
        ``(n,)`` of the positive class, for each row, by the model of all training patients of the first repeat.
    auc, standard_error
        Of the pilot's patients by models of all training patients; the latter with the variance of refits, as in reports of evaluations.
    training
        Training patients of those models.
    folds
        That patients are compared within.
    """

    curve: LearningCurve
    probability: FloatArray
    auc: float
    standard_error: float
    training: float
    folds: int


def nested_subsampling(
    rows: Rows,
    label: TextArray,
    patient: TextArray,
    model: Estimator,
    positive: str,
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int = 0,
) -> Subsampled:
    """Train on nested subsets of the training patients of each fold, and test all on the fold's patients.

    Parameters
    ----------
    rows
        ``n`` rows as the model takes them.
    label, patient
        ``(n,)`` text; two classes.
    model
        Unfitted.
    positive
        The class whose probability is ranked.
    folds, repeats, seed
        Of the divisions by patient.

    Raises
    ------
    DataError
        More or less than two classes, or too few patients for three subsets.
    """
    patients = read_patients(list(patient), list(label))
    if len(patients.classes) != 2:
        raise DataError(f"{len(patients.classes)} classes: plans are of two; leave the others out")
    generator = np.random.default_rng(seed)
    code = patients.classes.index(positive)
    divisions = patient_folds(patient, label, folds=folds, repeats=repeats, seed=seed)
    probability = np.full((len(_SHARES), repeats, len(label)), np.nan)
    fold_of = np.zeros((repeats, len(patients.names)), dtype=np.intp)
    used = np.zeros((len(divisions), len(_SHARES)))
    for at, fold in enumerate(divisions):
        fold_of[fold.repeat, np.unique(patients.of_row[fold.test])] = fold.number
        subsets = _nested(patients, np.unique(patients.of_row[fold.train]), generator)
        for share, subset in enumerate(subsets):
            train = fold.train[np.isin(patients.of_row[fold.train], subset)]
            fitted = fit_copy(model, rows[train], label[train], patient[train])
            column = list(map(str, fitted.classes_)).index(positive)
            probability[share, fold.repeat, fold.test] = fitted.predict_proba(rows[fold.test])[:, column]
            used[at, share] = len(subset)
    auc, errors = _auc_by_share(probability, patients, fold_of, code)
    sizes = used.mean(axis=0)
    curve = fit_learning_curve(sizes, auc.mean(axis=1), _spread(auc, errors, sizes))
    features = patient_features(np.asarray(rows, dtype=np.float64), patients)
    surrogate = LinearSurrogate(features, patients.class_of_patient, fold_of[:1], 2, code)
    reached = float(auc[-1].mean())
    inflation = refit_null(surrogate, _REFITS, seed).inflation_at(reached)
    return Subsampled(
        curve, probability[-1, 0], reached, inflation * float(errors[-1]), float(sizes[-1]), folds
    )


def _spread(auc: FloatArray, errors: FloatArray, sizes: FloatArray) -> FloatArray:
    """Return how sure each size's difference from the last is: repeats share the patients, so what they differ by is the least of it."""
    repeats = auc.shape[1]
    differences = auc - auc[-1]
    between = differences.std(axis=1, ddof=1) / np.sqrt(repeats) if repeats > 1 else np.zeros(len(sizes))
    spread: FloatArray = np.maximum(between, _SHARED * errors[-1] * np.sqrt(sizes[-1] / sizes - 1.0))
    return spread


def _nested(patients: Patients, train: IndexArray, generator: np.random.Generator) -> list[IndexArray]:
    """Return subsets of training patients, each within the next, with the classes' shares."""
    sides = [
        generator.permutation(train[patients.class_of_patient[train] == code])
        for code in range(len(patients.classes))
    ]
    counts = [[max(_FEWEST, round(share * len(side))) for side in sides] for share in _SHARES]
    if min(map(len, sides)) < _FEWEST + 1 or len({sum(count) for count in counts}) < 3:
        raise DataError(
            f"{len(train)} training patients, {min(map(len, sides))} of the smaller class: too few for a learning curve; give a pilot of ten patients of each class or more"
        )
    return [
        np.concatenate([side[:count] for side, count in zip(sides, each, strict=True)]) for each in counts
    ]


def _auc_by_share(
    probability: FloatArray, patients: Patients, fold_of: IndexArray, code: int
) -> tuple[FloatArray, FloatArray]:
    """Return ``(shares, repeats)`` AUCs within folds, and the mean standard error of fixed scores by share."""
    logit = np.log(np.clip(probability, 1e-6, 1 - 1e-6) / np.clip(1 - probability, 1e-6, 1))
    score = np.stack(
        [[np.bincount(patients.of_row, row) / patients.rows_of_patient for row in share] for share in logit]
    )
    columns = [score, -score] if code == 0 else [-score, score]
    both = np.stack(columns, axis=-1)
    auc = np.empty(score.shape[:2])
    errors = np.empty(score.shape[:2])
    for repeat in range(score.shape[1]):
        pairs = comparisons_of(fold_of[repeat][None], patients.class_of_patient, 2, code)
        found = within_fold_auc(both[:, repeat][:, None], pairs)
        auc[:, repeat], errors[:, repeat] = found.value, found.standard_error
    return auc, errors.mean(axis=1)
