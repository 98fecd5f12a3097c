"""What a model mistakes for what, patient by patient, and how a patient's confusion matrix may differ from all others'."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.tissue.shares.unequal_shares import population_draws


def patient_counts(true: IndexArray, predicted: IndexArray, patient: Texts, width: int) -> IndexArray:
    """Return ``(m, c, c)`` counts of each patient's images: true class by row, predicted class by column.

    Parameters
    ----------
    true, predicted
        ``(n,)`` numbers of classes; a negative one leaves the image out.
    patient
        ``(n,)`` whose each image is.
    width
        Number of classes.
    """
    names, owner = np.unique(np.asarray(patient, dtype=str), return_inverse=True)
    counts = np.zeros((len(names), width, width), dtype=np.intp)
    known = (true >= 0) & (predicted >= 0)
    np.add.at(counts, (owner[known], true[known], predicted[known]), 1)
    return counts


@dataclass(frozen=True, eq=False)
class Confusion:
    """Confusion matrices of held-out patients.

    Attributes
    ----------
    counts
        ``(m, c, c)`` from `patient_counts`.
    """

    counts: IndexArray

    @cached_property
    def rates(self) -> FloatArray:
        """``(c, c)``: of images of a class, the share that is predicted as each; NaN for a class that nobody has images of."""
        counts = self.counts.sum(axis=0)
        total = counts.sum(axis=1, keepdims=True)
        rates: FloatArray = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
        return rates

    def draws(self, count: int, generator: np.random.Generator) -> FloatArray:
        """Return ``(count, c, c)`` matrices that a new patient may have.

        Each is that of a patient like one of those held out, given that one's images, or of a patient like none of them: rows of a matrix so vary together as
        patients' do, what few images make of a patient by chance is taken out, and a mistake that nobody has seen is rare but not impossible.

        Parameters
        ----------
        count
            How many.
        generator
            Of random numbers.
        """
        width = self.counts.shape[1]
        like = np.concatenate([self.counts, np.zeros((1, width, width), dtype=self.counts.dtype)])
        like = like[generator.integers(len(like), size=count)]
        drawn = np.empty((count, width, width))
        for row in range(width):
            having = self.counts[self.counts[:, row].any(axis=1), row]
            drawn[:, row] = population_draws(having, count, generator).members(like[:, row], generator)
        return drawn
