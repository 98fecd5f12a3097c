"""Ensembles of networks that predict the time to an event: with a Cox head, or with a hazard for each interval of time."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.classification.outcomes.ensemble import Learning, OutcomeEnsemble, output_difference
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit
from spectra_dl.evaluation.outcomes.survival.heads import (
    interval_ends,
    intervals_observed,
    scaled_risk,
    survival_of_hazards,
)
from spectra_dl.evaluation.outcomes.survival.pooled_cox import time_order
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch

# A batch holds as many rows as there mostly are: each event is compared with the rows of its batch alone.
SURVIVAL_TRAINING = TrainingSettings(epochs=200, patience=40, batch_size=1024, learning_rate=3e-3)


class CoxEnsemble(OutcomeEnsemble):
    """Predict log risks by the mean of networks that learn Cox's partial likelihood; a subclass says what they look at.

    Probabilities come from a Cox regression of training patients on the risk that a member predicts who had not seen them.
    """

    scale_: CoxFit

    def fit(self, X: Any, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on rows with the time and event of each one's patient.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n, 2)`` time, and 1 where the event came then.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        rows, target, patient = self._examined(X, y, groups)
        time, event, of_row = _of_patients(target, patient)
        # Only their order counts for the loss, and float32 can't tell all times apart.
        ranked = np.stack([np.unique(target[:, 0], return_inverse=True)[1], target[:, 1]], axis=1)
        learning = Learning(2, cox_loss_of_two, lambda index: ranked[index].astype(np.float32))
        order = time_order(time, event)[of_row]
        self._train(rows, patient, order, lambda _: learning, self._training(SURVIVAL_TRAINING))
        held = np.bincount(of_row, self._held_out(rows)[0]) / np.bincount(of_row)
        self.scale_ = scaled_risk(held, time, event)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` log risks."""
        rows, row_of = self._given(X, reset=False)
        return np.asarray(np.mean([output_difference(output) for output in self._outputs(rows)], axis=0))[
            row_of
        ]

    def predict_survival(self, X: Any, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``n`` rows.
        times
            ``(g,)``.
        """
        return self.scale_.survival(self.scale_.risk(self.predict(X)[:, None]), times)


class HazardEnsemble(OutcomeEnsemble):
    """Predict the probability of the event in each interval of time by the mean of networks; a subclass says what they look at.

    Intervals end at quantiles of the times of training patients' events; within one the hazard is constant.
    """

    ends_: FloatArray

    def fit(self, X: Any, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on rows with the time and event of each one's patient.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n, 2)`` time, and 1 where the event came then.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        rows, target, patient = self._examined(X, y, groups)
        time, event, of_row = _of_patients(target, patient)
        self.ends_ = interval_ends(time[event])
        observed = intervals_observed(target[:, 0], target[:, 1] > 0, self.ends_)
        outputs = max(2, len(self.ends_))
        learning = Learning(outputs, hazard_loss_of_logits, lambda index: observed[index])
        order = time_order(time, event)[of_row]
        self._train(rows, patient, order, lambda _: learning, self._training(SURVIVAL_TRAINING))
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` log cumulative hazards by the end of the last interval."""
        return np.asarray(np.log(-np.log(self.predict_survival(X, self.ends_[-1:])[:, 0])))

    def predict_survival(self, X: Any, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``n`` rows.
        times
            ``(g,)``; after the last interval nothing more is expected.
        """
        rows, row_of = self._given(X, reset=False)
        logits = np.mean(self._outputs(rows), axis=0)[:, : len(self.ends_)]
        return survival_of_hazards(logits, self.ends_, times)[row_of]


def cox_loss_of_two(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return `cox_loss` of the difference of two outputs.

    Parameters
    ----------
    output
        ``(N, 2)``.
    target
        ``(N, 2)`` time and event.
    """
    from spectra_dl.training.losses import cox_loss

    return cox_loss(output[:, 1] - output[:, 0], target)


def hazard_loss_of_logits(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return `hazard_loss`, which is imported when it is used.

    Parameters
    ----------
    output
        ``(N, K)`` logits.
    target
        ``(N, 2)`` intervals observed and event.
    """
    from spectra_dl.training.losses import hazard_loss

    return hazard_loss(output, target)


def _of_patients(target: FloatArray, patient: Any) -> tuple[FloatArray, NDArray[np.bool_], IndexArray]:
    """Return ``(m,)`` time and event of patients, and ``(n,)`` whose each row is."""
    _, first, of_row = np.unique(patient, return_index=True, return_inverse=True)
    return target[first, 0], target[first, 1] > 0, of_row
