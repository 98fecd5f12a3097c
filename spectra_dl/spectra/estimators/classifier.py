"""The neural classifier of spectra, in scikit-learn's shape."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.classification.ensemble import TrainingData, train_ensemble
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.threshold import ThresholdRule, check_rule
from spectra_dl.execution.executor import Executor
from spectra_dl.spectra.estimators.assembly import Provenance, assemble_predictor
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.table import as_table
from spectra_dl.training.settings import TrainingSettings

DEFAULT_TRAINING = TrainingSettings()


class SpectraClassifier(ClassifierMixin, BaseEstimator):
    """Classify spectra with an ensemble of small networks, each trained without one fold of the patients.

    Member k never sees the patients of fold k, and some of its training patients only say when to stop. Its
    logits for fold k's patients, collected over all members, give every training patient a prediction by a network
    that never saw them: the temperature is fitted on these, and the scores in the model file are theirs. The
    ensemble's logit is the mean over its members.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis of the spectra in cm⁻¹, ascending.
    preprocessing
        Cleaning steps, fitted anew on each member's own training rows; None takes the default ones.
    network
        One of `spectra_dl.spectra.networks.NETWORKS`.
    members
        Networks in the ensemble, at least 2.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    augmentation
        Random changes to training rows; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    positive
        The class whose sensitivity is reported; None takes the rule of `spectra_dl.evaluation.class_names`.
    threshold
        How the stored decision threshold is chosen on left-out patients: ``"youden"``, or the specificity wanted.
    memory
        Shared with models that are fitted on the same rows or clean the same spectra; changes nothing but the time.

    Attributes
    ----------
    classes_
        ``(c,)`` class names, sorted.
    predictor_
        The `SpectraPredictor` that was trained.
    out_of_fold_logits_
        ``(n, c)`` logits for each training row by the member that never saw its patient.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = SpectraClassifier(table.wavenumber, members=2, training=TrainingSettings(epochs=2))
    >>> model = model.fit(table.intensity, table.label, groups=table.patient)
    >>> model.predict_proba(table.intensity).shape
    (16, 2)
    """

    def __init__(
        self,
        wavenumber: FloatArray,
        preprocessing: Preprocessing | None = None,
        *,
        network: str = "compact",
        members: int = 5,
        training: TrainingSettings | None = None,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        positive: str | None = None,
        threshold: ThresholdRule = "youden",
        memory: FoldMemory | None = None,
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.network = network
        self.members = members
        self.training = training
        self.augmentation = augmentation
        self.seed = seed
        self.positive = positive
        self.threshold = threshold
        self.memory = memory

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        *,
        provenance: Provenance | None = None,
        checkpoints: Path | None = None,
        resume: bool = False,
        executor: Executor | None = None,
    ) -> "SpectraClassifier":
        """Train on spectra ``X`` (n, p) with labels ``y`` (n,) of patients ``groups`` (n,).

        Parameters
        ----------
        X
            ``(n, p)`` intensities on the axis ``wavenumber``.
        y
            ``(n,)`` class names.
        groups
            ``(n,)`` patient ids; they are needed.
        provenance
            Where the spectra came from, for the model file.
        checkpoints
            A folder that keeps one checkpoint per member; without it none are written.
        resume
            Go on from the checkpoints found there.
        executor
            Where members are trained; in this process if None.

        Raises
        ------
        DataError
            No patients are given, or too few for the number of members.
        TrainingDivergedError
            The loss is no longer finite.
        """
        if groups is None:
            raise DataError(
                "no patient ids: give groups=patients, so that no patient is on both sides of a split"
            )
        if self.members < 2:
            raise UsageError(
                f"members={self.members}: at least 2, so that every patient is left out of one of them"
            )
        self.classes_, target = np.unique(np.asarray(y, dtype=str), return_inverse=True)
        positive_class(
            [str(name) for name in self.classes_], self.positive
        )  # refused now, not after the training
        check_rule(self.threshold)
        table = as_table(X, self.wavenumber)
        label, patient = text_array(np.asarray(y)), text_array(np.asarray(groups))
        data = TrainingData(table, label, patient, target.astype(np.int64), len(self.classes_))
        recipe = SpectraRecipe(
            self.network,
            self.preprocessing or Preprocessing.default(),
            replace(self.training or DEFAULT_TRAINING, seed=self.seed),
            self.augmentation or Augmentation(),
            self.memory,
        )
        ensemble = train_ensemble(
            data, recipe, self.members, checkpoints=checkpoints, resume=resume, executor=executor
        )
        self.out_of_fold_logits_ = ensemble.out_of_fold_logits
        self.predictor_ = assemble_predictor(
            table,
            data,
            ensemble,
            recipe,
            provenance or Provenance(),
            positive=self.positive,
            threshold_rule=self.threshold,
        )
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return class probabilities ``(n, c)`` for spectra ``X`` (n, p) on the training axis."""
        return self.predictor_.probability(self.predictor_.mean_logits(as_table(X, self.wavenumber)))

    @property
    def out_of_fold_probability_(self) -> NDArray[np.float64]:
        """``(n, c)`` probabilities for each training row by the member that never saw its patient."""
        return self.predictor_.probability(self.out_of_fold_logits_)

    def predict(self, X: ArrayLike) -> TextArray:
        """Return the most probable class of each spectrum in ``X`` (n, p)."""
        best: TextArray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return best
