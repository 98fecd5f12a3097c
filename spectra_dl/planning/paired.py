"""With which power a difference of two models on the same patients will be found.

References
----------
Hanley & McNeil 1983, Radiology 148:839, doi 10.1148/radiology.148.3.6878708: the difference of two AUCs on the same patients.
"""

import math
from dataclasses import dataclass

_Z = 1.959964
_POWER = 0.8


@dataclass(frozen=True)
class PairedDifference:
    """A difference in AUC of two models, and how well a pilot knows it.

    Attributes
    ----------
    model, reference
        Their names.
    difference
        Of their AUCs.
    standard_error
        With the pilot's patients.
    patients
        Of the pilot.
    inflation
        By how much the interval, and so the standard error, is wider than that of fixed scores.
    """

    model: str
    reference: str
    difference: float
    standard_error: float
    patients: int
    inflation: float = 1.0

    def error_at(self, patients: float) -> float:
        """Return the standard error with so many patients."""
        return self.standard_error * math.sqrt(self.patients / patients)

    def power_at(self, patients: float) -> float:
        """Return how likely the 95 % interval of so many patients excludes 0, if the pilot's difference is the true one."""
        return power(self.difference, self.error_at(patients), self.inflation)

    def patients_needed(self) -> int | None:
        """Return how many patients give a power of 80 %; None where there is no difference."""
        if self.difference == 0:
            return None
        from scipy.special import ndtri

        spread = self.standard_error / self.inflation
        wanted = (_Z * self.standard_error + float(ndtri(_POWER)) * spread) / abs(self.difference)
        return math.ceil(self.patients * wanted**2)


def power(difference: float, standard_error: float, inflation: float = 1.0) -> float:
    """Return how likely the 95 % interval of a difference excludes 0.

    Intervals of evaluations are as wide as refits ask for, by the model whose AUC refits change most, and wider where the reference does badly by chance and
    the difference is large. Their ends therefore vary less between studies than they are wide: about as fixed scores do.

    Parameters
    ----------
    difference
        The true one.
    standard_error
        That the interval is made of, above 0.
    inflation
        By how much that is more than the standard error of fixed scores.

    Examples
    --------
    >>> round(power(0.0, 1.0), 3), round(power(2.8, 1.0), 2)
    (0.05, 0.8)
    """
    from scipy.special import ndtr

    shift = difference / standard_error
    return float(ndtr(inflation * (shift - _Z)) + ndtr(inflation * (-shift - _Z)))
