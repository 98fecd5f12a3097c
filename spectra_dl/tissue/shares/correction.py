"""From how often classes were predicted to how often they occur: adjusted classify and count.

With two classes it is the estimator of Rogan and Gladen (Am J Epidemiol 1978, 107:71), with more the adjusted count of Forman (Data Min Knowl Disc 2008, 17:164):
what was predicted is the true composition times the confusion matrix, solved by least squares among compositions.
"""

import numpy as np

from spectra_dl.arrays import FloatArray

_SUM_TO_ONE = 1e3  # weight of the row that makes shares sum to 1
_WORST_CONDITION = 20.0  # of a confusion matrix: an error in what was predicted grows by as much at most


def corrected_composition(predicted: FloatArray, confusion: FloatArray) -> FloatArray:
    """Return the compositions ``(b, c)`` that explain best what was predicted; NaN where the confusion matrix does not tell the classes apart.

    Parameters
    ----------
    predicted
        ``(b, c)`` shares of the predicted classes, each row summing to 1; resampled ones may lie a little outside 0 to 1.
    confusion
        ``(b, c, c)`` or ``(c, c)``: of images of the class of a row, the share that is predicted as the class of a column.

    Examples
    --------
    >>> confusion = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> corrected_composition(np.array([[0.62, 0.38]]), confusion).round(3).tolist()
    [[0.6, 0.4]]
    """
    from scipy.optimize import nnls

    count, width = predicted.shape
    forward = np.swapaxes(np.broadcast_to(confusion, (count, width, width)), 1, 2)
    solution = np.full((count, width), -1.0)
    solvable = np.linalg.cond(forward) <= _WORST_CONDITION
    if solvable.any():
        solution[solvable] = np.linalg.solve(forward[solvable], predicted[solvable, :, np.newaxis])[..., 0]
    for row in np.flatnonzero(solvable & (solution < 0).any(axis=1)):
        system = np.vstack([forward[row], np.full(width, _SUM_TO_ONE)])
        solution[row], _ = nnls(system, np.append(predicted[row], _SUM_TO_ONE))
    solution[~solvable] = np.nan
    composition: FloatArray = solution / solution.sum(axis=1, keepdims=True)
    return composition
