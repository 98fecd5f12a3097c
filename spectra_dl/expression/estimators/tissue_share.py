"""Expression predicted from tissue against glass alone: a control that knows nothing else of the image."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.estimators.covariate_line import CovariateLine, within_sections
from spectra_dl.expression.spots import SpotTable

TISSUE = "tissue against glass"


class TissueShareExpression(CovariateLine):
    """A straight line per gene on the share of tissue under a spot, standardised within its section.

    Spots beside the tissue hold a little background RNA, whose log-normalised profile differs from that of tissue in every gene. A model that
    only tells tissue from glass then scores well on all of them.
    """

    def covariate(self, spots: SpotTable) -> FloatArray:
        """Return ``(n,)`` shares of tissue, standardised within each section; 0 where they are not known."""
        if spots.tissue_share is None:
            return np.zeros(len(spots))
        return within_sections(spots.tissue_share, spots.section)
