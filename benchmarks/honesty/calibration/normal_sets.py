"""Sets of patients with independent normal features, whose models' true AUC is known in closed form."""

from functools import cache

import numpy as np
from scipy.special import ndtr
from sklearn.linear_model import LogisticRegression

from spectra_dl.evaluation.classes.inference.chance import RefitNull, patient_features, refit_null
from spectra_dl.evaluation.classes.inference.surrogate import LinearSurrogate
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.patients import Patients, read_patients

DIFFERENT, WANTED = 5, 0.75
REFITS = 499


def fitted(
    features: np.ndarray, truth: np.ndarray, difference: np.ndarray, strength: float = 1.0
) -> tuple[np.ndarray, float]:
    """Return a logistic regression's slope, and its AUC on patients nobody has seen."""
    scale = features.std(axis=0)
    model = LogisticRegression(C=strength, max_iter=300).fit(features / scale, truth)
    slope = model.coef_[0] / scale
    return slope, float(ndtr(slope @ difference / (np.sqrt(2.0) * np.linalg.norm(slope))))


def out_of_fold(
    features: np.ndarray, truth: np.ndarray, difference: np.ndarray, folds: list[Fold], strength: float = 1.0
) -> tuple[np.ndarray, list[float]]:
    """Return ``(repeats, n)`` scores by the model of the fold that tests each patient, and the models' true AUCs."""
    score, true = np.empty((folds[-1].repeat + 1, len(truth))), []
    for fold in folds:
        slope, auc = fitted(features[fold.train], truth[fold.train], difference, strength)
        score[fold.repeat, fold.test] = features[fold.test] @ slope
        true.append(auc)
    return score, true


def drawn(n: int, k: int, shift: float, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, classes and the difference of the class means."""
    difference = np.where(np.arange(k) < DIFFERENT, shift, 0.0)
    truth = np.arange(n) % 2
    features = np.random.default_rng(seed).normal(size=(n, k)) + truth[:, None] * difference
    return features, truth, difference


@cache
def shift_of(n: int, k: int) -> float:
    """Return the difference at which models of four fifths of the patients have a mean AUC of .75."""
    low, high = 0.0, 3.0
    for _ in range(14):
        middle = (low + high) / 2
        aucs = []
        for number in range(100):
            features, truth, difference = drawn(n, k, middle, (1, n, k, number))
            train = np.arange(n) % 10 < 8
            aucs.append(fitted(features[train], truth[train], difference)[1])
        low, high = (middle, high) if np.mean(aucs) < WANTED else (low, middle)
    return middle


def divided(truth: np.ndarray, repeats: int, seed: int) -> tuple[Patients, list[Fold], np.ndarray]:
    """Return patients, five folds, and ``(repeats, n)`` in which fold each patient is tested."""
    patient, label = [f"p{number:03d}" for number in range(len(truth))], [str(code) for code in truth]
    folds = patient_folds(patient, label, repeats=repeats, seed=seed)
    return read_patients(patient, label), folds, tested_by(folds, repeats, len(truth))


def tested_by(folds: list[Fold], repeats: int, n: int) -> np.ndarray:
    """Return ``(repeats, n)`` in which fold each row is tested."""
    number = np.empty((repeats, n), dtype=np.intp)
    for fold in folds:
        number[fold.repeat, fold.test] = fold.number
    return number


def null_of(
    features: np.ndarray, patients: Patients, fold: np.ndarray, seed: int, block: np.ndarray | None = None
) -> RefitNull:
    """Return what refits of the surrogate reach."""
    means = patient_features(features, patients)
    return refit_null(LinearSurrogate(means, patients.class_of_patient, fold, 2, 1, block), REFITS, seed)


def probabilities(score: np.ndarray) -> np.ndarray:
    """Return ``(..., 2)`` probabilities of scores on the logit scale."""
    positive = 1.0 / (1.0 + np.exp(-score))
    return np.stack([1.0 - positive, positive], axis=-1)
