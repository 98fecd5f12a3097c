"""The best score that any method can reach on a set, where it is simulated and so known."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownBest:
    """The best patient AUC, computed from what the set was drawn from.

    Attributes
    ----------
    of_all
        Of all patients there could be: no method can exceed it in the long run.
    of_these
        What the true likelihood ratio reaches on the set's own patients, which scatters around it.
    """

    of_all: float
    of_these: float
