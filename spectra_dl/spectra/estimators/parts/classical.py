"""Classical models that weigh the points of a spectrum, as stored models."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.estimators.parts.linear import each_class
from spectra_dl.spectra.networks import fitted_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True)
class LinearModel:
    """How a classical model whose scores are weighted sums is fitted on all training spectra, as `evaluate` fits it in a fold.

    Attributes
    ----------
    name
        One of ``"logistic"``, ``"pls-da"`` and ``"pca-lda"``.
    preprocessing
        Cleaning steps, fitted on whatever the model is fitted on.
    folds
        Of patients; each is predicted by a copy that was fitted without it.
    seed
        Of the folds.
    memory
        See `spectra_dl.spectra.estimators.recipe.SpectraRecipe`.
    """

    name: str
    preprocessing: Preprocessing
    folds: int
    seed: int
    memory: FoldMemory | None = None

    @property
    def title(self) -> str:
        """What reports call it."""
        return CLASS_MODELS.classical[self.name]

    def fit(self, data: TrainingData) -> "LinearPart":
        """Return the model fitted on all spectra, with what copies say of the fold they were fitted without."""
        memory = self.memory or FoldMemory()
        spectra = cast("SpectraTable", data.rows)
        unfitted = classical_models(spectra.wavenumber, self.preprocessing, self.seed, memory)[self.title]

        def fitted(rows: "SpectraTable", label: NDArray[Any]) -> tuple[FittedPreprocessing, Any]:
            prepared = memory.fit(self.preprocessing, rows)
            # Without its first step, which cleans.
            return prepared, clone(unfitted[1:]).fit(memory.clean(rows, prepared), label)

        unseen = np.empty((len(spectra), data.n_classes))
        for fold in patient_folds(data.patient, data.label, folds=self.folds, seed=self.seed):
            prepared, model = fitted(spectra[fold.train], data.target[fold.train])
            unseen[fold.test] = _logits(model, memory.clean(spectra[fold.test], prepared))
        prepared, model = fitted(spectra, data.target)
        points = len(prepared.wavenumber)
        bias = _logits(model, np.zeros((1, points)))[0]
        weight = (_logits(model, np.eye(points)) - bias).T
        return LinearPart(self.name, prepared, weight, bias, unseen[None])


@dataclass(frozen=True, eq=False)
class LinearPart:
    """A linear classical model, fitted.

    Attributes
    ----------
    name
        Of the model.
    prepared
        The fitted cleaning steps.
    weight, bias
        ``(c, q)`` and ``(c,)`` of the logits.
    out_of_fold_logits
        ``(1, n, c)`` of each training spectrum, by a copy that never saw its patient.
    """

    name: str
    prepared: FittedPreprocessing
    weight: FloatArray
    bias: FloatArray
    out_of_fold_logits: FloatArray
    trust = 1.0

    @property
    def names(self) -> tuple[str]:
        """What reports call it."""
        return (CLASS_MODELS.classical[self.name],)

    def combined(self, shares: FloatArray) -> "nn.Module":
        """Return the network whose logits are those of the model, times its share (1,)."""
        values = {"linear.weight": shares[0] * self.weight, "linear.bias": shares[0] * self.bias}
        return fitted_network(self.name, len(self.prepared.wavenumber), values)


def _logits(model: Any, spectra: NDArray[Any]) -> FloatArray:
    """Return logits ``(n, c)``, whose softmax is the model's probability."""
    score = np.asarray(model.decision_function(spectra), dtype=np.float64)
    return each_class(score[None]).T if score.ndim == 1 else score
