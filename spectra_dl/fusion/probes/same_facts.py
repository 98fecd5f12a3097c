"""Patients of whom every clinical column says the same: one person under two ids."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import IndexArray
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.clinical.table import ClinicalColumn

_NAME = "equal clinical rows"
_BY_CHANCE = (
    0.01  # pairs that would be equal if columns were unrelated; where more would, equal rows mean nothing
)
_STOP_SHARE = 0.1  # of the patients, as for copies of spectra


@dataclass(frozen=True, eq=False)
class SameFacts:
    """Looks for patients whose clinical values are all equal, where that is no chance.

    Attributes
    ----------
    columns
        ``(m,)`` values each, NaN where nothing is known.
    """

    columns: Sequence[ClinicalColumn]

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Compare all patients.

        Parameters
        ----------
        patients
            One a row.
        folds, seed
            Not looked at.
        """
        codes = np.stack(
            [np.unique(column.values, return_inverse=True)[1] for column in self.columns], axis=1
        )
        missing = np.stack([np.isnan(column.values) for column in self.columns], axis=1)
        groups: dict[bytes, list[int]] = defaultdict(list)
        for row in np.flatnonzero(~missing.all(axis=1)):
            groups[codes[row].tobytes()].append(int(row))
        same = [group for group in groups.values() if len(group) > 1]
        if not same or _pairs_by_chance(codes) > _BY_CHANCE:
            return Finding(
                _NAME, "fine", "No two patients have the same clinical values where that is no chance."
            )
        concerned = sum(map(len, same))
        names = [" and ".join(patients.names[patients.of_row[row]] for row in group[:3]) for group in same]
        return Finding(
            _NAME,
            "stop" if concerned > _STOP_SHARE * len(codes) else "warn",
            f"All clinical values are the same of {first_few(names, longest=160)}: one person under two ids, perhaps, and then on both sides of splits (a leak). "
            "Find out who they are and keep one of each.",
        )


def _pairs_by_chance(codes: IndexArray) -> float:
    """Return how many pairs of ``(m, k)`` codes would agree in all columns if these were unrelated; of rows that are all the same, one counts."""
    distinct, rows = np.unique(codes, axis=0), len(codes)
    pairs = max(1, len(distinct) * (len(distinct) - 1))
    counts = [np.bincount(column).astype(np.float64) for column in distinct.T]
    agreeing = [float((count * (count - 1.0)).sum()) / pairs for count in counts]
    return float(np.prod(agreeing)) * rows * (rows - 1) / 2
