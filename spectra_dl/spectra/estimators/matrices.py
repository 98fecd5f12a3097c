"""Matrices and data frames as scikit-learn's callers give them, checked for every estimator in one place."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from spectra_dl.arrays import FloatArray, IndexArray, unmasked
from spectra_dl.errors import DataError
from spectra_dl.spectra.frames import column_axis
from spectra_dl.spectra.preprocessing.resampling import same_axis
from spectra_dl.spectra.table import SpectraTable


class CheckedEstimator(BaseEstimator):
    """An estimator whose rows are checked, and that is fitted when it has learnt, not when it has begun to.

    Attributes
    ----------
    n_features_in_
        Columns of X.
    feature_names_in_
        Names of the columns it was fitted on, if they were texts.
    """

    _learnt: ClassVar[str]  # the attribute that `fit` sets last
    n_features_in_: int

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, self._learnt)

    def _matrix(
        self, X: Any, *, reset: bool, least_features: int = 1, axis: FloatArray | None = None
    ) -> FloatArray:
        """Return checked rows ``(n, p)``; ``reset`` when fitting. See `checked_matrix`."""
        if not reset:
            check_is_fitted(self)
        return checked_matrix(self, X, reset=reset, least_features=least_features, axis=axis)

    def _rows(self, X: Any, *, reset: bool) -> Any:
        """Return checked rows for an estimator inside: tables and data frames as they are, since it may look at their axis."""
        if not isinstance(X, SpectraTable):
            matrix = self._matrix(X, reset=reset)
            return X if hasattr(X, "columns") else matrix
        if not reset:
            check_is_fitted(self)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.n_features_in_ = X.wavenumber.size
        return X


def rows_at(rows: Any, index: IndexArray) -> Any:
    """Return rows by number, of a matrix, a table or a data frame.

    Parameters
    ----------
    rows
        ``n`` rows.
    index
        ``(k,)`` their numbers.
    """
    return rows.iloc[index] if hasattr(rows, "iloc") else rows[index]


def checked_matrix(
    estimator: Any, X: Any, *, reset: bool, least_features: int = 1, axis: FloatArray | None = None
) -> FloatArray:
    """Return rows as finite float64 numbers, and keep or compare how many features there are and what they are called.

    Parameters
    ----------
    estimator
        Gets ``n_features_in_``, and ``feature_names_in_`` where the columns of a data frame are texts.
    X
        ``(n, p)`` array, list or data frame. A masked cell is a missing one.
    reset
        Whether the estimator is being fitted; else X is compared with what it was fitted on.
    least_features
        So many there must be.
    axis
        ``(p,)`` wavenumbers that the columns are, for messages; None where they are no spectra.

    Returns
    -------
    ndarray
        ``(n, p)`` float64.

    Raises
    ------
    DataError
        X is sparse, has another shape than ``(n, p)``, misses values, or differs from what the estimator was fitted on.
    """
    if hasattr(X, "toarray"):
        raise DataError("X is a sparse matrix; spectra are dense: give X.toarray()")
    try:
        matrix = check_array(
            unmasked(X),
            dtype=np.float64,
            ensure_all_finite=False,
            ensure_min_features=least_features,
            input_name="X",
            estimator=estimator,
        )
        if not _known_by_axis(estimator, X, reset=reset):
            named = X if hasattr(X, "columns") else matrix
            validate_data(estimator, named, reset=reset, skip_check_array=True)
    except (TypeError, ValueError) as err:
        if isinstance(err, TypeError) and "argument must be" in str(err):
            raise  # a cell that no number can be made of, which scikit-learn wants to be a TypeError
        text = "could not convert" in str(err)
        remedy = "X holds text where numbers belong; use for instance pandas.to_numeric: " if text else ""
        raise DataError(f"{remedy}{err}") from err
    _refuse_gaps(matrix, axis)
    return np.asarray(matrix, dtype=np.float64)


def frame_axis(X: Any) -> FloatArray | None:
    """Return the wavenumbers that a data frame's columns are; None for other columns and for what is no data frame.

    Raises
    ------
    DataError
        Some columns are wavenumbers and others are not, or they have another unit than cm⁻¹.
    """
    return column_axis(X.columns) if hasattr(X, "columns") else None


def require_same_axis(columns: FloatArray, wavenumber: FloatArray) -> None:
    """Refuse columns that are no axis, other wavenumbers than the axis, or the same in another order.

    Parameters
    ----------
    columns
        ``(q,)`` in cm⁻¹, as the data frame has them.
    wavenumber
        ``(p,)`` ascending, in cm⁻¹; the columns themselves where no other axis is known.

    Raises
    ------
    DataError
        They differ by more than a thousandth of a step and more than their own rounding, or number the columns from 0 or 1.
    """
    known = columns is not wavenumber
    if known and (same_axis(columns, wavenumber) or _rounded(columns, wavenumber)):
        return
    remedy = "name the columns by the axis, or give plain numbers with X.to_numpy() if you are sure of their places"
    if columns.size > 1 and bool(np.all(np.diff(columns) == 1)) and columns[0] in (0, 1):
        raise DataError(
            f"X numbers its columns {columns[0]:g} to {columns[-1]:g}, which are no wavenumbers; {remedy}"
        )
    if known and same_axis(np.sort(columns), wavenumber):
        raise DataError(
            "X has the axis' wavenumbers as columns, but in another order; put them in order, for instance X[sorted(X.columns, key=float)]"
        )
    if known:
        raise DataError(
            f"X has {_described(columns)} as columns, the model's axis has {_described(wavenumber)}; "
            f"{_first_difference(columns, wavenumber)}{remedy}"
        )


def _rounded(columns: FloatArray, wavenumber: FloatArray) -> bool:
    """Return whether the columns are the axis in fewer digits, which still distinguish its points."""
    if columns.shape != wavenumber.shape or columns.size < 2:
        return False
    digits = max(len(np.format_float_positional(value, trim="-").partition(".")[2]) for value in columns)
    half = 0.5 * 10.0**-digits
    finest = float(np.diff(wavenumber).min())
    return 4 * half <= finest and bool(np.all(np.abs(columns - wavenumber) <= half * (1 + 1e-6)))


def _described(axis: FloatArray) -> str:
    return f"{axis.size} wavenumbers from {axis[0]:g} to {axis[-1]:g} cm⁻¹" if axis.size else "none"


def _first_difference(columns: FloatArray, wavenumber: FloatArray) -> str:
    if columns.size != wavenumber.size:
        return ""
    at = int(np.argmax(np.abs(columns - wavenumber) > 1e-9 * np.abs(wavenumber)))
    return f"column {at + 1} is {columns[at]:.10g}, not {wavenumber[at]:.10g}; "


def _known_by_axis(estimator: Any, X: Any, *, reset: bool) -> bool:
    """Return whether both X and what the estimator was fitted on name their columns by wavenumbers, in whatever spelling.

    Then the axes have been compared, and the spelling of the names makes no difference.
    """
    if reset or not hasattr(estimator, "wavenumber_") or frame_axis(X) is None:
        return False
    names = getattr(estimator, "feature_names_in_", None)
    return names is None or column_axis(names) is not None


def _refuse_gaps(matrix: FloatArray, axis: FloatArray | None) -> None:
    finite = np.isfinite(matrix)
    if finite.all():
        return
    row, column = map(int, np.argwhere(~finite)[0])
    place = (
        f"column {column + 1}" if axis is None or axis.size != matrix.shape[1] else f"{axis[column]:g} cm⁻¹"
    )
    bad = int(np.count_nonzero(~finite.all(axis=1)))
    raise DataError(
        f"X holds missing or infinite values (NaN, inf, masked): {bad} of {len(matrix)} rows, the first in row {row + 1} at {place}; "
        "leave these rows out or cut this part of the axis off"
    )
