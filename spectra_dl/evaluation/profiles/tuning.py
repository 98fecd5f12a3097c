"""A regressor that chooses among a few declared candidates, on nothing but the sections it is trained on."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.leave_out_splits import left_out_folds
from spectra_dl.evaluation.profiles.metrics import no_order_is_none, pearson_per_column
from spectra_dl.evaluation.profiles.results import Regressor
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.evaluation.rows import Rows

_MOST_FOLDS = 3


class TunedProfiles(RegressorMixin, BaseEstimator):
    """Fit every candidate on some sections, keep the one that correlates best with the others, and fit it on all.

    Evaluated in the folds of `harness.evaluate_profiles`, this is nested cross-validation: what is chosen never meets a test
    section.

    Parameters
    ----------
    candidates
        Unfitted regressors by name; of equals the first named is taken.
    seed
        Of the inner folds.

    Attributes
    ----------
    chosen_
        The candidate's name, and the mean correlation of each on inner folds.
    best_
        The chosen candidate, fitted on all rows.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.linear_model import LinearRegression
    >>> rows = np.random.default_rng(0).normal(size=(40, 2))
    >>> tuned = TunedProfiles({"mean": DummyRegressor(), "linear": LinearRegression()})
    >>> tuned.fit(rows, rows @ np.ones((2, 3)), groups=np.repeat(["a", "b"], 20)).chosen_.name
    'linear'
    """

    chosen_: Choice
    best_: Regressor

    def __init__(self, candidates: Mapping[str, Regressor], seed: int = 0) -> None:
        self.candidates = candidates
        self.seed = seed

    def fit(self, X: Rows, y: FloatArray, groups: Sequence[str] | None = None) -> Self:
        """Choose and fit.

        Parameters
        ----------
        X
            ``n`` rows.
        y
            ``(n, t)`` profiles.
        groups
            ``(n,)`` the rows' sections.

        Raises
        ------
        UsageError
            There are no candidates.
        DataError
            There is no second section to choose on.
        """
        if not self.candidates:
            raise UsageError("no candidates to choose among; name at least one")
        section = np.array([str(name) for name in (groups if groups is not None else [])], dtype=object)
        names = sorted(set(section))
        if len(section) != len(X) or len(names) < 2:
            raise DataError(
                "one training section leaves nothing to choose on; leave the tuning out or bring more sections"
            )
        folds = left_out_folds(
            section, section, group="section", folds=min(_MOST_FOLDS, len(names)), seed=self.seed
        )
        scores: dict[str, float] = {}
        for name, candidate in self.candidates.items():
            figures = []
            for fold in folds:
                fitted = fit_copy(candidate, X[fold.train], y[fold.train], section[fold.train])
                predicted = np.asarray(fitted.predict(X[fold.test]), dtype=np.float64)
                for name_of_section in sorted(set(section[fold.test])):
                    rows = section[fold.test] == name_of_section
                    measured = y[fold.test][rows]
                    correlation = no_order_is_none(pearson_per_column(predicted[rows], measured), measured)
                    figures.append(float(known_mean(correlation)))
            scores[name] = round(float(np.nanmean(figures)), 12)  # equals stay equal
        self.chosen_ = Choice(max(scores, key=scores.__getitem__), scores)
        self.best_ = fit_copy(self.candidates[self.chosen_.name], X, y, section)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n, t)`` profiles of the chosen candidate."""
        return self.best_.predict(X)
