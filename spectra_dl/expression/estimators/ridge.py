"""Linear maps in closed form: ridge regression, its penalty chosen inside the training sections."""

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
    """Ridge regression for any penalty after one decomposition (Hoerl & Kennard 1970, doi 10.1080/00401706.1970.10488634).

    Parameters
    ----------
    rows
        ``(n, d)`` inputs; they are centred here.
    targets
        ``(n, g)``, centred here.
    """

    def __init__(self, rows: FloatArray, targets: FloatArray) -> None:
        self._centre, self._mean = rows.mean(axis=0), targets.mean(axis=0)
        centred, centred_targets = rows - self._centre, targets - self._mean
        self._wide = centred.shape[1] > centred.shape[0]
        self._inputs = centred
        gram = centred @ centred.T if self._wide else centred.T @ centred
        values, self._vectors = np.linalg.eigh(gram)
        self._values = np.maximum(values, 0.0)
        self._projected = self._vectors.T @ (centred_targets if self._wide else centred.T @ centred_targets)
        self.scale = float(np.einsum("ij,ij->", centred, centred)) / len(rows)

    def at(self, penalty: float) -> LinearMap:
        """Return the map with ``penalty`` on the squared weights, above 0."""
        solved = self._vectors @ (self._projected / (self._values + penalty)[:, None])
        weight = self._inputs.T @ solved if self._wide else solved
        return LinearMap(weight, self._mean - self._centre @ weight)


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
        for at, penalty in enumerate(PENALTIES):
            predicted = path.at(_absolute(path, penalty))(rows[left_out])
            total[at] += np.nan_to_num(pearson_per_column(predicted, targets[left_out])).mean()
    return PENALTIES[int(total.argmax())]
