"""Clinical columns that are the number, the time or the event in other words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.audit.other_words import NAME, STOP, WARN, largest_correlation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import figure, first_few
from spectra_dl.fusion.clinical.table import ClinicalColumn
from spectra_dl.fusion.probes.class_columns import STOP_AUC, WARN_AUC, auc_alone

_FEWEST, _OF_LEVEL = 10, 3  # patients whose value is known, and patients of a level of a category


@dataclass(frozen=True, eq=False)
class OutcomeInOtherWords:
    """Look for a column that says what came of patients.

    Attributes
    ----------
    columns
        ``(m,)`` values each.
    name
        Of what is predicted.
    came
        Of the same patients, one row each.
    """

    columns: Sequence[ClinicalColumn]
    name: str
    came: Outcomes | Survival

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Compare each column with what came, in the patients whose value is known.

        Parameters
        ----------
        patients, folds
            Not looked at.
        seed
            Of the folds that compare a column with the event.
        """
        found = [said for column in self.columns for said in self._said(column, seed)]
        if not found:
            return Finding(NAME, "fine", f"No clinical column alone says {self.name:.60}.")
        listed = first_few(f"{column!r:.60} ({figures})" for column, figures, _ in found)
        sentence = f"A clinical column alone says {self.name:.60}: {listed}."
        if any(stops for _, _, stops in found):
            advice = "It is what is predicted in other words, or follows from it. Take it out of the study file's columns."
            return Finding(NAME, "stop", f"{sentence} {advice}")
        advice = "Make sure that it is measured before anybody knows what came and does not follow from it; else take it out."
        return Finding(NAME, "warn", f"{sentence} {advice}")

    def _said(self, column: ClinicalColumn, seed: int) -> list[tuple[str, str, bool]]:
        """Return the column, in words how well it says what came, and whether that stops the study; nothing where it doesn't."""
        if isinstance(self.came, Outcomes):
            reached = _correlation(column, self.came.value)
            return [(column.name, f"|r| {figure(reached)}", reached >= STOP)] if reached >= WARN else []
        time, event = self.came.time, self.came.event
        reached = max(_correlation(column, time), _correlation(column, np.where(event, time, np.nan)))
        if reached >= WARN:
            return [(column.name, f"|r| {figure(reached)} with the time", reached >= STOP)]
        auc = auc_alone(column, event.astype(np.intp), seed) if not event.all() else 0.0
        return [(column.name, f"AUC {figure(auc)} of the event", auc >= STOP_AUC)] if auc >= WARN_AUC else []


def _correlation(column: ClinicalColumn, value: FloatArray) -> float:
    """Return the larger of Pearson's and Spearman's |r| of a column and numbers, of a category the correlation ratio; 0 of too few patients."""
    if column.kind != "category":
        return largest_correlation(column.values, value)
    known = ~np.isnan(column.values) & ~np.isnan(value)
    if known.sum() < _FEWEST or np.ptp(value[known]) == 0:
        return 0.0
    return _correlation_ratio(column.values[known], value[known])


def _correlation_ratio(levels: FloatArray, numbers: FloatArray) -> float:
    _, of_row, count = np.unique(levels, return_inverse=True, return_counts=True)
    kept = count[of_row] >= _OF_LEVEL
    if kept.sum() < _FEWEST or np.ptp(numbers[kept]) == 0:
        return 0.0
    mean = np.bincount(of_row[kept], numbers[kept], minlength=len(count)) / np.maximum(
        np.bincount(of_row[kept], minlength=len(count)), 1
    )
    within = float(((numbers[kept] - mean[of_row[kept]]) ** 2).sum())
    whole = float(((numbers[kept] - numbers[kept].mean()) ** 2).sum())
    return float(np.sqrt(max(0.0, 1 - within / whole)))
