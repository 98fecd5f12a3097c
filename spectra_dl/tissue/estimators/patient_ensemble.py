"""An ensemble of networks in scikit-learn's shape, each trained without one fold of the patients, whatever a network looks at."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.classification.checkpoints import CheckpointPlace
from spectra_dl.classification.ensemble import Ensemble, divisions, train_ensemble
from spectra_dl.classification.members import GroupJob, Recipe
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.folds.splits import Fold, inner_folds
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.executor import Executor
from spectra_dl.imaging.bags.standard import Standard
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn


class PatientEnsemble(ClassifierMixin, BaseEstimator):
    """What the classifiers of images share; a subclass says what a network's row is, and how a network is built.

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
    out_of_fold_logits_
        ``(n, c)`` of each image by the members that never saw its patient; missing where nobody could be left out.
    temperature_
        By which mean logits are divided; 1 where nobody could be left out.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing

    def __init__(self, members: int = 10, *, training: TrainingSettings | None = None, seed: int = 0) -> None:
        self.members = members
        self.training = training
        self.seed = seed

    def fit(self, X: Any, y: Any, groups: Texts | None = None, *, executor: Executor | None = None) -> Self:
        """Train on images ``X`` with classes ``y`` (n,) of patients ``groups`` (n,).

        Parameters
        ----------
        X
            ``n`` images, as the classifier takes them.
        y
            ``(n,)`` classes.
        groups
            ``(n,)`` whose each image is.
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
        rows, row_of_image = self._rows(X)
        label = text_array(np.asarray(y))
        people = read_patients(groups, label)
        names = text_array(people.names)[people.of_row]
        first = _one_image_each(row_of_image, people.of_row)
        target = people.class_of_row[first].astype(np.int64)
        data = TrainingData(rows, label[first], names[first], target, len(people.classes))
        self.classes_ = np.array(people.classes)
        self.ensemble_: Ensemble[Standard] | None = None
        self.networks_: tuple[nn.Module, ...]
        self.temperature_ = 1.0
        members = self._members(people, names, label)
        if members < 2:
            self.networks_ = (_trained_on_all(data, self._recipe()),)
            return self
        self.ensemble_ = train_ensemble(data, self._recipe(), members, executor=executor)
        self.networks_ = self.ensemble_.networks
        self.out_of_fold_logits_: FloatArray = self.ensemble_.out_of_fold_logits[row_of_image]
        logits = people.mean(self.out_of_fold_logits_)
        self.temperature_ = fit_temperature(logits, people.class_of_patient)
        self.out_of_fold_probability_ = softmax(self.out_of_fold_logits_ / self.temperature_)
        return self

    def _rows(self, X: Any) -> tuple[Rows, IndexArray]:
        """Return the rows that networks learn from, checked, and the number of the one that each image is in."""
        raise NotImplementedError

    def _recipe(self) -> Recipe[Standard]:
        """Return how a member is built and trained."""
        raise NotImplementedError

    def _members(self, people: Patients, patient: TextArray, label: TextArray) -> int:
        """Return how many members the patients allow, 1 where none of a class can be left out."""
        fewest = min(people.count(code) for code in range(len(people.classes)))
        if fewest >= divisions(self.members)[0]:
            return self.members
        return fewest if len(inner_folds(patient, label, seed=self.seed)) > 1 else 1

    def mean_logits(self, X: Any) -> FloatArray:
        """Return the members' mean logits ``(n, c)`` of ``n`` images ``X``."""
        raise NotImplementedError

    def predict_proba(self, X: Any) -> FloatArray:
        """Return ``(n, c)`` probabilities of ``n`` images ``X``."""
        return softmax(self.mean_logits(X) / self.temperature_)

    def predict(self, X: Any) -> NDArray[np.str_]:
        """Return the likeliest class of each of the images ``X``."""
        best: IndexArray = self.predict_proba(X).argmax(axis=1)
        likeliest: NDArray[np.str_] = self.classes_[best]
        return likeliest


def _one_image_each(row_of_image: IndexArray, patient_of_image: IndexArray) -> IndexArray:
    """Return the number of an image of each row, whose images are all of one patient."""
    _, first = np.unique(row_of_image, return_index=True)
    if (patient_of_image[first][row_of_image] != patient_of_image).any():
        raise DataError(
            "a bag holds images of two patients, or of two classes; put each patient's images of one class into a bag of their own"
        )
    return first.astype(np.intp)


def _trained_on_all(data: TrainingData, recipe: Recipe[Standard]) -> "nn.Module":
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
