"""Ensembles of networks that predict a number of each patient."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.classification.outcomes.ensemble import Learning, OutcomeEnsemble, output_difference
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch

# A squared error over few patients: longer and faster than for classes. Found on fish_oil (RMSE 2.70 in place of 3.68); R² .01 higher over five simulated studies.
NUMBER_TRAINING = TrainingSettings(epochs=200, patience=40, learning_rate=3e-3)
_OUTPUTS = 2  # the networks' fewest; the number is their difference


class NumberEnsemble(RegressorMixin, OutcomeEnsemble):
    """Predict a number by the mean of networks; a subclass says what they look at."""

    scale_: list[tuple[float, float]]

    def fit(self, X: Any, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on rows with the number of each one's patient.

        Parameters
        ----------
        X
            ``n`` rows, as the estimator takes them.
        y
            ``(n,)`` numbers.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        rows, target, patient = self._examined(X, y, groups)
        self.scale_ = []

        def learning(learn: IndexArray) -> Learning:
            centre, spread = float(target[learn].mean()), float(target[learn].std()) or 1.0
            self.scale_.append((centre, spread))
            return Learning(
                _OUTPUTS, squared_error, lambda rows: ((target[rows] - centre) / spread).astype(np.float32)
            )

        self._train(rows, patient, target, learning, self._training(NUMBER_TRAINING))
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return ``(n,)`` predicted numbers."""
        rows, row_of = self._given(X, reset=False)
        each = [
            centre + spread * output_difference(output)
            for output, (centre, spread) in zip(self._outputs(rows), self.scale_, strict=True)
        ]
        return np.asarray(np.mean(each, axis=0))[row_of]

    def _said(self, outputs: FloatArray, member: IndexArray) -> FloatArray:
        centre, spread = np.array(self.scale_)[member].T
        return np.asarray(centre + spread * output_difference(outputs))


def squared_error(output: "torch.Tensor", target: "torch.Tensor") -> "torch.Tensor":
    """Return ``(N,)`` squared errors of the difference of two outputs ``(N, 2)``.

    Parameters
    ----------
    output
        ``(N, 2)``.
    target
        ``(N,)``.
    """
    return (output[:, 1] - output[:, 0] - target) ** 2
