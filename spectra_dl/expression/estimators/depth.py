"""Expression predicted from sequencing depth alone: a control and no model, since it takes the test spots' counts."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.estimators.context import standardised
from spectra_dl.expression.spots import SpotTable

DEPTH = "sequencing depth (counts of the test spots)"


class DepthExpression(RegressorMixin, BaseEstimator):
    """A straight line per gene on the log of a spot's counts over all genes, standardised within its section.

    Log-normalised values of a shallow spot hold its depth as well: a gene that is seen at all is seen at log(1 + 10,000 / depth). The
    correlation of this line can be reached by an image that shows how much was counted, and is no biology.
    """

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "DepthExpression":
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
        depth = section_depth(X)
        self.mean_ = y.mean(axis=0)
        self.slope_ = depth @ (y - self.mean_) / max(float(depth @ depth), 1e-12)
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""
        predicted: FloatArray = self.mean_ + section_depth(X)[:, None] * self.slope_
        return predicted


def section_depth(spots: SpotTable) -> FloatArray:
    """Return ``(n,)`` log library sizes, standardised within each section."""
    depth = np.empty(len(spots))
    for name in dict.fromkeys(spots.section):
        rows = spots.section == name
        depth[rows] = standardised(np.log(spots.library[rows])[:, None])[:, 0]
    return depth
