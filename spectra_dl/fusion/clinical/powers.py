"""Skewed numeric columns, such as PSA or CRP, brought nearer to a normal distribution before anything linear is fitted to them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray

#: Between these exponents lie the logarithm (0), the square root (.5) and the reciprocal (-1).
SMALLEST_POWER, LARGEST_POWER = -2.0, 2.0
_SKEWED, _FEWEST = 1.0, 8
_FARTHEST = 1e6  # medians: beyond, powers of 2 would outgrow every weight


@dataclass(frozen=True, eq=False)
class ColumnPowers:
    """Yeo-Johnson powers of columns; 1 leaves a column as it is.

    Attributes
    ----------
    scale
        ``(q,)`` float64 above 0: what a value is divided by first, so that units change nothing.
    exponent
        ``(q,)`` float64 from -2 to 2.
    """

    scale: FloatArray
    exponent: FloatArray

    @classmethod
    def none(cls, columns: int) -> Self:
        """Return powers that leave every column as it is.

        Parameters
        ----------
        columns
            How many.
        """
        return cls(np.ones(columns), np.ones(columns))

    def __getitem__(self, columns: IndexArray | NDArray[np.bool_], /) -> "ColumnPowers":
        return ColumnPowers(self.scale[columns], self.exponent[columns])

    def transform(self, matrix: FloatArray) -> FloatArray:
        """Return columns ``(n, q)`` with their powers taken; NaN stays.

        Notes
        -----
        Yeo & Johnson 2000, doi 10.1093/biomet/87.4.954.

        Examples
        --------
        >>> ColumnPowers(np.array([4.0]), np.array([0.0])).transform(np.array([[0.0], [4.0], [np.nan]])).round(3).tolist()
        [[0.0], [0.693], [nan]]
        """
        from scipy.stats import yeojohnson

        powered = matrix.copy()
        for at in np.flatnonzero(self.exponent != 1):
            ratio = _in_medians(matrix[:, at], self.scale[at])
            powered[:, at] = yeojohnson(ratio, lmbda=float(self.exponent[at])) if len(ratio) else ratio
        return powered


def fit_powers(matrix: FloatArray, numeric: NDArray[np.bool_]) -> ColumnPowers:
    """Fit powers to the numeric columns whose known values are skewed, by maximum likelihood.

    Parameters
    ----------
    matrix
        ``(n, q)`` of training patients, NaN where missing.
    numeric
        ``(q,)`` whether a column holds numbers rather than levels.

    Examples
    --------
    >>> psa = np.exp(np.linspace(-2.0, 2.0, 41))
    >>> fit_powers(np.stack([psa, np.arange(41.0)], axis=1), np.array([True, True])).exponent.round(2).tolist()
    [-0.65, 1.0]
    """
    from scipy.stats import skew
    from sklearn.preprocessing import PowerTransformer

    powers = ColumnPowers.none(len(numeric))
    for at in np.flatnonzero(numeric):
        known = matrix[~np.isnan(matrix[:, at]), at]
        if len(known) < _FEWEST or np.ptp(known) == 0 or not abs(skew(known / np.abs(known).max())) > _SKEWED:
            continue
        scale = float(np.median(np.abs(known[known != 0])))
        fitted = PowerTransformer(standardize=False).fit(_in_medians(known, scale)[:, None])
        powers.scale[at] = scale
        powers.exponent[at] = np.clip(fitted.lambdas_[0], SMALLEST_POWER, LARGEST_POWER)
    return powers


def _in_medians(column: FloatArray, scale: float) -> FloatArray:
    with np.errstate(over="ignore"):  # a median near 0 sends values to infinity, which is then cut as well
        return np.clip(column / scale, -_FARTHEST, _FARTHEST)
