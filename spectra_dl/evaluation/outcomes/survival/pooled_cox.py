"""Cox regression of patients in scikit-learn's shape: rows are made features, pooled by patient, and the penalty is chosen on training patients."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit, fit_cox, log_partial_likelihood
from spectra_dl.evaluation.outcomes.survival.curves import kaplan_meier

PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)


class PooledCox(BaseEstimator):
    """Cox regression with a ridge penalty on each patient's mean features.

    Parameters
    ----------
    features
        Unfitted transformer from rows to ``(n, k)`` features; None where rows are features.
    penalties
        Of which one is chosen by the partial likelihood of training patients left out.
    seed
        Of the inner folds.

    Attributes
    ----------
    chosen_
        The penalty, and the cross-validated log partial likelihood of each.

    References
    ----------
    Verweij & van Houwelingen 1993, doi 10.1002/sim.4780122407 (the cross-validated partial likelihood).

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> rows = generator.normal(size=(60, 4))
    >>> target = np.stack([generator.exponential(np.exp(-2 * rows[:, 0])), np.ones(60)], axis=1)
    >>> model = PooledCox(penalties=(1.0, 1e6)).fit(rows, target, groups=[f"p{number}" for number in range(60)])
    >>> model.chosen_.name
    'penalty 1'
    """

    chosen_: Choice
    fit_: CoxFit

    def __init__(self, features: Any = None, penalties: Sequence[float] = PENALTIES, seed: int = 0) -> None:
        self.features = features
        self.penalties = penalties
        self.seed = seed

    def fit(self, X: Any, y: ArrayLike, groups: Sequence[str] | None = None) -> Self:
        """Choose a penalty and fit.

        Parameters
        ----------
        X
            ``n`` rows.
        y
            ``(n, 2)`` time and event of each row's patient.
        groups
            ``(n,)`` patients; each row is one if None.

        Raises
        ------
        UsageError
            There are no penalties.
        """
        if not self.penalties:
            raise UsageError("a Cox regression needs at least one penalty above 0")
        target = np.asarray(y, dtype=np.float64)
        self.features_ = None if self.features is None else clone(self.features).fit(X)
        names = np.arange(len(target)).astype(str) if groups is None else np.asarray(groups, dtype=object)
        _, first, of_row = np.unique(names, return_index=True, return_inverse=True)
        pooled = _pooled(self._features(X), of_row)
        self.spread_ = np.where(pooled.std(axis=0) > 0, pooled.std(axis=0), np.inf)
        rows, axes = _on_axes(pooled / self.spread_)
        time, event = target[first, 0], target[first, 1] > 0
        self.chosen_ = self._choice(rows, time, event)
        best = fit_cox(rows, time, event, self._penalty())
        centre = (pooled / self.spread_).mean(axis=0)
        self.fit_ = CoxFit(centre, axes.T @ best.coefficient, best.time, best.hazard)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` log risks."""
        return self.fit_.risk(self._features(X) / self.spread_)

    def predict_survival(self, X: Any, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``n`` rows.
        times
            ``(g,)``.
        """
        return self.fit_.survival(self.predict(X), times)

    def _features(self, X: Any) -> FloatArray:
        rows = X if self.features_ is None else self.features_.transform(X)
        return np.asarray(rows, dtype=np.float64)

    def _penalty(self) -> float:
        return dict(zip(map(_named, self.penalties), self.penalties, strict=True))[self.chosen_.name]

    def _choice(self, rows: FloatArray, time: FloatArray, event: NDArray[np.bool_]) -> Choice:
        order = time_order(time, event)
        folds = inner_outcome_folds(order, [f"{at:09d}" for at in range(len(order))], self.seed)
        folds = [fold for fold in folds if event[fold.train].any()]
        scores = {}
        for penalty in self.penalties:
            each = [_left_out(rows, time, event, (fold.train, penalty)) for fold in folds]
            scores[_named(penalty)] = round(float(np.sum(each)), 9) if folds else float("nan")
        known = list(scores)
        return Choice(max(known, key=scores.__getitem__) if folds else known[len(known) // 2], scores)


class KaplanMeierOnly(BaseEstimator):
    """The control: every patient has the curve of the training patients, and nobody a higher risk."""

    def fit(self, X: Any, y: ArrayLike, groups: Sequence[str] | None = None) -> Self:
        """Keep the training patients' curve.

        Parameters
        ----------
        X
            ``n`` rows, not looked at.
        y
            ``(n, 2)`` time and event of each row's patient.
        groups
            ``(n,)`` patients; each row is one if None.
        """
        target = np.asarray(y, dtype=np.float64)
        names = np.arange(len(target)) if groups is None else np.asarray(groups, dtype=object)
        _, first = np.unique(names, return_index=True)
        self.curve_ = kaplan_meier(target[first, 0], target[first, 1] > 0)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` zeros."""
        return np.zeros(len(X))

    def predict_survival(self, X: Any, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` the same curve for each row.

        Parameters
        ----------
        X
            ``n`` rows.
        times
            ``(g,)``.
        """
        return np.tile([self.curve_.at(time)[0] for time in times], (len(X), 1))


def time_order(time: FloatArray, event: NDArray[np.bool_]) -> FloatArray:
    """Return ``(m,)`` ranks, patients with the event first and by time, so that folds drawn along them are alike in both.

    Parameters
    ----------
    time, event
        ``(m,)`` of patients.
    """
    rank = np.empty(len(time))
    rank[np.lexsort((time, ~event))] = np.arange(len(time))
    return rank


def _named(penalty: float) -> str:
    return f"penalty {penalty:g}"


def _left_out(
    rows: FloatArray, time: FloatArray, event: NDArray[np.bool_], how: tuple[IndexArray, float]
) -> float:
    """Return what the patients left out add to the log partial likelihood of all."""
    train, penalty = how
    fitted = fit_cox(rows[train], time[train], event[train], penalty)
    risk = fitted.risk(rows)
    return log_partial_likelihood(risk, time, event) - log_partial_likelihood(
        risk[train], time[train], event[train]
    )


def _pooled(features: FloatArray, of_row: IndexArray) -> FloatArray:
    total = np.zeros((of_row.max() + 1, features.shape[1]))
    np.add.at(total, of_row, features)
    return np.asarray(total / np.bincount(of_row)[:, None])


def _on_axes(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ``(m, r)`` centred features on their principal axes ``(r, k)``, which a ridge does not see the difference of."""
    left, size, axes = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    kept = size > 1e-9 * max(float(size.max(initial=0.0)), 1e-300)
    return np.asarray(left[:, kept] * size[kept]), axes[kept]
