"""What a further spectrum of the same patient is worth, beside a further patient: variance components of scores.

References
----------
Searle, Casella & McCulloch 1992, Variance Components, doi 10.1002/9780470316856: the analysis of variance of unequal groups. Donner 1986, Int. Stat. Rev. 54:67,
doi 10.2307/1403259: the intraclass correlation.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray


@dataclass(frozen=True)
class VarianceComponents:
    """How scores vary between patients of a class and between spectra of a patient.

    Attributes
    ----------
    between, within
        Variances, of logits.
    distance
        Of the two classes' means.
    spectra
        Mean number of spectra per patient in the pilot.
    """

    between: float
    within: float
    distance: float
    spectra: float

    @property
    def correlation(self) -> float:
        """The intraclass correlation: how alike two spectra of a patient are."""
        total = self.between + self.within
        return self.between / total if total > 0 else 1.0

    def auc_at(self, spectra: float) -> float:
        """Return the patient AUC with so many spectra per patient, of scores that are normal in both classes; infinity is allowed."""
        from scipy.special import ndtr

        spread = self.between + self.within / spectra
        return float(ndtr(self.distance / math.sqrt(2 * max(spread, 1e-12))))


def variance_components(
    logit: FloatArray, patient: IndexArray, positive: NDArray[np.bool_]
) -> VarianceComponents | None:
    """Return the variance components of scores within classes; None where no patient has several spectra.

    Parameters
    ----------
    logit
        ``(n,)`` score of each spectrum.
    patient
        ``(n,)`` number of each spectrum's patient, from 0.
    positive
        ``(n,)`` whether it is of the positive class.
    """
    count = np.bincount(patient).astype(np.float64)
    if count.max() < 2 or len(count) < 4:
        return None
    mean = np.bincount(patient, logit) / count
    of_class = np.bincount(patient, positive) / count > 0.5
    within = float(((logit - mean[patient]) ** 2).sum() / (len(logit) - len(count)))
    squares, freedom, scale, means = 0.0, 0, 0.0, []
    for side in (of_class, ~of_class):
        weight, value = count[side], mean[side]
        centre = float(weight @ value / weight.sum())
        squares += float(weight @ (value - centre) ** 2)
        freedom += int(side.sum()) - 1
        scale += float(weight.sum() - (weight**2).sum() / weight.sum())
        means.append(float(value.mean()))
    if freedom < 2 or scale <= 0:
        return None
    between = max(0.0, (squares - freedom * within) / scale)
    return VarianceComponents(between, within, means[0] - means[1], float(count.mean()))
