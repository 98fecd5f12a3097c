"""The AUC of a model that is trained on more patients: an inverse power law, and how sure it is.

The law is that of the distance d between the classes' scores, AUC = Φ(d / √2): 1/d² = a + b n^-c. With c = 1 it is what a linear discriminant of so many training patients reaches; the AUC
itself is convex in n where patients are few, and a power law of the AUC forecast less than half of what more patients add there (docs/measured/studies.md).

References
----------
Raudys & Jain 1991, IEEE Trans. Pattern Anal. Mach. Intell. 13:252, doi 10.1109/34.75512: the distance that so many training rows reach. Mukherjee et al. 2003, J. Comput. Biol. 10:119,
doi 10.1089/106652703321825928: inverse power laws of learning curves. Figueroa et al. 2012, BMC Med. Inform. Decis. Mak. 12:8, doi 10.1186/1472-6947-12-8: weighted fits of them.
"""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

_LEAST_ERROR = 1e-4
_LOWEST, _HIGHEST = 0.505, 0.999
_SHARES, _RATES = np.meshgrid(np.linspace(0.0, 0.99, 34), np.linspace(0.5, 1.0, 6))


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Many inverse power laws at once, each as likely as it fits.

    Attributes
    ----------
    sizes, auc, standard_error
        ``(k,)`` training patients, measured AUC, and how sure its difference from the last one is.
    limited, rates, weights
        ``(g,)`` which share of 1/d² at the last size is b n^-c, so that more patients take it away; c; and how likely both are.
    """

    sizes: FloatArray
    auc: FloatArray
    standard_error: FloatArray
    limited: FloatArray
    rates: FloatArray
    weights: FloatArray

    def gain(self, times: float, auc: float) -> tuple[float, float]:
        """Return by how much an AUC rises with so many times the training patients, and the standard error of that.

        Parameters
        ----------
        times
            As many as at the last size; below 1 it falls.
        auc
            At the last size.
        """
        gains = _reached(auc, times, self.limited, self.rates) - auc
        mean = float(self.weights @ gains)
        return mean, float(np.sqrt(self.weights @ (gains - mean) ** 2))


def fit_learning_curve(sizes: FloatArray, auc: FloatArray, standard_error: FloatArray) -> LearningCurve:
    """Fit inverse power laws that never fall.

    Parameters
    ----------
    sizes
        ``(k,)`` training patients, ascending, three different ones or more.
    auc
        ``(k,)`` measured.
    standard_error
        ``(k,)`` of each one's difference from the last.

    Raises
    ------
    DataError
        Fewer than three sizes.
    """
    if len(set(sizes.tolist())) < 3:
        raise DataError(
            "a learning curve needs three numbers of training patients or more; give a pilot of more patients"
        )
    limited, rates = _SHARES.ravel(), _RATES.ravel()
    misfit = np.zeros(len(rates))
    for size, measured, error in zip(sizes[:-1], auc[:-1], standard_error[:-1], strict=True):
        expected = _reached(float(auc[-1]), float(size / sizes[-1]), limited, rates)
        misfit += ((measured - expected) / max(float(error), _LEAST_ERROR)) ** 2
    likely = np.exp(-(misfit - misfit.min()) / 2)
    return LearningCurve(sizes, auc, standard_error, limited, rates, likely / likely.sum())


def _reached(auc: float, times: float, limited: FloatArray, rates: FloatArray) -> FloatArray:
    """Return the AUC with so many times the training patients; one at chance stays there."""
    from scipy.special import ndtr, ndtri

    if auc <= _LOWEST:
        return np.full(len(rates), auc)
    distance = ndtri(min(auc, _HIGHEST)) / np.sqrt(1.0 - limited + limited * times**-rates)
    reached: FloatArray = ndtr(distance) + (auc - min(auc, _HIGHEST))
    return reached
