"""Expression predicted from tissue against glass alone: a control that knows nothing else of the image."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.estimators.context import standardised
from spectra_dl.expression.spots import SpotTable

TISSUE = "tissue against glass"


class TissueShareExpression(RegressorMixin, BaseEstimator):
    """A straight line per gene on the share of tissue under a spot, standardised within its section.

    Spots beside the tissue hold a little background RNA, whose log-normalised profile differs from that of tissue in every gene. A model that
    only tells tissue from glass then scores well on all of them.
    """

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "TissueShareExpression":
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
        share = _share(X)
        self.mean_ = y.mean(axis=0)
        self.slope_ = share @ (y - self.mean_) / max(float(share @ share), 1e-12)
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""
        predicted: FloatArray = self.mean_ + _share(X)[:, None] * self.slope_
        return predicted


def _share(spots: SpotTable) -> FloatArray:
    """Return ``(n,)`` shares of tissue, standardised within each section; 0 where they are not known."""
    share = np.zeros(len(spots))
    if spots.tissue_share is None:
        return share
    for name in dict.fromkeys(spots.section):
        rows = spots.section == name
        share[rows] = standardised(spots.tissue_share[rows][:, None])[:, 0]
    return share
