"""Figures of predicted profiles, column by column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

_CONSTANT_WITHIN = 1e-12  # standard deviation over mean: what rounding leaves of a constant


@dataclass(frozen=True, eq=False)
class Skill:
    """How well each column was predicted, ``(g,)`` each; NaN where nothing can be said.

    Attributes
    ----------
    pearson, spearman
        Correlation, and that of ranks.
    explained
        R²: 1 - squared error / variance; below 0 for what is worse than the column's own mean.
    squared_error
        Mean over rows.
    """

    pearson: FloatArray
    spearman: FloatArray
    explained: FloatArray
    squared_error: FloatArray


def pearson_per_column(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return ``(g,)`` Pearson correlations of the columns of two ``(n, g)`` arrays; NaN where a column is constant.

    Parameters
    ----------
    first, second
        ``(n, g)``, of one shape; which is first makes no difference.

    Raises
    ------
    DataError
        The shapes differ.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise DataError(
            f"profiles of shapes {first.shape} and {second.shape}; give two of one shape (rows, columns)"
        )
    (first_centred, first_length), (second_centred, second_length) = _centred(first), _centred(second)
    length = first_length * second_length
    both = np.einsum("ij,ij->j", first_centred, second_centred)
    correlation = np.divide(both, length, out=np.full(length.shape, np.nan), where=length > 0)
    clipped: FloatArray = np.clip(correlation, -1.0, 1.0)
    return clipped


def spearman_per_column(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return ``(g,)`` rank correlations of the columns of two ``(n, g)`` arrays, ties at their mean rank.

    NaN where a column is constant.

    Parameters
    ----------
    first, second
        ``(n, g)``, of one shape; which is first makes no difference.

    Raises
    ------
    DataError
        The shapes differ.
    """
    from scipy.stats import rankdata

    return pearson_per_column(
        *(rankdata(np.where(is_constant(each), 0.0, each), axis=0) for each in (first, second))
    )


def skill_per_column(predicted: FloatArray, measured: FloatArray) -> Skill:
    """Return the skill of predicted values in each column.

    A column that was *measured* constant is NaN in all but the squared error: nothing can be said. One that is *predicted*
    constant has correlation 0: it orders nothing.

    Parameters
    ----------
    predicted, measured
        ``(n, g)``, of one shape.
    """
    error = np.mean((measured - predicted) ** 2, axis=0)
    explained = 1.0 - np.divide(
        error, measured.var(axis=0), out=np.full(error.shape, np.nan), where=~is_constant(measured)
    )
    return Skill(
        pearson=no_order_is_none(pearson_per_column(predicted, measured), measured),
        spearman=no_order_is_none(spearman_per_column(predicted, measured), measured),
        explained=explained,
        squared_error=error,
    )


def no_order_is_none(correlation: FloatArray, measured: FloatArray) -> FloatArray:
    """Return correlations ``(g,)`` with 0 where only the prediction is constant, NaN where the measurement is.

    Parameters
    ----------
    correlation
        ``(g,)``; NaN where prediction or measurement is constant.
    measured
        ``(n, g)``.
    """
    ruled: FloatArray = np.where(is_constant(measured), np.nan, np.nan_to_num(correlation))
    return ruled


def is_constant(values: FloatArray) -> NDArray[np.bool_]:
    """Return which columns of ``(n, g)`` hold one value, but for rounding."""
    flat: NDArray[np.bool_] = _centred(values)[1] == 0
    return flat


def _centred(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return columns less their mean, and their lengths ``(g,)``: 0 where rounding alone makes a column vary."""
    mean = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
    centred = values - mean
    length = np.sqrt(np.einsum("ij,ij->j", centred, centred))
    rounding = _CONSTANT_WITHIN * np.sqrt(len(values)) * np.abs(mean)
    return centred, np.where(length > rounding, length, 0.0)
