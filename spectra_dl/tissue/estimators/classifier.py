"""The neural classifier of images, in scikit-learn's shape."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.classification.checkpoints import CheckpointPlace
from spectra_dl.classification.ensemble import Ensemble, divisions, train_ensemble
from spectra_dl.classification.members import GroupJob
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.folds.splits import Fold, inner_folds
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.execution.executor import Executor
from spectra_dl.models.members import mean_output
from spectra_dl.tissue.estimators.recipe import ImageRecipe, Standard
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

# Few rows are passed over more often: steps teach, not passes.
DEFAULT_TRAINING = TrainingSettings(epochs=12, least_steps=300, learning_rate=1e-3)


class TissueClassifier(ClassifierMixin, BaseEstimator):
    """Classify images by an ensemble of small networks on their features, each trained without one fold of the patients.

    Where the rarest class has fewer patients than members leave out folds, there are as many members as it has patients. Where it has one patient, nobody can be left out: one
    network is trained on all rows, and its probabilities are not calibrated.

    Parameters
    ----------
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.

    Attributes
    ----------
    classes_
        ``(c,)`` sorted.
    ensemble_
        The trained members; None where nobody could be left out.
    networks_
        The members' networks.
    temperature_
        By which mean logits are divided; 1 where nobody could be left out.

    Examples
    --------
    >>> features = np.random.default_rng(0).normal(size=(24, 5)).astype(np.float32)
    >>> label, patient = np.repeat(["necrotic", "viable"], 12), np.repeat([f"p{k}" for k in range(8)], 3)
    >>> model = TissueClassifier(members=2, training=TrainingSettings(epochs=1))
    >>> model.fit(features, label, groups=patient).predict_proba(features).shape
    (24, 2)
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing

    def __init__(self, members: int = 10, *, training: TrainingSettings | None = None, seed: int = 0) -> None:
        self.members = members
        self.training = training
        self.seed = seed

    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: Texts | None = None, *, executor: Executor | None = None
    ) -> Self:
        """Train on features ``X`` (n, d) with classes ``y`` (n,) of patients ``groups`` (n,).

        Parameters
        ----------
        X
            ``(n, d)`` features.
        y
            ``(n,)`` classes.
        groups
            ``(n,)`` whose each row is.
        executor
            Where members are trained; in this process if None.

        Raises
        ------
        DataError
            A feature is no number, or a patient has two classes.
        UsageError
            No patients are given, or fewer than two members are asked for.
        TrainingDivergedError
            The loss is no longer finite.
        """
        if self.members < 2:
            raise UsageError(
                f"members={self.members}: at least 2, so that every patient is left out of one of them"
            )
        features = _features(X)
        label = text_array(np.asarray(y))
        people = read_patients(groups, label)
        names = text_array(people.names)[people.of_row]
        data = TrainingData(features, label, names, people.class_of_row.astype(np.int64), len(people.classes))
        recipe = ImageRecipe(replace(self.training or DEFAULT_TRAINING, seed=self.seed))
        self.classes_ = np.array(people.classes)
        self.ensemble_: Ensemble[Standard] | None = None
        self.networks_: tuple[nn.Module, ...]
        self.temperature_ = 1.0
        members = self._members(people, names, label)
        if members < 2:
            self.networks_ = (_trained_on_all(data, recipe),)
            return self
        self.ensemble_ = train_ensemble(data, recipe, members, executor=executor)
        self.networks_ = self.ensemble_.networks
        logits = people.mean(self.ensemble_.out_of_fold_logits)
        self.temperature_ = fit_temperature(logits, people.class_of_patient)
        self.out_of_fold_probability_ = softmax(self.ensemble_.out_of_fold_logits / self.temperature_)
        return self

    def _members(self, people: Patients, patient: TextArray, label: TextArray) -> int:
        """Return how many members the patients allow, 1 where none of a class can be left out."""
        fewest = min(people.count(code) for code in range(len(people.classes)))
        if fewest >= divisions(self.members)[0]:
            return self.members
        return fewest if len(inner_folds(patient, label, seed=self.seed)) > 1 else 1

    def mean_logits(self, X: ArrayLike) -> FloatArray:
        """Return the members' mean logits ``(n, c)`` of features ``X`` (n, d)."""
        features = _features(X)
        return mean_output(self.networks_, [features] * len(self.networks_))

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return ``(n, c)`` probabilities of features ``X`` (n, d)."""
        return softmax(self.mean_logits(X) / self.temperature_)

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """Return the likeliest class of each row of ``X`` (n, d)."""
        best: IndexArray = self.predict_proba(X).argmax(axis=1)
        likeliest: NDArray[np.str_] = self.classes_[best]
        return likeliest


def _features(X: ArrayLike) -> NDArray[np.float32]:
    features = np.asarray(X, dtype=np.float32)
    if features.ndim != 2 or not np.isfinite(features).all():
        raise DataError(
            f"features of shape {features.shape}; finite numbers of shape (n, d) are needed: encode the images again"
        )
    return features


def _trained_on_all(data: TrainingData, recipe: ImageRecipe) -> "nn.Module":
    """Return a network that was trained on all rows."""
    everything = np.arange(len(data.label))
    job = GroupJob(
        data,
        [Fold(0, 0, everything, everything)],
        recipe,
        recipe.training.seed * 1000,
        CheckpointPlace.of(None, resume=False, local=True),
        "one network",
    )
    (member,) = job.run().members
    return member.parts.combined(np.ones(1))
