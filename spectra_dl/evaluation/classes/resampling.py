"""Figures of thousands of resamples at once, from sums weighted by how often each patient was drawn.

The AUC and what else follows from the order of scores come from one sort of the scores, exactly, ties included.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes import metrics

_BLOCK_CELLS = 250_000  # multiplicities worked on at once: 2 MB stay in a core's cache


@dataclass(frozen=True, eq=False)
class ResampledPredictions:
    """Predictions of one repeat with resamples of the patients; what several metrics need is computed once.

    Attributes
    ----------
    truth
        ``(n,)`` class numbers.
    probability
        ``(n, c)``.
    patient
        ``(n,)`` patient numbers from 0.
    positive
        As in `metrics.from_confusion`.
    multiplicity
        ``(r, m)``: how often each patient counts in each resample.
    fold
        ``(n,)`` which fold's model scored the row; None: one model scored all.
    """

    truth: IndexArray
    probability: FloatArray
    patient: IndexArray
    positive: int | None
    multiplicity: FloatArray
    fold: IndexArray | None = None

    @cached_property
    def counts(self) -> FloatArray:
        """``(r, c, c)`` confusion counts."""
        n_classes, n_patients = self.probability.shape[1], self.multiplicity.shape[1]
        cell = self.truth * n_classes + self.probability.argmax(axis=1)
        per_patient = np.bincount(self.patient * n_classes**2 + cell, minlength=n_patients * n_classes**2)
        counts = self.multiplicity @ per_patient.reshape(n_patients, -1).astype(np.float64)
        return counts.reshape(-1, n_classes, n_classes)

    @cached_property
    def rows(self) -> FloatArray:
        """``(r,)`` how many rows each resample has."""
        rows: FloatArray = self.counts.reshape(len(self.multiplicity), -1).sum(axis=1)
        return rows

    @cached_property
    def from_confusion(self) -> dict[str, FloatArray]:
        """``(r,)`` by name: what follows from confusion counts."""
        return metrics.from_confusion(self.counts, self.positive)

    def sum_of(self, values: FloatArray) -> FloatArray:
        """Return ``(r,)`` sums of ``(n,)`` values of the rows."""
        n_patients = self.multiplicity.shape[1]
        total: FloatArray = self.multiplicity @ np.bincount(
            self.patient, weights=values, minlength=n_patients
        )
        return total

    @cached_property
    def ranked(self) -> list[tuple[NDArray[np.bool_], FloatArray]]:
        """Which rows are of a class, and their probability of it, for each class whose ranking is averaged."""
        codes = metrics.ranked_classes(self.probability.shape[1], self.positive)
        return [(self.truth == code, self.probability[:, code]) for code in codes]


def resampled_auc(
    is_positive: IndexArray | NDArray[np.bool_],
    score: FloatArray,
    patient: IndexArray,
    multiplicity: FloatArray,
    fold: IndexArray | None = None,
) -> FloatArray:
    """Return the AUC in each resample, exact with ties; NaN without both classes.

    Equal to repeating each row as often as its patient was drawn and taking the AUC of that.

    Parameters
    ----------
    is_positive, score, patient
        ``(n,)``: whether the row is of the class, its score, its patient's number.
    multiplicity
        ``(resamples, m)``.
    fold
        ``(n,)`` numbers: rows are compared with rows of the same fold only; None compares all.
    """
    side = np.asarray(is_positive, dtype=bool)
    parts = [np.arange(len(score))] if fold is None else [np.flatnonzero(fold == k) for k in np.unique(fold)]
    wins, pairs = np.zeros(len(multiplicity)), np.zeros(len(multiplicity))
    for part in parts:
        won, compared = _resampled_wins(side[part], score[part], patient[part], multiplicity)
        wins += won
        pairs += compared
    return np.divide(wins, pairs, out=np.full_like(wins, np.nan), where=pairs > 0)


def _resampled_wins(
    is_positive: NDArray[np.bool_], score: FloatArray, patient: IndexArray, multiplicity: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return in each resample how many pairs of a positive and a negative there are, and in how many the positive is above."""
    positive, negative = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    negative = negative[np.argsort(score[negative], kind="stable")]
    below = np.searchsorted(score[negative], score[positive], side="left")
    not_above = np.searchsorted(score[negative], score[positive], side="right")
    step = max(1, _BLOCK_CELLS // max(1, len(score)))
    wins, pairs = [], []
    for start in range(0, len(multiplicity), step):
        drawn = np.ascontiguousarray(
            multiplicity[start : start + step].T
        )  # (m, b): rows of one patient lie together
        beaten = np.zeros((negative.size + 1, drawn.shape[1]))
        np.cumsum(drawn[patient[negative]], axis=0, out=beaten[1:])
        weight = drawn[patient[positive]]
        wins.append(np.einsum("ib,ib->b", weight, beaten[below] + beaten[not_above]) / 2.0)
        pairs.append(weight.sum(axis=0) * beaten[-1])
    return np.concatenate(wins), np.concatenate(pairs)


def resampled_average_precision(
    is_positive: NDArray[np.bool_], score: FloatArray, patient: IndexArray, multiplicity: FloatArray
) -> FloatArray:
    """Return the average precision in each resample, exact with ties; NaN without a positive.

    Parameters
    ----------
    is_positive, score, patient
        ``(n,)``: whether the row is of the class, its score, its patient's number.
    multiplicity
        ``(resamples, m)``.
    """
    blocks = []
    for hits, called in _counts_from_the_top(is_positive, score, patient, multiplicity):
        precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
        reached = (np.diff(hits, axis=0, prepend=0.0) * precision).sum(axis=0)
        total = hits[-1]
        blocks.append(np.divide(reached, total, out=np.full_like(reached, np.nan), where=total > 0))
    return np.concatenate(blocks)


def resampled_specificity_at(
    sensitivity: float,
    is_positive: NDArray[np.bool_],
    score: FloatArray,
    *,
    patient: IndexArray,
    multiplicity: FloatArray,
) -> FloatArray:
    """Return in each resample the highest specificity at which the sensitivity is still at least so high.

    Parameters
    ----------
    sensitivity
        Wanted, from 0 to 1.
    is_positive, score, patient
        ``(n,)``: whether the row is of the class, its score, its patient's number.
    multiplicity
        ``(resamples, m)``.

    Returns
    -------
    specificity
        ``(resamples,)``; NaN without both classes.
    """
    blocks = []
    for hits, called in _counts_from_the_top(is_positive, score, patient, multiplicity):
        wanted = sensitivity * hits[-1] * (1 - 1e-12)
        at = (hits >= wanted).argmax(axis=0)[None]
        false = np.take_along_axis(called - hits, at, axis=0)[0]
        negative = called[-1] - hits[-1]
        specificity = 1.0 - np.divide(false, negative, out=np.full_like(false, np.nan), where=negative > 0)
        blocks.append(np.where(hits[-1] > 0, specificity, np.nan))
    return np.concatenate(blocks)


def _counts_from_the_top(
    is_positive: NDArray[np.bool_], score: FloatArray, patient: IndexArray, multiplicity: FloatArray
) -> list[tuple[FloatArray, FloatArray]]:
    """Return positives and rows at or above each distinct score, highest first, ``(k, b)`` for each block of resamples."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.empty(0, np.intp)
    positive = np.asarray(is_positive, dtype=np.float64)[order, None]
    step = max(1, _BLOCK_CELLS // max(1, len(score)))
    blocks = []
    for start in range(0, len(multiplicity), step):
        weight = multiplicity[start : start + step].T[patient[order]]  # (n, b)
        blocks.append(
            (np.cumsum(weight * positive, axis=0)[last], np.cumsum(weight, axis=0)[last]),
        )
    return blocks
