"""Figures of merit from probabilities and confusion counts; an undefined one is NaN, never a made-up number.

Classes are numbers from 0. Figures from counts take leading axes, so that thousands of resamples are one call.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray, IndexArray

CALIBRATION_BINS = 10
_SMALLEST_PROBABILITY = 1e-12


def auc(is_positive: NDArray[np.bool_], score: FloatArray) -> float:
    """Return the chance that a positive scores above a negative, ties counting half; NaN without both.

    Parameters
    ----------
    is_positive, score
        ``(n,)``: whether the row is of the class, and its score.

    Examples
    --------
    >>> auc(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    n_positive = int(np.count_nonzero(is_positive))
    pairs = n_positive * (len(is_positive) - n_positive)
    if not pairs:
        return float("nan")
    wins = float(mid_ranks(score)[is_positive].sum()) - n_positive * (n_positive + 1) / 2
    return wins / pairs


def auc_within(is_positive: NDArray[np.bool_], score: FloatArray, fold: IndexArray | None) -> float:
    """Return the chance that a positive scores above a negative of the same fold; NaN where no fold has both.

    Parameters
    ----------
    is_positive, score
        ``(n,)``: whether the row is of the class, and its score.
    fold
        ``(n,)`` numbers from 0; None compares all.

    Examples
    --------
    >>> auc_within(np.array([True, False, True, False]), np.array([0.2, 0.1, 0.9, 0.8]), np.array([0, 0, 1, 1]))
    1.0
    """
    if fold is None:
        return auc(is_positive, score)
    folds = [(is_positive[fold == number], score[fold == number]) for number in np.unique(fold)]
    pairs = [np.count_nonzero(side) * np.count_nonzero(~side) for side, _ in folds]
    wins = [count * auc(*one) for count, one in zip(pairs, folds, strict=True) if count]
    return float(sum(wins) / sum(pairs)) if wins else float("nan")


def average_precision(is_positive: NDArray[np.bool_], score: FloatArray) -> float:
    """Return the area under the precision-recall curve as a sum of steps; NaN without a positive.

    Parameters
    ----------
    is_positive, score
        ``(n,)``: whether the row is of the class, and its score; rows of equal score are called together.

    Examples
    --------
    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.5, 0.2])).__round__(4)
    0.8333
    """
    hits, called = _from_the_top(is_positive, score)
    if not hits.size or not hits[-1]:
        return float("nan")
    return float((np.diff(hits, prepend=0.0) * hits / called).sum() / hits[-1])


def specificity_at(sensitivity: float, is_positive: NDArray[np.bool_], score: FloatArray) -> float:
    """Return the highest specificity at which the sensitivity is still at least so high; NaN without both classes.

    Parameters
    ----------
    sensitivity
        Wanted, from 0 to 1.
    is_positive, score
        ``(n,)``: whether the row is of the class, and its score.

    Examples
    --------
    >>> specificity_at(0.5, np.array([True, False, True, False]), np.array([0.9, 0.5, 0.2, 0.1]))
    1.0
    """
    hits, called = _from_the_top(is_positive, score)
    if not hits.size or not 0 < hits[-1] < called[-1]:
        return float("nan")
    at = int((hits >= sensitivity * hits[-1] * (1 - 1e-12)).argmax())
    return float(1.0 - (called[at] - hits[at]) / (called[-1] - hits[-1]))


def _from_the_top(is_positive: NDArray[np.bool_], score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positives and rows at or above each distinct score, highest first."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.empty(0, np.intp)
    hits = np.cumsum(np.asarray(is_positive, dtype=np.float64)[order])[last]
    return hits, (last + 1).astype(np.float64)


def macro_auc(truth: IndexArray, probability: FloatArray, positive: int | None) -> float:
    """Return the AUC of the positive class, or the mean over classes of each against the rest.

    Parameters
    ----------
    truth
        ``(n,)`` class numbers from 0.
    probability
        ``(n, c)``, rows sum to one.
    positive
        Number of the positive class; None for the mean over classes.
    """
    codes = ranked_classes(probability.shape[1], positive)
    return float(np.mean([auc(truth == code, probability[:, code]) for code in codes]))


def ranked_classes(n_classes: int, positive: int | None) -> tuple[int, ...]:
    """Return the classes whose AUCs are averaged: the positive one, or all.

    Parameters
    ----------
    n_classes
        How many classes there are.
    positive
        Number of the positive class; None for all.
    """
    return tuple(range(n_classes)) if positive is None else (positive,)


def mid_ranks(score: FloatArray) -> FloatArray:
    """Return ranks from 1, equal scores sharing the mean of theirs."""
    _, which, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: FloatArray = (last - (count - 1) / 2.0)[which]
    return ranks


def confusion(truth: IndexArray, predicted: IndexArray, n_classes: int) -> FloatArray:
    """Return the ``(c, c)`` counts: true class by row, predicted class by column.

    Parameters
    ----------
    truth, predicted
        ``(n,)`` class numbers from 0.
    n_classes
        How many classes there are.
    """
    cells = np.bincount(truth * n_classes + predicted, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes).astype(np.float64)


def from_confusion(counts: ArrayLike, positive: int | None) -> dict[str, FloatArray]:
    """Return what follows from confusion counts, by name.

    Parameters
    ----------
    counts
        ``(..., c, c)``: true class by row, predicted by column; may be fractional.
    positive
        The class whose figures count; None, with more than two classes: the mean over classes of each against the rest.

    Notes
    -----
    Matthews' coefficient in Gorodkin's form for any number of classes, doi 10.1016/j.compbiolchem.2004.09.006;
    NaN, not 0, where only one class is present or predicted.
    """
    table = np.asarray(counts, dtype=np.float64)
    hit = np.diagonal(table, axis1=-2, axis2=-1)  # (..., c)
    true, called = table.sum(axis=-1), table.sum(axis=-2)
    total = table.sum(axis=(-2, -1))
    recall = _ratio(hit, true)
    chosen = slice(None) if positive is None else slice(positive, positive + 1)
    rejected = total[..., None] - true - called + hit
    per_class = {
        "sensitivity": recall,
        "specificity": _ratio(rejected, total[..., None] - true),
        "precision": _ratio(hit, called),
        "f1": _ratio(2 * hit, true + called),
    }
    figures = {name: value[..., chosen].mean(axis=-1) for name, value in per_class.items()}
    figures["balanced_accuracy"] = recall.mean(axis=-1)
    figures["accuracy"] = _ratio(hit.sum(axis=-1), total)
    covariance = hit.sum(axis=-1) * total - (true * called).sum(axis=-1)
    spread = (total**2 - (called**2).sum(axis=-1)) * (total**2 - (true**2).sum(axis=-1))
    figures["mcc"] = _ratio(covariance, np.sqrt(np.maximum(spread, 0.0)))
    return figures


def brier_per_row(truth: IndexArray, probability: FloatArray) -> FloatArray:
    """Return half the squared distance to the truth, per row: 0 is right and sure, 1 is wrong and sure.

    With two classes this is the squared error of the positive class's probability.

    Parameters
    ----------
    truth
        ``(n,)`` class numbers from 0.
    probability
        ``(n, c)``, rows sum to one.
    """
    distance: FloatArray = ((probability - np.eye(probability.shape[1])[truth]) ** 2).sum(axis=1) / 2.0
    return distance


def calibration_error(truth: IndexArray, probability: FloatArray) -> float:
    """Return the expected calibration error: how far stated probabilities are from observed shares.

    For each class, probabilities fall into ten bins of equal width; the gap between their mean and the class's share in
    the bin is averaged, weighted by rows, then over classes (classwise ECE, Kull et al. 2019, arXiv:1910.12656). With
    two classes this is the error of the positive class's probability.

    Parameters
    ----------
    truth
        ``(n,)`` class numbers from 0.
    probability
        ``(n, c)``, rows sum to one.
    """
    rows = np.arange(len(truth))
    return float(calibration_from_gaps(calibration_gaps(truth, probability, rows).sum(axis=0), len(truth)))


def calibration_gaps(truth: IndexArray, probability: FloatArray, group: IndexArray) -> FloatArray:
    """Return, per group of rows, the sum of probability minus outcome in each bin of each class.

    Parameters
    ----------
    truth
        ``(n,)`` class numbers from 0.
    probability
        ``(n, c)``, rows sum to one.
    group
        ``(n,)`` numbers from 0, such as of patients.

    Returns
    -------
    gaps
        ``(groups, c * 10)``: sums over groups and resamples of groups turn into an ECE by `calibration_from_gaps`.
    """
    n_classes = probability.shape[1]
    bins = np.clip(np.ceil(probability * CALIBRATION_BINS).astype(np.intp) - 1, 0, CALIBRATION_BINS - 1)
    cell = np.arange(n_classes) * CALIBRATION_BINS + bins  # (n, c)
    gap = probability - np.eye(n_classes)[truth]
    width = n_classes * CALIBRATION_BINS
    n_groups = int(group.max()) + 1
    place = (group[:, None] * width + cell).ravel()
    sums: FloatArray = np.bincount(place, weights=gap.ravel(), minlength=n_groups * width).astype(np.float64)
    return sums.reshape(n_groups, width)


def calibration_from_gaps(gaps: FloatArray, rows: ArrayLike) -> FloatArray:
    """Turn summed gaps ``(..., c * 10)`` of so many rows into the expected calibration error.

    Parameters
    ----------
    gaps
        ``(..., c * 10)`` sums from `calibration_gaps`.
    rows
        ``(...)`` how many rows were summed; the result is NaN where none were.
    """
    n_classes = gaps.shape[-1] // CALIBRATION_BINS
    return _ratio(np.abs(gaps).sum(axis=-1), np.asarray(rows, dtype=np.float64) * n_classes)


def pool_by_patient(probability: FloatArray, patient: IndexArray, n_patients: int) -> FloatArray:
    """Return each patient's probabilities: the mean logarithm over the patient's rows, normalised again.

    That is the softmax of the mean logit, so that rows count as evidence and one unsure row doesn't outvote the rest.

    Parameters
    ----------
    probability
        ``(n, c)``; zeros are raised to 1e-12 before the logarithm.
    patient
        ``(n,)`` patient numbers; each from 0 to ``n_patients - 1`` must have a row.

    Examples
    --------
    >>> pool_by_patient(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([0, 0]), 1).round(4)
    array([[0.3333, 0.6667]])
    """
    logarithm = np.log(np.maximum(probability, _SMALLEST_PROBABILITY))
    rows = np.bincount(patient, minlength=n_patients)
    lowest = np.full((n_patients, probability.shape[1]), np.inf)
    np.minimum.at(lowest, patient, logarithm)
    # Sums of what rows add to the lowest: patients whose rows all say the same are equal to the last bit, however many rows they have.
    added = (logarithm - lowest[patient]).T
    sums = [np.bincount(patient, weights=column, minlength=n_patients) for column in added]
    mean = lowest + np.stack(sums, axis=1) / rows[:, None]
    weight = np.exp(mean - mean.max(axis=1, keepdims=True))
    pooled: FloatArray = weight / weight.sum(axis=1, keepdims=True)
    return pooled


def _ratio(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """Divide, with NaN where there is nothing to divide by."""
    undefined: FloatArray = np.full(np.broadcast(upper, lower).shape, np.nan)
    return np.divide(upper, lower, out=undefined, where=lower > 0)
