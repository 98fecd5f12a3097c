"""A model that chooses among a few declared candidates, on nothing but the patients it is trained on."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.metrics import macro_auc, pool_by_patient
from spectra_dl.evaluation.estimator import Estimator, fit_copy, unseen_probability
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.rows import as_rows


class Tuned(ClassifierMixin, BaseEstimator):
    """Fit every candidate, keep the one that does best on training patients it never saw.

    Evaluated in the outer folds of `harness.evaluate`, this is nested cross-validation: what is chosen, and how, never
    meets a test patient. A candidate that offers ``out_of_fold_probability_`` is scored by it; another one is fitted
    on inner folds by patient.

    Parameters
    ----------
    candidates
        Unfitted estimators by name; of equals the first named is taken.
    seed
        Of the inner folds.

    Attributes
    ----------
    classes_
        ``(c,)`` class names, sorted.
    chosen_
        The candidate's name, and the inner patient AUC of each.
    best_
        The chosen candidate, fitted on all rows.
    out_of_fold_probability_
        ``(n, c)``: the chosen candidate's. As the best of a few it is a little better than what a new patient meets.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> generator = np.random.default_rng(0)
    >>> rows, label = generator.normal(size=(40, 2)), np.array(["sick", "well"] * 20)
    >>> rows[::2] += 2
    >>> tuned = Tuned({"prior": DummyClassifier(), "C=1": LogisticRegression()})
    >>> tuned.fit(rows, label, groups=[f"p{k}" for k in range(40)]).chosen_.name
    'C=1'
    """

    classes_: NDArray[np.str_]
    chosen_: Choice
    best_: Estimator
    out_of_fold_probability_: FloatArray

    def __init__(self, candidates: Mapping[str, Estimator], seed: int = 0) -> None:
        self.candidates = candidates
        self.seed = seed

    def fit(self, X: Any, y: ArrayLike, groups: Sequence[str] | None = None) -> Self:
        """Choose and fit.

        Parameters
        ----------
        X
            ``n`` rows, as the candidates take them.
        y
            ``(n,)`` classes.
        groups
            ``(n,)`` patients.

        Raises
        ------
        UsageError
            There are no candidates, or no patients.
        DataError
            A class has a single patient, so that nothing can be chosen.
        """
        if not self.candidates:
            raise UsageError("no candidates to choose among; name at least one")
        X = np.asarray(X, dtype=np.float64) if isinstance(X, list) else X
        rows, label = as_rows(X), np.asarray(y, dtype=str)
        people = read_patients(groups, label)
        patient = np.array([people.names[code] for code in people.of_row])
        self.classes_ = np.array(people.classes)
        scores: dict[str, float] = {}
        for name, candidate in self.candidates.items():
            fitted = fit_copy(candidate, X, label, patient)
            unseen = unseen_probability(
                name, fitted, rows, label, patient, classes=people.classes, seed=self.seed
            )
            if unseen is None:
                raise DataError(
                    "a class has only one training patient, and a choice needs two; leave the tuning out or bring more patients"
                )
            score = _patient_auc(unseen, people)
            if not scores or score > max(scores.values()):
                self.best_, self.out_of_fold_probability_ = fitted, unseen
            scores[name] = score
        self.chosen_ = Choice(max(scores, key=scores.__getitem__), scores)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return ``(n, c)`` probabilities of the chosen candidate."""
        return self.best_.predict_proba(np.asarray(X, dtype=np.float64) if isinstance(X, list) else X)

    def predict(self, X: Any) -> NDArray[np.str_]:
        """Return the likeliest class of each row."""
        likeliest: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return likeliest


def _patient_auc(probability: FloatArray, people: Patients) -> float:
    """Return the patient AUC; with two classes that of either is the same."""
    pooled = pool_by_patient(probability, people.of_row, len(people.names))
    positive = 1 if len(people.classes) == 2 else None
    return round(macro_auc(people.class_of_patient, pooled, positive), 12)  # equals stay equal
