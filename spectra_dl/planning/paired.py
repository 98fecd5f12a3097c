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
    """

    model: str
    reference: str
    difference: float
    standard_error: float
    patients: int

    def error_at(self, patients: float) -> float:
        """Return the standard error with so many patients."""
        return self.standard_error * math.sqrt(self.patients / patients)

    def power_at(self, patients: float) -> float:
        """Return how likely the 95 % interval of so many patients excludes 0, if the pilot's difference is the true one."""
        return power(self.difference, self.error_at(patients))

    def patients_needed(self) -> int | None:
        """Return how many patients give a power of 80 %; None where there is no difference."""
        if self.difference == 0:
            return None
        from scipy.special import ndtri

        wanted = (_Z + float(ndtri(_POWER))) * self.standard_error / abs(self.difference)
        return math.ceil(self.patients * wanted**2)


def power(difference: float, standard_error: float) -> float:
    """Return how likely the 95 % interval of a difference excludes 0.

    Parameters
    ----------
    difference
        The true one.
    standard_error
        Of its estimate, above 0.

    Examples
    --------
    >>> round(power(0.0, 1.0), 3), round(power(2.8, 1.0), 2)
    (0.05, 0.8)
    """
    from scipy.special import ndtr

    shift = difference / standard_error
    return float(ndtr(shift - _Z) + ndtr(-shift - _Z))
