"""Expression predicted from one number of each spot: what the controls without an image share."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.estimators.context import standardised
from spectra_dl.expression.spots import SpotTable


class CovariateLine(RegressorMixin, BaseEstimator, ABC):
    """A straight line per gene on a number of each spot, standardised within its section."""

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> Self:
        """Fit on spots and their log-normalised expression.

        Parameters
        ----------
        X
            ``n`` spots, all usable ones of their sections.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            Not used; every estimator takes it.
        """
        covariate = self.covariate(X)
        self.mean_ = y.mean(axis=0)
        self.slope_ = covariate @ (y - self.mean_) / max(float(covariate @ covariate), 1e-12)
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""
        predicted: FloatArray = self.mean_ + self.covariate(X)[:, None] * self.slope_
        return predicted

    @abstractmethod
    def covariate(self, spots: SpotTable) -> FloatArray:
        """Return ``(n,)`` the number, standardised within each section."""


def within_sections(values: FloatArray, section: TextArray) -> FloatArray:
    """Return ``(n,)`` values with mean 0 and standard deviation 1 in each section.

    Parameters
    ----------
    values
        ``(n,)`` a number of each spot.
    section
        ``(n,)`` the section of each spot.
    """
    scaled = np.empty(len(values))
    for name in dict.fromkeys(section):
        rows = section == name
        scaled[rows] = standardised(values[rows][:, None])[:, 0]
    return scaled
