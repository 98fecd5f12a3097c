"""A share of a slide or a patient with its interval: over slides, tiles within them, and what the model may mistake in this patient."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.tissue.shares.confusion import Confusion
from spectra_dl.tissue.shares.correction import corrected_composition
from spectra_dl.tissue.shares.share_classes import ShareClasses

GOOD_RESPONSE = 0.9
_DRAWS = 2000
_LEVEL = 0.95
_UNSEEN = 0.2  # of an image in each slide is of any class: where all are of one, another may have been missed


@dataclass(frozen=True)
class ShareEstimate:
    """A share that was estimated.

    Attributes
    ----------
    counted
        Of the images as they were predicted; NaN where none is of either class.
    share
        Corrected by the confusion matrix of held-out patients; NaN where nothing is left of either class.
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
        if not total.any():
            return ShareEstimate(np.nan, np.nan, 0.0, 1.0, np.nan)
        share = float(self._shares(total[np.newaxis] / total.sum(), self.confusion.rates)[0])
        drawn = self._draws(counts[counts.any(axis=1)], share)
        known = np.isfinite(drawn)
        tail = (1 - _LEVEL) / 2
        return ShareEstimate(
            float(self.asked.share_of(total, self.classes)),
            share,
            # A draw without either class says nothing: it may be anything.
            float(np.quantile(np.where(known, drawn, 0.0), tail)),
            float(np.quantile(np.where(known, drawn, 1.0), 1 - tail)),
            float((drawn[known] >= GOOD_RESPONSE).mean()) if known.any() else np.nan,
        )

    def _draws(self, counts: IndexArray, share: float) -> FloatArray:
        """Return shares as other slides of the patient, and a patient whom the model mistakes in another way, would have them."""
        generator = np.random.default_rng(self.seed)
        predicted = resampled_compositions(counts, _DRAWS, generator)
        of_slides = self._shares(predicted, self.confusion.rates)
        mistaken = self._shares(predicted, self.confusion.draws(_DRAWS, generator)) - of_slides
        farther = share + few_slides(len(counts)) * (of_slides - share)
        drawn: FloatArray = np.clip(farther + mistaken, 0.0, 1.0)
        return drawn

    def _shares(self, predicted: FloatArray, confusion: FloatArray) -> FloatArray:
        return self.asked.share_of(corrected_composition(predicted, confusion), self.classes)


def resampled_compositions(counts: IndexArray, draws: int, generator: np.random.Generator) -> FloatArray:
    """Return ``(draws, c)`` shares of predicted classes: slides are drawn with replacement, and images within each.

    Parameters
    ----------
    counts
        ``(s, c)``, at least one image a slide.
    draws
        How many.
    generator
        Of random numbers.
    """
    slides = len(counts)
    images = counts.sum(axis=1)
    within = (counts + _UNSEEN / counts.shape[1]) / (images[:, np.newaxis] + _UNSEEN)
    chosen = generator.integers(slides, size=(draws, slides))
    drawn = generator.multinomial(images[chosen], within[chosen]).sum(axis=1)
    shares: FloatArray = drawn / drawn.sum(axis=1, keepdims=True)
    return shares


def few_slides(slides: int) -> float:
    """Return by how much the bootstrap's draws of so few are too near their mean (Hesterberg, Am Stat 2015, 69:371); 1 for one, which says nothing of others."""
    from scipy.stats import norm, t

    if slides < 2:
        return 1.0
    tail = (1 + _LEVEL) / 2
    return float(np.sqrt(slides / (slides - 1)) * t.ppf(tail, slides - 1) / norm.ppf(tail))
