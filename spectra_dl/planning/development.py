"""How many patients the development of a model of two classes needs, after Riley et al.

References
----------
Riley et al. 2020, BMJ 368:m441, doi 10.1136/bmj.m441: the criteria. Riley et al. 2019, Stat. Med. 38:1276, doi 10.1002/sim.7992: their derivation.
Riley, Van Calster & Collins 2021, Stat. Med. 40:859, doi 10.1002/sim.8806: the Cox-Snell R² of a C statistic.
"""

import math
from dataclasses import dataclass

import numpy as np

from spectra_dl.errors import UsageError

_SHRINKAGE = 0.9
_DIFFERENCE = 0.05  # of apparent and adjusted Nagelkerke's R²
_MARGIN = 0.05  # of the overall risk
_Z = 1.96  # as the published program has it
_NODES = 120


@dataclass(frozen=True)
class DevelopmentSize:
    """How many patients each criterion asks for.

    Attributes
    ----------
    parameters
        Of the model.
    prevalence
        Share of patients with the positive class.
    r_squared
        Cox-Snell's R² that is expected of the model.
    shrinkage
        Patients so that predictions need to be shrunk by a tenth at most.
    optimism
        Patients so that apparent and adjusted R² differ by .05 at most.
    overall_risk
        Patients so that the prevalence is known within .05.
    """

    parameters: int
    prevalence: float
    r_squared: float
    shrinkage: int
    optimism: int
    overall_risk: int

    @property
    def patients(self) -> int:
        """What all criteria ask for."""
        return max(self.shrinkage, self.optimism, self.overall_risk)


def development_size(r_squared: float, prevalence: float, parameters: int) -> DevelopmentSize:
    """Return how many patients a model needs by each criterion.

    Parameters
    ----------
    r_squared
        Cox-Snell's R², adjusted for optimism.
    prevalence
        Share of patients with the positive class, from 0 to 1.
    parameters
        How many the model has, 1 or more.

    Raises
    ------
    UsageError
        Such an R² is impossible at this prevalence.

    Examples
    --------
    >>> development_size(0.288, 0.174, 24).patients
    662
    """
    if not 0 < prevalence < 1 or parameters < 1:
        raise UsageError(
            f"prevalence {prevalence}, parameters {parameters}: a share from 0 to 1, and 1 parameter or more"
        )
    null = prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence)
    highest = 1 - math.exp(2 * null)
    if not 0 < r_squared < min(highest, _SHRINKAGE):
        raise UsageError(
            f"R² of {r_squared:.3g}: at a prevalence of {prevalence:.3g} it lies between 0 and {min(highest, _SHRINKAGE):.3g}"
        )
    needed = r_squared / (r_squared + _DIFFERENCE * highest)
    return DevelopmentSize(
        parameters,
        prevalence,
        r_squared,
        _at_shrinkage(r_squared, parameters, _SHRINKAGE),
        _at_shrinkage(r_squared, parameters, needed),
        math.ceil((_Z / _MARGIN) ** 2 * prevalence * (1 - prevalence)),
    )


def r_squared_of(auc: float, prevalence: float) -> float:
    """Return the Cox-Snell R² of a model whose linear predictor is normal in both classes with one variance.

    The published program simulates it; here it is an integral: R² = 1 - exp(-2 I) with I the mutual information of class and predictor.

    Parameters
    ----------
    auc
        From .5 to 1.
    prevalence
        From 0 to 1.

    Raises
    ------
    UsageError
        The AUC is not above .5, or is 1.
    """
    if not 0.5 < auc < 1:
        raise UsageError(
            f"AUC {auc:.3g}: criteria for the development of a model need one above .5 and below 1"
        )
    from scipy.special import expit, ndtri

    distance = math.sqrt(2) * float(ndtri(auc))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    information = 0.0
    for share, mean in ((prevalence, distance), (1 - prevalence, 0.0)):
        logit = math.log(prevalence / (1 - prevalence)) + distance * (nodes + mean) - distance**2 / 2
        sign = 1.0 if mean else -1.0
        information += share * float(weights @ np.log(np.maximum(expit(sign * logit), 1e-300)))
    information -= prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence)
    return 1 - math.exp(-2 * information)


def _at_shrinkage(r_squared: float, parameters: int, shrinkage: float) -> int:
    return math.ceil(parameters / ((shrinkage - 1) * math.log(1 - r_squared / shrinkage)))
