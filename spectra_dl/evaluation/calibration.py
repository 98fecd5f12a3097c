"""Make stated probabilities honest: one temperature, fitted on patients the model never saw."""

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.evaluation.arrays import FloatArray, IndexArray

_RANGE = (0.05, 20.0)  # beyond these the logits carry no information or nothing contradicts them


def fit_temperature(logits: FloatArray, truth: IndexArray) -> float:
    """Return the temperature that makes ``softmax(logits / temperature)`` most likely.

    Above 1 the model was too sure. It changes no ranking and, with one temperature for all classes, no decision.

    Parameters
    ----------
    logits
        ``(m, c)``, one row per out-of-fold patient (the mean logit over the patient's spectra).
    truth
        ``(m,)`` class numbers.

    Returns
    -------
    temperature
        Between 0.05 and 20; the lower end where every patient is classified rightly.

    Raises
    ------
    DataError
        Shapes disagree, there are no rows, or a logit is not finite.

    Notes
    -----
    Guo et al. 2017, arXiv:1706.04599. The likelihood is concave in 1 / temperature, so the minimum is the only one.

    Examples
    --------
    >>> logits = np.array([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    >>> round(fit_temperature(logits, np.array([0, 0, 1, 1])), 2)  # right three times of four: log 3 = 4 / T
    3.64
    """
    from scipy.optimize import minimize_scalar

    if logits.ndim != 2 or logits.shape[0] != len(truth) or not len(truth):
        raise DataError(f"logits of shape {logits.shape} for {len(truth)} patients; give (patients, classes)")
    if not np.all(np.isfinite(logits)):
        raise DataError("a logit is not finite; the model diverged, train it anew before calibrating")
    rows = np.arange(len(truth))

    def surprise(inverse: float) -> float:
        scaled = logits * inverse
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return float(np.mean(total - scaled[rows, truth]))

    lowest, highest = 1.0 / _RANGE[1], 1.0 / _RANGE[0]
    best = minimize_scalar(surprise, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-9})
    return float(1.0 / best.x)
