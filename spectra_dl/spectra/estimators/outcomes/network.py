"""An ensemble of small networks that predicts a number of each patient, in scikit-learn's shape."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.estimators.spectra_estimator import SpectraEstimator, patients_of
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch
    from torch import nn

# A squared error over few patients: longer and faster than for classes. Found on fish_oil (RMSE 2.70 in place of 3.68); R² .01 higher over five simulated studies.
NUMBER_TRAINING = TrainingSettings(epochs=200, patience=40, learning_rate=3e-3)
_OUTPUTS = 2  # the networks' fewest; the number is their difference


class NumberNetwork(RegressorMixin, SpectraEstimator):
    """Predict a number from spectra by the mean of small networks, each trained without one fold of the patients, who say when to stop.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis of the spectra in cm⁻¹, ascending.
    preprocessing
        Cleaning steps, fitted anew on each member's own training rows; None takes the default ones.
    network
        One of `spectra_dl.spectra.networks.NETWORKS`.
    members
        Networks in the ensemble, fewer with few patients.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    memory
        Shared with models that are fitted on the same rows; changes nothing but the time.
    """

    _learnt = "members_"
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing
    members_: "list[_Member]"

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        *,
        network: str = "compact",
        members: int = 5,
        training: TrainingSettings | None = None,
        seed: int = 0,
        memory: FoldMemory | None = None,
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.network = network
        self.members = members
        self.training = training
        self.seed = seed
        self.memory = memory

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Train on spectra with the number of each one's patient.

        Parameters
        ----------
        X
            ``(n, p)`` intensities on the axis ``wavenumber``.
        y
            ``(n,)`` numbers.
        groups
            ``(n,)`` patient ids; needed, unless X says whose its rows are.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        table = self._spectra(X, reset=True)
        target = np.asarray(y, dtype=np.float64)
        patient = patients_of(X, groups, len(table))
        folds = inner_outcome_folds(target, patient, self.seed, most=self.members)
        everybody = np.arange(len(table))
        splits = [(fold.train, fold.test) for fold in folds] or [(everybody, everybody[:0])]
        self.members_ = [
            self._member(table, target, learn, stop, number) for number, (learn, stop) in enumerate(splits)
        ]
        return self

    def predict(self, X: ArrayLike) -> FloatArray:
        """Return ``(n,)`` predicted numbers."""
        table = self._spectra(X, reset=False)
        return np.asarray(np.mean([member.predict(table) for member in self.members_], axis=0))

    def _member(
        self, table: SpectraTable, target: FloatArray, learn: IndexArray, stop: IndexArray, number: int
    ) -> "_Member":
        from spectra_dl.training.member import Examples, train_member

        training = replace(self.training or NUMBER_TRAINING, seed=self.seed * 1000 + number)
        steps = self.preprocessing or Preprocessing.default()
        recipe = SpectraRecipe(self.network, steps, training, Augmentation(), memory=self.memory)
        prepared = recipe.prepare(table.select(learn))
        centre, spread = float(target[learn].mean()), float(target[learn].std()) or 1.0

        def examples(rows: IndexArray) -> Examples:
            scaled = ((target[rows] - centre) / spread).astype(np.float32)
            return Examples(recipe.inputs(prepared, table.select(rows)), scaled)

        network = train_member(
            # The linear path of `compact` is fitted to classes; for a number it is trained, as it was for classes once.
            lambda: build_network(self.network, len(prepared.wavenumber), _OUTPUTS, earlier=True),
            squared_error,
            examples(learn),
            examples(stop) if len(stop) else None,
            training,
            weights_seed=training.seed,
            augment=recipe.augment,
            progress=False,
        )
        return _Member(recipe, prepared, network, centre, spread)


class _Member:
    """A trained network with what makes spectra ready for it and its output a number."""

    def __init__(
        self,
        recipe: SpectraRecipe,
        prepared: FittedPreprocessing,
        network: "nn.Module",
        centre: float,
        spread: float,
    ) -> None:
        self.recipe, self.prepared, self.network = recipe, prepared, network
        self.centre, self.spread = centre, spread

    def predict(self, table: SpectraTable) -> FloatArray:
        """Return ``(n,)`` numbers."""
        from spectra_dl.models.members import network_output

        output = network_output(self.network, self.recipe.inputs(self.prepared, table))
        return np.asarray(self.centre + self.spread * (output[:, 1] - output[:, 0]))


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
