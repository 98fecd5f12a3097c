"""The AUC of a model that is trained on more patients: an inverse power law, and how sure it is.

References
----------
Mukherjee et al. 2003, J. Comput. Biol. 10:119, doi 10.1089/106652703321825928: inverse power laws of learning curves. Figueroa et al. 2012, BMC Med. Inform. Decis. Mak. 12:8,
doi 10.1186/1472-6947-12-8: weighted fits of them.
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

# Error falls no sooner than with the inverse of the number of patients, once a model has no more to gain than precision.
_RATES = np.linspace(0.3, 1.0, 15)


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """AUC = a - b n^-c over training patients, for many rates c at once, each as likely as its fit is good.

    Attributes
    ----------
    sizes, auc, standard_error
        ``(k,)`` training patients, measured AUC, and how sure the measurement is beside the pilot's own patients.
    rates, weights
        ``(r,)`` values of c and how likely each is.
    plateau, drop
        ``(r,)`` a and b.
    covariance
        ``(r, 2, 2)`` of a and b.
    """

    sizes: FloatArray
    auc: FloatArray
    standard_error: FloatArray
    rates: FloatArray
    weights: FloatArray
    plateau: FloatArray
    drop: FloatArray
    covariance: FloatArray

    def at(self, patients: float) -> float:
        """Return the AUC with so many training patients."""
        return float(self.weights @ self._by_rate(patients))

    def gain(self, patients: float, more: float) -> tuple[float, float]:
        """Return by how much the AUC rises from so many training patients to more, and the standard error of that.

        Parameters
        ----------
        patients, more
            Training patients before and after.
        """
        shrinks = patients**-self.rates - more**-self.rates
        gains = self._by_rate(more) - self._by_rate(patients)
        mean = float(self.weights @ gains)
        spread = self.weights @ ((gains - mean) ** 2 + shrinks**2 * self.covariance[:, 1, 1])
        return mean, float(np.sqrt(spread))

    def _by_rate(self, patients: float) -> FloatArray:
        values: FloatArray = np.clip(self.plateau - self.drop * patients**-self.rates, 0.0, 1.0)
        return values


def fit_learning_curve(sizes: FloatArray, auc: FloatArray, standard_error: FloatArray) -> LearningCurve:
    """Fit inverse power laws that never fall.

    Parameters
    ----------
    sizes
        ``(k,)`` training patients, three different ones or more.
    auc
        ``(k,)`` measured.
    standard_error
        ``(k,)`` of each, above 0.

    Raises
    ------
    DataError
        Fewer than three sizes.
    """
    if len(set(sizes.tolist())) < 3:
        raise DataError(
            "a learning curve needs three numbers of training patients or more; give a pilot of more patients"
        )
    weight = 1.0 / np.maximum(standard_error, 1e-4) ** 2
    fits = [_fitted(sizes, auc, weight, rate) for rate in _RATES]
    misfit = np.array([each[0] for each in fits])
    likely = np.exp(-(misfit - misfit.min()) / 2)
    parameters = np.array([each[1] for each in fits])
    covariance = np.array([each[2] for each in fits])
    return LearningCurve(
        sizes,
        auc,
        standard_error,
        _RATES,
        likely / likely.sum(),
        parameters[:, 0],
        parameters[:, 1],
        covariance,
    )


def _fitted(
    sizes: FloatArray, auc: FloatArray, weight: FloatArray, rate: float
) -> tuple[float, FloatArray, FloatArray]:
    """Return misfit, (a, b) and their covariance at one rate; b is not negative and a not above 1."""
    from scipy.optimize import lsq_linear

    root = np.sqrt(weight)
    design = np.stack([np.ones_like(sizes), -(sizes**-rate)], axis=1) * root[:, None]
    found = lsq_linear(design, auc * root, bounds=([0.0, 0.0], [1.0, np.inf]))
    covariance = np.linalg.pinv(design.T @ design).astype(np.float64)
    return 2 * float(found.cost), found.x, covariance
