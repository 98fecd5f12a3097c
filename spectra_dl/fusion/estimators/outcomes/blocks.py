"""One model of an outcome for each block, fitted on the patients who have it, and what it predicts of patients."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.evaluation.outcomes.survival.pooled_cox import time_order
from spectra_dl.evaluation.rows import RowSubset
from spectra_dl.fusion.rows import FusionBlock, patient_means

_FOLDS = 5
_FEWEST = 2  # events among the patients that a copy is fitted on


@dataclass(frozen=True, eq=False)
class FittedOutcome:
    """A block's model of a number or of a log risk.

    Attributes
    ----------
    model
        None where too few training patients have the block to learn anything from it.
    unseen
        ``(m,)`` predictions of the training patients by copies that never saw them; NaN where a patient lacks the block.
    """

    model: Any
    unseen: FloatArray

    def predict(self, block: FusionBlock, patients: int) -> FloatArray:
        """Return ``(m,)`` predictions of patients, the mean over a patient's rows; NaN where a patient lacks the block.

        Parameters
        ----------
        block
            Rows of ``m`` patients.
        patients
            ``m``.
        """
        if self.model is None or not len(block.owner):
            return np.full(patients, np.nan)
        predicted = _predicted(block.name, self.model, block.rows)
        return patient_means(predicted[:, None], block.owner, patients)[:, 0]


def fit_outcome_block(
    estimator: Any, block: FusionBlock, patients: Texts, target: FloatArray, *, seed: int
) -> FittedOutcome:
    """Fit a block's model on the patients who have it, and ask copies about patients they never saw.

    Parameters
    ----------
    estimator
        Unfitted; of the block's rows.
    block
        Rows of ``m`` training patients.
    patients
        ``(m,)`` ids.
    target
        ``(m,)`` numbers, or ``(m, 2)`` times and events.
    seed
        Of the inner folds.
    """
    unseen = np.full(len(target), np.nan)
    of_row, names = target[block.owner], np.asarray(patients)[block.owner]
    order = target if target.ndim == 1 else time_order(target[:, 0], target[:, 1] > 0)
    folds = inner_outcome_folds(order[block.owner], names, seed, most=_FOLDS) if len(block.owner) else []
    if target.ndim == 2:
        folds = folds if all(of_row[fold.train, 1].sum() >= _FEWEST for fold in folds) else []
    if not folds:
        return FittedOutcome(None, unseen)
    rows = RowSubset(block.rows, np.arange(len(block.owner)))
    predicted = np.empty(len(block.owner))
    for fold in folds:
        copy = fit_copy(estimator, rows[fold.train], of_row[fold.train], names[fold.train])
        predicted[fold.test] = _predicted(block.name, copy, rows[fold.test])
    model = fit_copy(estimator, block.rows, of_row, names)
    return FittedOutcome(model, patient_means(predicted[:, None], block.owner, len(target))[:, 0])


def _predicted(name: str, model: Any, rows: Any) -> FloatArray:
    predicted = np.asarray(model.predict(rows), dtype=np.float64).reshape(-1)
    if len(predicted) != len(rows) or not np.isfinite(predicted).all():
        raise DataError(f"{name}: predict gave no finite number for each row; mend the model")
    return predicted
