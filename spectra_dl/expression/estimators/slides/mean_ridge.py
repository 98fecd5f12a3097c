"""Ridge regressions of one row of numbers per patient: the mean of the tiles' features, or facts of the slides without their tissue."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.evaluation.folds.splits import assign_folds
from spectra_dl.expression.estimators.ridge import PENALTIES, RidgePath, fit_ridge
from spectra_dl.expression.slides.rows import SlideRows

_FOLDS = 5


class SlideRidge(RegressorMixin, BaseEstimator):
    """Ridge regression of all genes at once on standardised numbers; its penalty is chosen on left-out training patients (Hoerl & Kennard 1970, doi 10.1080/00401706.1970.10488634).

    Parameters
    ----------
    seed
        Of the division of training patients.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: SlideRows, y: FloatArray) -> Self:
        """Fit on patients ``X`` and their profiles ``y`` (n, t).

        Parameters
        ----------
        X
            ``n`` patients.
        y
            ``(n, t)`` log-normalised expression.
        """
        numbers = self.numbers(X)
        self.mean_ = numbers.mean(axis=0)
        spread = numbers.std(axis=0)
        self.scale_ = np.where(spread <= 1e-9 * np.maximum(1e-12, np.abs(self.mean_)), 1.0, spread)
        rows = (numbers - self.mean_) / self.scale_
        self.penalty_ = _penalty(rows, y, self.seed)
        self.map_, _ = fit_ridge(rows, y, text_array([]), penalty=self.penalty_)
        return self

    def predict(self, X: SlideRows) -> FloatArray:
        """Return ``(n, t)`` log-normalised expression."""
        return self.map_((self.numbers(X) - self.mean_) / self.scale_)

    def numbers(self, rows: SlideRows) -> FloatArray:
        """Return ``(n, d)`` the numbers that a patient is predicted from."""
        raise NotImplementedError


class MeanFeaturesRidge(SlideRidge):
    """Ridge regression on the mean of the features of all tiles; parameters as in `SlideRidge`."""

    def numbers(self, rows: SlideRows) -> FloatArray:
        """Return ``(n, d)`` the mean features of each patient's tiles."""
        bags = rows.bags
        means = [
            sum(block.sum(axis=0, dtype=np.float64) for block in bags.blocks(bag)) / len(bags.images[bag])
            for bag in range(len(bags))
        ]
        return np.stack(means)


class SlideFactsRidge(SlideRidge):
    """Ridge regression on size and brightness of the slides, the control of models that look at tissue; parameters as in `SlideRidge`."""

    def numbers(self, rows: SlideRows) -> FloatArray:
        """Return ``(n, f)`` the facts of each patient's slides."""
        return rows.facts


def _penalty(rows: FloatArray, profiles: FloatArray, seed: int) -> float:
    """Return the penalty with the least squared error on left-out patients, each gene in units of its own spread.

    Correlations within what is left out, by which spots choose theirs, say nothing of the one or two patients that a small study leaves out.
    """
    spread = profiles.std(axis=0)
    scaled = (profiles - profiles.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    part = assign_folds(np.zeros(len(rows), dtype=np.intp), min(_FOLDS, len(rows)), (seed, 0))
    error = np.zeros(len(PENALTIES))
    for number in range(int(part.max()) + 1):
        left_out = part == number
        path = RidgePath(rows[~left_out], scaled[~left_out])
        absolute = [max(penalty * path.scale, 1e-12) for penalty in PENALTIES]
        for at, predicted in enumerate(path.predictions(rows[left_out], absolute)):
            error[at] += np.square(predicted - scaled[left_out]).sum()
    return PENALTIES[int(error.argmin())]
