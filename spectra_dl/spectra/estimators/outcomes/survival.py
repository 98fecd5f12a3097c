"""Models of the time to an event from spectra: Cox regression, and ensembles of networks with a Cox head or with a hazard for each interval of time."""

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.survival.cox import CoxFit, fit_cox
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly, PooledCox, time_order
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import SURVIVAL_MODELS
from spectra_dl.spectra.estimators.outcomes.ensemble import Learning, OutcomeNetwork
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.estimators.spectra_estimator import patients_of
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch

# A batch holds as many rows as there mostly are: each event is compared with the rows of its batch alone.
SURVIVAL_TRAINING = TrainingSettings(epochs=200, patience=40, batch_size=1024, learning_rate=3e-3)
_INTERVALS = 8
_SLIGHT = 1e-3  # of the slope of held-out risks, so that it exists whatever they are
_SURE = 1e-6


class CoxNetwork(OutcomeNetwork):
    """Predict log risks by the mean of small networks that learn Cox's partial likelihood; parameters as of `OutcomeNetwork`.

    Probabilities come from a Cox regression of training patients on the risk that a member predicts who had not seen them.
    """

    _usual_training = SURVIVAL_TRAINING
    scale_: CoxFit

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on spectra with the time and event of each one's patient.

        Parameters
        ----------
        X
            ``(n, p)`` intensities on the axis ``wavenumber``.
        y
            ``(n, 2)`` time, and 1 where the event came then.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        table, target = self._spectra(X, reset=True), np.asarray(y, dtype=np.float64)
        patient = patients_of(X, groups, len(table))
        _, first, of_row = np.unique(patient, return_index=True, return_inverse=True)
        time, event = target[first, 0], target[first, 1] > 0
        # Only their order counts for the loss, and float32 can't tell all times apart.
        ranked = np.stack([np.unique(target[:, 0], return_inverse=True)[1], target[:, 1]], axis=1)
        learning = Learning(2, cox_loss_of_two, lambda rows: ranked[rows].astype(np.float32))
        self._train(table, time_order(time, event)[of_row], patient, lambda _: learning)
        held = np.bincount(of_row, self._held_out_risk(table)) / np.bincount(of_row)
        fitted = fit_cox(held[:, None], time, event, _SLIGHT)
        # Where the risk goes the wrong way on those not seen, it says nothing of the time.
        self.scale_ = (
            fitted if fitted.coefficient[0] >= 0 else fit_cox(0 * held[:, None], time, event, _SLIGHT)
        )
        return self

    def predict(self, X: ArrayLike) -> FloatArray:
        """Return ``(n,)`` log risks."""
        table = self._spectra(X, reset=False)
        return np.asarray(np.mean([_risk(member.output(table)) for member in self.members_], axis=0))

    def predict_survival(self, X: ArrayLike, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``(n, p)`` spectra.
        times
            ``(g,)``.
        """
        return self.scale_.survival(self.scale_.risk(self.predict(X)[:, None]), times)

    def _held_out_risk(self, table: SpectraTable) -> FloatArray:
        """Return ``(n,)`` the risk of each row by the member that was stopped by its patient; of a lone member's own rows where there are no folds."""
        risk = np.empty(len(table))
        for member in self.members_:
            rows = member.stop if len(member.stop) else np.arange(len(table))
            risk[rows] = _risk(member.output(table.select(rows)))
        return risk


class HazardNetwork(OutcomeNetwork):
    """Predict the probability of the event in each interval of time by the mean of small networks; parameters as of `OutcomeNetwork`.

    Intervals end at quantiles of the times of training patients' events; within one the hazard is constant.
    """

    _usual_training = SURVIVAL_TRAINING
    ends_: FloatArray

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on spectra with the time and event of each one's patient.

        Parameters
        ----------
        X
            ``(n, p)`` intensities on the axis ``wavenumber``.
        y
            ``(n, 2)`` time, and 1 where the event came then.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        table, target = self._spectra(X, reset=True), np.asarray(y, dtype=np.float64)
        patient = patients_of(X, groups, len(table))
        _, first, of_row = np.unique(patient, return_index=True, return_inverse=True)
        time, event = target[first, 0], target[first, 1] > 0
        self.ends_ = interval_ends(time[event])
        observed = intervals_observed(target[:, 0], target[:, 1] > 0, self.ends_)
        outputs = max(2, len(self.ends_))
        learning = Learning(outputs, hazard_loss_of_logits, lambda rows: observed[rows])
        self._train(table, time_order(time, event)[of_row], patient, lambda _: learning)
        return self

    def predict(self, X: ArrayLike) -> FloatArray:
        """Return ``(n,)`` log cumulative hazards by the end of the last interval."""
        return np.asarray(np.log(-np.log(self.predict_survival(X, self.ends_[-1:])[:, 0])))

    def predict_survival(self, X: ArrayLike, times: FloatArray) -> FloatArray:
        """Return ``(n, g)`` probabilities of no event by each time.

        Parameters
        ----------
        X
            ``(n, p)`` spectra.
        times
            ``(g,)``; after the last interval nothing more is expected.
        """
        table = self._spectra(X, reset=False)
        logits = np.mean([member.output(table) for member in self.members_], axis=0)[:, : len(self.ends_)]
        without = np.cumsum(np.logaddexp(0.0, logits), axis=1)  # minus the log of the probability
        knots, reached = np.append(0.0, self.ends_), np.insert(without, 0, 0.0, axis=1)
        between = np.stack([np.interp(times, knots, row) for row in reached])
        return np.asarray(np.clip(np.exp(-between), _SURE, 1.0 - _SURE))


def survival_models(
    wavenumber: FloatArray, preprocessing: Preprocessing, seed: int = 0, memory: FoldMemory | None = None
) -> dict[str, BaseEstimator]:
    """Return the models that are no networks by name, unfitted.

    Parameters
    ----------
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    preprocessing
        Fitted anew in each fold.
    seed
        Of inner folds.
    memory
        What the models share with one another; None makes one for these alone.
    """
    cleaning = SpectraPreprocessor(wavenumber, preprocessing, FoldMemory() if memory is None else memory)
    return {
        SURVIVAL_MODELS.classical["cox"]: PooledCox(cleaning, seed=seed),
        SURVIVAL_MODELS.control: KaplanMeierOnly(),
    }


def survival_network(name: str) -> tuple[type[CoxNetwork] | type[HazardNetwork], str]:
    """Return the estimator and the architecture of a network's name, which ends in ``-hazard`` for one with hazards of intervals."""
    architecture = name.removesuffix("-hazard")
    return (CoxNetwork if architecture == name else HazardNetwork), architecture


def interval_ends(times: FloatArray) -> FloatArray:
    """Return ``(k,)`` ascending ends of intervals that hold about as many events each; the last event ends the last."""
    ends = np.unique(np.quantile(times, np.arange(1, _INTERVALS + 1) / _INTERVALS))
    return ends[ends > 0] if ends[-1] > 0 else np.ones(1)


def intervals_observed(time: FloatArray, event: NDArray[np.bool_], ends: FloatArray) -> NDArray[np.float32]:
    """Return ``(n, 2)`` how many intervals rows were observed in, and 1 where the event came in the last of them.

    A row that was last seen without the event counts for an interval if it was seen for half of it.

    Parameters
    ----------
    time, event
        ``(n,)`` of rows.
    ends
        ``(k,)`` of the intervals.
    """
    middle = (np.append(0.0, ends[:-1]) + ends) / 2
    came = np.searchsorted(ends, time, side="left") + 1
    seen = np.searchsorted(middle, time, side="right")
    within = event & (came <= len(ends))
    return np.stack([np.where(within, came, seen), within], axis=1).astype(np.float32)


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


def _risk(output: FloatArray) -> FloatArray:
    return np.asarray(output[:, 1] - output[:, 0])
