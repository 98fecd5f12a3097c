"""Which images of a patient an answer was read from, by models that had not seen the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.tissue.estimators.outcomes.pooled import PooledOutcome


@dataclass(frozen=True, eq=False)
class HeldOutAttention:
    """Attention of a fold's test images.

    Attributes
    ----------
    share
        ``(k,)`` of each image in its patient's answer.
    """

    share: FloatArray


@dataclass(frozen=True, eq=False)
class AttentionObserver:
    """Sees the attention of patients left out.

    Attributes
    ----------
    rows
        All images, in bags of patients.
    """

    rows: BaggedFeatures
    record_types = (HeldOutAttention,)

    def __call__(self, name: str, fold: Fold, fitted: Any) -> HeldOutAttention | None:
        """Return the attention of the fold's test images; None where the model has none, and beyond the first repeat.

        Parameters
        ----------
        name
            The model's.
        fold
            In which it was fitted.
        fitted
            The model.
        """
        if not isinstance(fitted, PooledOutcome) or fitted.pooling != "attention" or fold.repeat:
            return None
        return HeldOutAttention(fitted.attention(self.rows[fold.test]))


def attention_of(observations: Sequence[Observation], n_images: int) -> FloatArray | None:
    """Return ``(n,)`` the attention of every image in the first repeat; None where no model has any.

    Parameters
    ----------
    observations
        Of an evaluation.
    n_images
        ``n``.
    """
    share = np.full(n_images, np.nan)
    for each in observations:
        if isinstance(each.seen, HeldOutAttention):
            share[each.fold.test] = each.seen.share
    return None if np.isnan(share).all() else share
