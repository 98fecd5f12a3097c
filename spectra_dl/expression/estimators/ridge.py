"""Linear maps in closed form: ridge regression, its penalty chosen inside the training sections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray

# Of the mean squared length of a row: from nearly no to nearly complete shrinkage.
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True, eq=False)
class LinearMap:
    """``y = x @ weight + bias``.

    Attributes
    ----------
    weight, bias
        ``(d, g)`` and ``(g,)``.
    """

    weight: FloatArray
    bias: FloatArray

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return ``(n, g)`` for ``rows`` (n, d)."""
        predicted: FloatArray = rows @ self.weight + self.bias
        return predicted


class RidgePath:
    """Ridge regression for several penalties (Hoerl & Kennard 1970, doi 10.1080/00401706.1970.10488634).

    The smaller of two systems is solved: one equation for each input, or, in its dual form, one for each row. Its matrix
    is the same for every penalty but for the diagonal, and so is all that depends on the number of targets but one solution.

    Parameters
    ----------
    rows
        ``(n, d)`` inputs; they are centred here.
    targets
        ``(n, g)``, centred here.
    """

    def __init__(self, rows: FloatArray, targets: FloatArray) -> None:
        self._centre, self._mean = rows.mean(axis=0), targets.mean(axis=0)
        self._inputs = rows - self._centre
        self._dual = self._inputs.shape[1] > self._inputs.shape[0]
        if self._dual:
            self._matrix, self._right = self._inputs @ self._inputs.T, targets - self._mean
        else:
            self._matrix = self._inputs.T @ self._inputs
            self._right = self._inputs.T @ (targets - self._mean)
        self.scale = float(np.trace(self._matrix)) / len(rows)

    def at(self, penalty: float) -> LinearMap:
        """Return the map with ``penalty`` on the squared weights, above 0."""
        solved = _solved(self._matrix, penalty, self._right)
        weight = self._inputs.T @ solved if self._dual else solved
        return LinearMap(weight, self._mean - self._centre @ weight)

    def predictions(self, rows: FloatArray, penalties: Iterable[float]) -> Iterator[FloatArray]:
        """Yield what the map of each penalty says of other rows, sooner than by way of its weights.

        Parameters
        ----------
        rows
            ``(m, d)``.
        penalties
            Each above 0.

        Yields
        ------
        ndarray
            ``(m, g)``.
        """
        centred = rows - self._centre
        link = centred @ self._inputs.T if self._dual else centred
        fewer_rows = len(link) < self._right.shape[1]  # than targets: then the system is solved for the rows
        for penalty in penalties:
            if fewer_rows:
                predicted = _solved(self._matrix, penalty, link.T).T @ self._right
            else:
                predicted = link @ _solved(self._matrix, penalty, self._right)
            yield predicted + self._mean


def _solved(matrix: FloatArray, penalty: float, right: FloatArray) -> FloatArray:
    """Return ``(matrix + penalty I)^-1 right`` of a positive semidefinite matrix, by its Cholesky factor."""
    # Imported here: a registry of names needs no linear algebra.
    from scipy.linalg.blas import dtrsm
    from scipy.linalg.lapack import dpotrf

    shifted = matrix.copy()
    shifted.flat[:: len(matrix) + 1] += penalty
    factor, failed = dpotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
    if failed:  # a pivot isn't positive: the penalty lies below what rounding has left of the matrix
        values, vectors = np.linalg.eigh(matrix)
        resolved = values + penalty > values[-1] * len(matrix) * np.finfo(np.float64).eps
        inverse = np.divide(1.0, values + penalty, where=resolved, out=np.zeros_like(values))
        return np.asarray(vectors @ (inverse[:, None] * (vectors.T @ right)))
    # The transposed system, whose right side lies in memory as LAPACK wants it.
    turned = np.array(right.T, order="F")
    for transposed in (1, 0):
        turned = dtrsm(1.0, factor, turned, side=1, lower=1, trans_a=transposed, overwrite_b=1)
    return np.asarray(turned.T)


def fit_ridge(
    rows: FloatArray, targets: FloatArray, group: TextArray, *, penalty: float | None = None
) -> tuple[LinearMap, float]:
    """Return the ridge map and its relative penalty.

    Parameters
    ----------
    rows, targets
        ``(n, d)``, ``(n, g)`` of training spots.
    group
        ``(n,)`` section of each; the penalty with the highest mean correlation on left-out sections is chosen.
    penalty
        Relative to the mean squared length of a row around the rows' mean; None chooses among `PENALTIES`.
    """
    if penalty is None:
        penalty = _choose(rows, targets, group)
    path = RidgePath(rows, targets)
    return path.at(_absolute(path, penalty)), penalty


def _absolute(path: RidgePath, penalty: float) -> float:
    return max(penalty * path.scale, 1e-12)


def _choose(rows: FloatArray, targets: FloatArray, group: TextArray) -> float:
    from spectra_dl.evaluation.profiles.metrics import pearson_per_column

    names = sorted(set(group))
    if len(names) < 2:
        return PENALTIES[len(PENALTIES) // 2]
    total = np.zeros(len(PENALTIES))
    for name in names:
        left_out = group == name
        path = RidgePath(rows[~left_out], targets[~left_out])
        penalties = [_absolute(path, penalty) for penalty in PENALTIES]
        for at, predicted in enumerate(path.predictions(rows[left_out], penalties)):
            total[at] += np.nan_to_num(pearson_per_column(predicted, targets[left_out])).mean()
    return PENALTIES[int(total.argmax())]
