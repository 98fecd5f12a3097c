"""A share of a slide or a patient with its interval: over slides, tiles within them, and what the model may mistake in this patient."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.tissue.shares.confusion import Confusion
from spectra_dl.tissue.shares.correction import corrected_composition
from spectra_dl.tissue.shares.share_classes import ShareClasses
from spectra_dl.tissue.shares.unequal_shares import PRIOR, dirichlet, population_draws

GOOD_RESPONSE = 0.9
_DRAWS = 2000
_LEVEL = 0.95


@dataclass(frozen=True)
class ShareEstimate:
    """A share that was estimated.

    Attributes
    ----------
    counted
        Of the images as they were predicted; NaN where none is of either class.
    share
        Corrected by the confusion matrix of held-out patients; NaN where nothing is left of either class, where the matrix does not tell classes apart, or
        where nobody had images of a class.
    low, high
        The 95 % interval.
    probability
        That the share is 90 % or more.
    """

    counted: float
    share: float
    low: float
    high: float
    probability: float

    @property
    def reaches(self) -> str:
        """``"yes"`` where the interval lies at 90 % or above, ``"no"`` where it lies below, else ``"undecided"``."""
        if self.low >= GOOD_RESPONSE:
            return "yes"
        return "no" if self.high < GOOD_RESPONSE else "undecided"


@dataclass(frozen=True, eq=False)
class ShareEstimator:
    """Estimates shares by a model's confusion matrix.

    Attributes
    ----------
    asked
        Which share.
    classes
        Of the model, in the order of the columns.
    confusion
        Of held-out patients.
    seed
        Of the draws; the same one for each slide and patient, whose results so depend on nothing else.
    """

    asked: ShareClasses
    classes: tuple[str, ...]
    confusion: Confusion
    seed: int = 0

    def estimate(self, counts: IndexArray) -> ShareEstimate:
        """Return the share of all slides together.

        Parameters
        ----------
        counts
            ``(s, c)``: how many images of each slide were predicted as each class.
        """
        total = counts.sum(axis=0)
        counted, share = float(self.asked.share_of(total, self.classes)), np.nan
        if total.any() and np.isfinite(self.confusion.rates).all():
            share = float(self._shares(total[np.newaxis] / total.sum(), self.confusion.rates)[0])
        if np.isnan(share):
            return ShareEstimate(counted, share, 0.0, 1.0, np.nan)
        drawn = self._draws(counts[counts.any(axis=1)])
        known = np.isfinite(drawn)
        tail = (1 - _LEVEL) / 2
        # A draw without either class says nothing: it may be anything.
        low = float(np.quantile(np.where(known, drawn, 0.0), tail))
        high = float(np.quantile(np.where(known, drawn, 1.0), 1 - tail))
        probability = float((drawn[known] >= GOOD_RESPONSE).mean()) if known.any() else np.nan
        # Of images that are all of one class the share is 0 or 1, which no draw is.
        return ShareEstimate(counted, share, min(low, share), max(high, share), probability)

    def _draws(self, counts: IndexArray) -> FloatArray:
        """Return shares that the patient may have, if the model mistakes it as it may mistake any; of one slide alone, shares of that slide."""
        generator = np.random.default_rng(self.seed)
        if len(counts) == 1:
            predicted = dirichlet(np.tile(PRIOR + counts, (_DRAWS, 1)), generator)
        else:
            predicted = population_draws(counts, _DRAWS, generator).mean
        return self._shares(predicted, self._mistakes)

    @cached_property
    def _mistakes(self) -> FloatArray:
        return self.confusion.draws(_DRAWS, np.random.default_rng((1, self.seed)))

    def _shares(self, predicted: FloatArray, confusion: FloatArray) -> FloatArray:
        return self.asked.share_of(corrected_composition(predicted, confusion), self.classes)
