"""From a classifier's distances to probabilities, by a curve that never reverses what the classifier says."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.estimators.labels import Labels


def rising_curve(distance: FloatArray, label: Labels) -> LogisticRegression:
    """Return the logistic curve (Platt 1999) of distances in which none makes its own class less likely.

    Where few patients would have a class the less likely the larger its own distance, this distance is left out: the curve would
    reverse what the classifier says of new patients.

    Parameters
    ----------
    distance
        ``(n, 1)`` of the second of two classes, or ``(n, c)`` of each, from classifiers that never saw the patient.
    label
        ``(n,)`` classes.
    """
    kept = np.ones(distance.shape[1], dtype=bool)
    while True:
        # A column of zeros gets a slope of exactly zero.
        curve = LogisticRegression(C=1e3, max_iter=1000).fit(np.where(kept, distance, 0.0), label)
        falling = np.diag(curve.coef_) < 0
        if not falling.any():
            return curve
        kept &= ~falling
