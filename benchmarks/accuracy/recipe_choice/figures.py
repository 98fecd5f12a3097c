"""Figures of patients: log-odds from their spectra, AUC, log loss, and the difference of two AUCs with its error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.evaluation.classes.metrics import auc, mid_ranks, pool_by_patient

_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class PatientOdds:
    """What a model says of patients.

    Attributes
    ----------
    name
        ``(m,)``, sorted.
    positive
        ``(m,)`` class.
    log_odds
        ``(m,)`` of the positive class.
    """

    name: FloatArray
    positive: NDArray[np.bool_]
    log_odds: FloatArray

    @property
    def auc(self) -> float:
        """The chance that a positive patient scores above a negative one."""
        return auc(self.positive, self.log_odds)

    @property
    def log_loss(self) -> float:
        """Mean negative log probability of the true class."""
        signed = np.where(self.positive, self.log_odds, -self.log_odds)
        return float(np.logaddexp(0.0, -signed).mean())


def patient_odds(
    probability: FloatArray, patient: Texts, label: Texts, classes: Sequence[str]
) -> PatientOdds:
    """Pool spectra by patient, as `spectra_dl.evaluate` does; the second of ``classes`` is positive."""
    names, first, of_row = np.unique(np.asarray(patient, dtype=str), return_index=True, return_inverse=True)
    pooled = np.clip(pool_by_patient(probability, of_row, len(names)), _LEAST, 1.0)
    positive = np.asarray(label)[first] == classes[1]
    return PatientOdds(names, positive, np.log(pooled[:, 1]) - np.log(pooled[:, 0]))


def auc_difference(positive: NDArray[np.bool_], one: FloatArray, two: FloatArray) -> tuple[float, float]:
    """Return the difference of two AUCs on the same patients and its standard error.

    DeLong, DeLong & Clarke-Pearson 1988, doi 10.2307/2531595.
    """
    above, below = (
        a - b for a, b in zip(_placements(positive, one), _placements(positive, two), strict=True)
    )
    error = np.sqrt(above.var() / len(above) + below.var() / len(below))
    return float(above.mean()), float(error)


def _placements(positive: NDArray[np.bool_], score: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share of negatives below each positive, and of positives above each negative."""
    together = mid_ranks(score)
    cases, controls = score[positive], score[~positive]
    above = (together[positive] - mid_ranks(cases)) / len(controls)
    below = 1 - (together[~positive] - mid_ranks(controls)) / len(cases)
    return above, below
