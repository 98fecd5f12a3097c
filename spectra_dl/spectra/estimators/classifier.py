"""The neural classifier of spectra, in scikit-learn's shape."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.classification.ensemble import Ensemble, divisions, fit_alone, train_ensemble
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.threshold import ThresholdRule, check_rule
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.executor import Executor
from spectra_dl.spectra.estimators.assembly import Provenance, assemble_predictor
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.labels import ClassLabels, Labels, label_array, read_labels
from spectra_dl.spectra.estimators.parts.classical import LinearModel
from spectra_dl.spectra.estimators.parts.rocket import ROCKET, RocketModel
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.estimators.spectra_estimator import SpectraEstimator, patients_of
from spectra_dl.spectra.networks import AUTO, FITTED_NAMES, NETWORK_NAMES
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

# Few rows are passed over more often: steps teach, not passes.
DEFAULT_TRAINING = TrainingSettings(epochs=12, least_steps=300, learning_rate=3e-3)
_MEMBERS_OF_A_SMALLER = 5


class SpectraClassifier(ClassifierMixin, SpectraEstimator):
    """Classify spectra with an ensemble of small networks, each trained without one fold of the patients.

    Member k never sees the patients of fold k. Its logits for fold k's patients, collected over all members, give every
    training patient a prediction by networks that never saw them: on these is learnt how much each part of the members
    counts (`spectra_dl.classification.shares`), the temperature is fitted on them, and the scores in the model file are
    theirs. The ensemble's logit is the mean over its members.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis of the spectra in cm⁻¹, ascending. None takes the columns of the data frame, or the axis of the table, that
        it is fitted on. Columns that are numbers must be this axis, in this order, whenever a data frame is given.
    preprocessing
        Cleaning steps, fitted anew on each member's own training rows; None takes the default ones.
    network
        One of `spectra_dl.spectra.networks.NETWORKS`; ``"auto"``: the default one with MiniRocket beside its members; or a model of
        ``"logistic"``, ``"pls-da"``, ``"pca-lda"`` and ``"minirocket"`` alone, fitted on all rows.
    members
        Networks in the ensemble, at least 2; ten leave out each of five folds of the patients twice
        (`spectra_dl.classification.ensemble.divisions`).
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    augmentation
        Random changes to training rows; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    positive
        The class whose sensitivity is reported, as ``y`` has it or as text; None takes the rule of `spectra_dl.evaluation.class_names`.
    threshold
        How the stored decision threshold is chosen on left-out patients: ``"youden"``, or the specificity wanted.
    memory
        Shared with models that are fitted on the same rows or clean the same spectra; changes nothing but the time.

    Attributes
    ----------
    classes_
        ``(c,)`` labels in the type of ``y`` (text, whole numbers, booleans), sorted in it; `predict` returns values of it.
    predictor_
        The `SpectraPredictor` that was trained; it and its file have the classes as text.
    out_of_fold_logits_
        ``(n, c)`` logits for each training row by the member that never saw its patient.
    wavenumber_, n_features_in_, feature_names_in_
        The axis it was fitted on, its length, and the names of the data frame's columns if they were texts.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = SpectraClassifier(table.wavenumber, members=2, training=TrainingSettings(epochs=2))
    >>> model = model.fit(table.intensity, table.label, groups=table.patient)
    >>> model.predict_proba(table.intensity).shape
    (16, 2)
    """

    _learnt = "predictor_"
    classes_: Labels
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        *,
        network: str = AUTO,
        members: int = 10,
        training: TrainingSettings | None = None,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        positive: object = None,
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
            ``(n,)`` classes: text, whole numbers or booleans.
        groups
            ``(n,)`` patient ids. They are needed, unless X says whose its rows are: a `SpectraTable` with patients, or a data
            frame whose index is named ``patient``.
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
            No patients are given, or too few for the number of members; an id, a label or an intensity is missing; a patient has two
            classes; the columns of a data frame are not the axis.
        TrainingDivergedError
            The loss is no longer finite.
        """
        if self.members < 2:
            raise UsageError(
                f"members={self.members}: at least 2, so that every patient is left out of one of them"
            )
        table = self._spectra(X, reset=True)
        labels = read_labels(y, len(table))
        data = self._training_data(table, labels, patients_of(X, groups, len(table)))
        positive = None if self.positive is None else labels.name_of(self.positive)
        positive_class(list(labels.names), positive)  # refused now, not after the training
        check_rule(self.threshold)
        recipe = self._recipe(means=len(set(data.patient)) < len(table))
        ensemble = self._fitted(data, recipe, checkpoints=checkpoints, resume=resume, executor=executor)
        self.classes_, self._column = labels.classes, labels.place
        self.out_of_fold_logits_ = ensemble.out_of_fold_logits.take(self._column, axis=1)
        self.predictor_ = assemble_predictor(
            table,
            data,
            ensemble,
            recipe,
            provenance or Provenance(),
            beside=[ROCKET] if self.network == AUTO else [],
            positive=positive,
            threshold_rule=self.threshold,
        )
        return self

    def _fitted(
        self,
        data: TrainingData,
        recipe: SpectraRecipe,
        *,
        checkpoints: Path | None,
        resume: bool,
        executor: Executor | None,
    ) -> Ensemble[FittedPreprocessing]:
        steps, seed, memory = recipe.preprocessing, self.seed, recipe.memory
        rocket = RocketModel(steps, seed, memory)
        if self.network == ROCKET:
            return fit_alone(data, rocket, executor)
        if self.network in FITTED_NAMES:
            linear = LinearModel(self.network, steps, divisions(self.members)[0], seed, memory)
            return fit_alone(data, linear, executor)
        return train_ensemble(
            data,
            recipe,
            self.members,
            beside=[rocket] if self.network == AUTO else [],
            checkpoints=checkpoints,
            resume=resume,
            executor=executor,
        )

    def _recipe(self, *, means: bool) -> SpectraRecipe:
        return SpectraRecipe(
            NETWORK_NAMES[0] if self.network == AUTO else self.network,
            self.preprocessing or Preprocessing.default(),
            replace(self.training or DEFAULT_TRAINING, seed=self.seed),
            self.augmentation or Augmentation(),
            means,
            FoldMemory() if self.memory is None else self.memory,
        )

    def _training_data(self, table: SpectraTable, labels: ClassLabels, patient: TextArray) -> TrainingData:
        """Return the rows with the checks of the command line: everybody has one spelling and one class."""
        people = read_patients(patient, labels.text)
        names = text_array(people.names)[people.of_row]
        target = labels.place[labels.of_row].astype(np.int64)
        return TrainingData(table, labels.text, names, target, len(labels.classes))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return class probabilities ``(n, c)``, a column for each of ``classes_``, for spectra ``X`` (n, p) on the training axis."""
        table = self._spectra(X, reset=False)
        probability = self.predictor_.probability(self.predictor_.mean_logits(table))
        return probability.take(self._column, axis=1)

    @property
    def out_of_fold_probability_(self) -> NDArray[np.float64]:
        """``(n, c)`` probabilities for each training row by the member that never saw its patient."""
        check_is_fitted(self)
        return self.predictor_.probability(self.out_of_fold_logits_)

    def smaller(self) -> Self:
        """Return an unfitted ensemble of five members, which says nearly the same, or this one if it has no more; leaky estimates are of it."""
        if self.members <= _MEMBERS_OF_A_SMALLER:
            return self
        copy: Self = clone(self)
        copy.set_params(members=_MEMBERS_OF_A_SMALLER)
        return copy

    def predict(self, X: ArrayLike) -> Labels:
        """Return the most probable class of each spectrum in ``X`` (n, p), as ``y`` had it."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        best: Labels = self.classes_[likeliest]
        return best

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of spectra whose class is predicted, each counted by itself; `spectra_dl.evaluate` counts patients.

        Parameters
        ----------
        X
            ``(n, p)`` spectra on the training axis.
        y
            ``(n,)`` their classes, in the type they had in `fit`.
        sample_weight
            ``(n,)`` how much each spectrum counts; the same if None.
        """
        predicted = self.predict(X)
        right = predicted == label_array(y, len(predicted))
        return float(np.average(right, weights=None if sample_weight is None else np.asarray(sample_weight)))
