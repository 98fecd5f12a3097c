"""What a model mistakes for what, patient by patient, and how a patient's confusion matrix may differ from all others'."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts


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
        """``(c, c)``: of images of a class, the share that is predicted as each; an unseen class is never mistaken."""
        return _rates(self.counts.sum(axis=0))

    def draws(self, count: int, generator: np.random.Generator) -> FloatArray:
        """Return ``(count, c, c)`` matrices that a new patient may have.

        Each is that of resampled patients, moved by what one patient, drawn for it, differs from all. What a patient of few images differs by chance
        is taken out first, row by row, so that rows vary as patients do.

        Parameters
        ----------
        count
            How many.
        generator
            Of random numbers.
        """
        patients = len(self.counts)
        weights = generator.multinomial(patients, np.full(patients, 1 / patients), size=count)
        mean = _rates(np.einsum("bm,mij->bij", weights, self.counts), self.rates)
        moved = np.clip(mean + self._own_deviation(count, generator), 0.0, None)
        drawn: FloatArray = moved / moved.sum(axis=2, keepdims=True)
        return drawn

    def _own_deviation(self, count: int, generator: np.random.Generator) -> FloatArray:
        """Return by what drawn patients differ from all; a row that a patient has no images of is another patient's."""
        deviation, patients = self._deviations, len(self.counts)
        donor = generator.integers(patients, size=count)
        moved = np.empty((count, *self.rates.shape))
        for row in range(len(self.rates)):
            having = np.flatnonzero(self.counts[:, row].sum(axis=1))
            if not len(having):
                moved[:, row] = 0.0
                continue
            other = having[generator.integers(len(having), size=count)]
            moved[:, row] = deviation[np.where(np.isin(donor, having), donor, other), row]
        return moved

    @cached_property
    def _deviations(self) -> FloatArray:
        """``(m, c, c)``: each patient's rates minus those of all, shrunk to the spread that is the patients' own."""
        images = self.counts.sum(axis=2)
        own = np.divide(
            self.counts,
            images[..., np.newaxis],
            out=np.zeros(self.counts.shape),
            where=images[..., np.newaxis] > 0,
        )
        deviation = np.where(images[..., np.newaxis] > 0, own - self.rates, 0.0)
        within, between = _components(own, images, deviation)
        chance = np.divide(within, images, out=np.zeros(images.shape), where=images > 0)
        total = between + chance
        kept = np.divide(between, total, out=np.zeros(images.shape), where=total > 0)
        shrunk: FloatArray = deviation * np.sqrt(kept)[..., np.newaxis]
        return shrunk


def _rates(counts: IndexArray, fallback: FloatArray | None = None) -> FloatArray:
    """Return rows ``(..., c, c)`` of counts as shares; rows without counts as in the fallback, or as if never mistaken."""
    total = counts.sum(axis=-1, keepdims=True)
    without = np.eye(counts.shape[-1]) if fallback is None else fallback
    rates: FloatArray = np.where(total > 0, counts / np.maximum(total, 1), without)
    return rates


def _components(own: FloatArray, images: IndexArray, deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return for each class the variance of an image within patients and that between them, by analysis of variance of the indicators."""
    patients, total = (images > 0).sum(axis=0), images.sum(axis=0)
    inside = (images * (own * (1 - own)).sum(axis=2)).sum(axis=0)
    within = inside / np.maximum(total - patients, 1)
    across = (images * (deviation**2).sum(axis=2)).sum(axis=0) / np.maximum(patients - 1, 1)
    size = (total - (images**2).sum(axis=0) / np.maximum(total, 1)) / np.maximum(patients - 1, 1)
    between = np.maximum(0.0, (across - within) / np.maximum(size, 1e-12))
    return within, np.where(patients > 1, between, 0.0)
