"""Figures of predicted numbers, of all patients or of thousands of resamples at once; an undefined one is NaN."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray

_SAME = 1e-9  # of the spread: predictions that differ by less are equal, as those of a constant model


@dataclass(frozen=True, eq=False)
class Predicted:
    """What models of one repeat said of patients they had not seen.

    Attributes
    ----------
    truth, predicted
        ``(m,)`` measured and predicted numbers.
    training_mean
        ``(m,)`` mean number of the patients that the model was trained on.
    fold
        ``(m,)`` which fold's model predicted.
    """

    truth: FloatArray
    predicted: FloatArray
    training_mean: FloatArray
    fold: IndexArray


def mean_square_error(of: Predicted, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` mean squared errors.

    Parameters
    ----------
    of
        Predictions.
    multiplicity
        ``(r, m)`` how often each patient counts.
    """
    return _mean((of.predicted - of.truth) ** 2, multiplicity)


def root_mean_square_error(of: Predicted, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` root mean squared errors, in the unit of the number.

    Parameters
    ----------
    of, multiplicity
        As in `mean_square_error`.

    Examples
    --------
    >>> one = Predicted(np.array([1.0, 2.0]), np.array([4.0, 6.0]), np.zeros(2), np.zeros(2, int))
    >>> root_mean_square_error(one, np.ones((1, 2))).round(4)
    array([3.5355])
    """
    return np.sqrt(mean_square_error(of, multiplicity))


def mean_absolute_error(of: Predicted, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` mean absolute errors, in the unit of the number.

    Parameters
    ----------
    of, multiplicity
        As in `mean_square_error`.
    """
    return _mean(np.abs(of.predicted - of.truth), multiplicity)


def explained_share(of: Predicted, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` R²: 1 - squared error / that of naming the training patients' mean, which knows nothing of the patient.

    Parameters
    ----------
    of, multiplicity
        As in `mean_square_error`.

    Notes
    -----
    The predictive R² (Q²) of cross-validation; 0 for the mean itself, negative for what is worse.
    """
    reference = _mean((of.training_mean - of.truth) ** 2, multiplicity)
    error = mean_square_error(of, multiplicity)
    ratio = np.divide(error, reference, out=np.full_like(error, np.nan), where=reference > 0)
    return np.asarray(1.0 - ratio)


def spearman_within(of: Predicted, multiplicity: FloatArray) -> FloatArray:
    """Return ``(r,)`` rank correlations of patients that one fold's model predicted, averaged over folds by their patients less one.

    Predictions of different folds come from different models. Across folds even the training mean goes with the number, and against it: what a fold
    tests is missing in its mean.

    Parameters
    ----------
    of, multiplicity
        As in `mean_square_error`.

    References
    ----------
    Spearman 1904, doi 10.2307/1412159; ties share their mean rank.

    Examples
    --------
    >>> value = np.array([1.0, 2.0, 3.0, 4.0])
    >>> one = Predicted(value, value**2, np.zeros(4), np.zeros(4, int))
    >>> spearman_within(one, np.ones((1, 4)))
    array([1.])
    """
    total, weight = np.zeros(len(multiplicity)), np.zeros(len(multiplicity))
    step = _SAME * max(float(np.ptp(of.truth)), 1e-300)
    for number in np.unique(of.fold):
        members = of.fold == number
        drawn = multiplicity[:, members]
        said = _weighted_ranks(np.round(of.predicted[members] / step), drawn)
        correlation = _weighted_correlation(said, _weighted_ranks(of.truth[members], drawn), drawn)
        known = np.isfinite(correlation)
        share = np.where(known, np.maximum(drawn.sum(axis=1) - 1.0, 0.0), 0.0)
        total += share * np.where(known, correlation, 0.0)
        weight += share
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)


def _mean(values: FloatArray, multiplicity: FloatArray) -> FloatArray:
    count = multiplicity.sum(axis=1)
    return np.asarray(
        np.divide(multiplicity @ values, count, out=np.full(len(count), np.nan), where=count > 0)
    )


def _weighted_ranks(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Return ``(r, k)`` mid-ranks of values that count so many times each, up to a constant."""
    below = (values[None, :] < values[:, None]) + 0.5 * (values[None, :] == values[:, None])
    return np.asarray(weight @ below.T)


def _weighted_correlation(first: FloatArray, second: FloatArray, weight: FloatArray) -> FloatArray:
    count = np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
    one, other = (ranks - (weight * ranks).sum(axis=1, keepdims=True) / count for ranks in (first, second))
    product = (weight * one * other).sum(axis=1)
    size = np.sqrt((weight * one**2).sum(axis=1) * (weight * other**2).sum(axis=1))
    return np.asarray(np.divide(product, size, out=np.full_like(product, np.nan), where=size > 1e-12))
