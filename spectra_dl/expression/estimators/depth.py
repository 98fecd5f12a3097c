"""Expression predicted from sequencing depth alone: a control and no model, since it takes the test spots' counts."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.estimators.covariate_line import CovariateLine, within_sections
from spectra_dl.expression.spots import SpotTable

DEPTH = "sequencing depth (counts of the test spots)"


class DepthExpression(CovariateLine):
    """A straight line per gene on the log of a spot's counts over all genes, standardised within its section.

    Log-normalised values of a shallow spot hold its depth as well: a gene that is seen at all is seen at log(1 + 10,000 / depth). The
    correlation of this line can be reached by an image that shows how much was counted, and is no biology.
    """

    def covariate(self, spots: SpotTable) -> FloatArray:
        """Return ``(n,)`` log library sizes, standardised within each section."""
        return section_depth(spots)


def section_depth(spots: SpotTable) -> FloatArray:
    """Return ``(n,)`` log library sizes, standardised within each section."""
    return within_sections(np.log(spots.library), spots.section)
