"""A model of a number that chooses among declared candidates, on nothing but the patients it is trained on."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.pipeline import make_pipeline

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.evaluation.rows import as_rows


class TunedNumber(RegressorMixin, BaseEstimator):
    """Fit the candidate that errs least on training patients it had not seen.

    Parameters
    ----------
    candidates
        Unfitted estimators by name; of equals the first named is taken, and the middle one where there are too few patients to choose.
    seed
        Of the inner folds.
    before
        Unfitted transformer of rows, fitted once for all candidates of a fold; None leaves rows as they are.

    Attributes
    ----------
    chosen_
        The candidate's name, and minus the inner root mean squared error of each.
    best_
        The chosen candidate, behind what stands before it, fitted on all rows.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> rows = np.random.default_rng(0).normal(size=(40, 3))
    >>> tuned = TunedNumber({"weak": Ridge(1e-3), "strong": Ridge(1e6)})
    >>> tuned.fit(rows, rows[:, 0], groups=[f"p{k}" for k in range(40)]).chosen_.name
    'weak'
    """

    chosen_: Choice
    best_: Any

    def __init__(
        self, candidates: Mapping[str, Any], seed: int = 0, before: TransformerMixin | None = None
    ) -> None:
        self.candidates = candidates
        self.seed = seed
        self.before = before

    def fit(self, X: Any, y: ArrayLike, groups: Sequence[str] | None = None) -> Self:
        """Choose and fit.

        Parameters
        ----------
        X
            ``n`` rows, as the candidates take them.
        y
            ``(n,)`` numbers.
        groups
            ``(n,)`` patients.

        Raises
        ------
        UsageError
            There are no candidates, or no patients.
        """
        if not self.candidates or groups is None:
            raise UsageError(
                "a choice needs candidates, and the patients of the rows: fit(X, y, groups=patients)"
            )
        rows, target, names = as_rows(X), np.asarray(y, dtype=np.float64), np.asarray(groups, dtype=object)
        folds = inner_outcome_folds(target, names, self.seed)
        errors: dict[str, list[FloatArray]] = {name: [] for name in self.candidates}
        for fold in folds:
            _, (train, test) = self._features(rows[fold.train], rows[fold.test])
            for name, candidate in self.candidates.items():
                inner = fit_copy(candidate, train, target[fold.train], names[fold.train])
                predicted = np.asarray(inner.predict(test)).reshape(-1)
                errors[name].append(_squares_by_patient(predicted - target[fold.test], names[fold.test]))
        scores = {
            name: -round(float(np.sqrt(np.concatenate(each).mean())), 12) if folds else float("nan")
            for name, each in errors.items()
        }
        known = list(self.candidates)
        best = max(known, key=scores.__getitem__) if folds else known[len(known) // 2]
        self.chosen_ = Choice(best, scores)
        made, (features,) = self._features(X)
        fitted = fit_copy(self.candidates[best], features, target, names)
        self.best_ = fitted if made is None else make_pipeline(made, fitted)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` numbers predicted by the chosen candidate."""
        return np.asarray(self.best_.predict(X), dtype=np.float64).reshape(-1)

    def _features(self, train: Any, *others: Any) -> tuple[Any, list[Any]]:
        """Return what stands before candidates, fitted on the first rows, and what it makes of all."""
        if self.before is None:
            return None, [train, *others]
        made = clone(self.before).fit(train)
        return made, [made.transform(rows) for rows in (train, *others)]


def _squares_by_patient(error: FloatArray, patient: Any) -> FloatArray:
    """Return the square of each patient's mean error."""
    _, of_row = np.unique(patient, return_inverse=True)
    return np.asarray((np.bincount(of_row, error) / np.bincount(of_row)) ** 2)
