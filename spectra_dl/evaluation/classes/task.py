"""What every model of an evaluation of classes shares: whose the rows are, the folds and the resampled patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.conformal import ConformalSets, fit_conformal
from spectra_dl.evaluation.classes.inference.within_folds import Comparison, comparisons_of
from spectra_dl.evaluation.classes.metrics import macro_auc, pool_by_patient
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.threshold import SmoothedThreshold, smooth_threshold
from spectra_dl.evaluation.estimator import class_probability, unseen_probability
from spectra_dl.evaluation.folds.job import FoldOutcome
from spectra_dl.evaluation.folds.splits import (
    Fold,
    patient_folds,
    spectrum_folds,
    undivided_folds,
    whole_and_undivided,
)
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.rows import RowSubset
from spectra_dl.evaluation.wording import first_few

_MOST_LEAKY_FOLDS = 10
_MOST_UNRANKED = 0.5


@dataclass(frozen=True)
class LearnedInFold:
    """What a fold's training patients say besides the model.

    Attributes
    ----------
    training_auc
        Patient AUC on the model's own training rows.
    threshold
        For the positive class; None with more than two classes, or where a class has a single training patient.
    sets
        Conformal sets; None where a class has a single training patient.
    """

    training_auc: float
    threshold: SmoothedThreshold | None
    sets: ConformalSets | None


@dataclass(frozen=True, eq=False)
class ClassTask:
    """The classes of the rows, and how models of them are evaluated.

    Attributes
    ----------
    label, patient
        ``(n,)`` text.
    patients
        The same, numbered.
    positive
        The number of the positive class; None with more than two classes.
    folds, leaky_folds
        By patient, and by row.
    multiplicity
        Resampled patients.
    settings
        With the number of folds and repeats there are.
    """

    label: NDArray[np.str_]
    patient: NDArray[np.str_]
    patients: Patients
    positive: int | None
    folds: tuple[Fold, ...]
    leaky_folds: tuple[Fold, ...]
    multiplicity: FloatArray
    settings: EvaluationSettings
    record_types = (LearnedInFold, ConformalSets, SmoothedThreshold)

    @property
    def repeats(self) -> int:
        """How many times every row is tested."""
        return self.settings.repeats

    @cached_property
    def fold_of_row(self) -> IndexArray:
        """``(repeats, n)`` which fold tests each row."""
        number = np.zeros((self.repeats, len(self.label)), dtype=np.intp)
        for fold in self.folds:
            number[fold.repeat, fold.test] = fold.number
        return number

    @cached_property
    def fold_of_patient(self) -> IndexArray:
        """``(repeats, m)`` which fold tests each patient."""
        _, first_row = np.unique(self.patients.of_row, return_index=True)
        return self.fold_of_row[:, first_row]

    @property
    def leaves_batches_out(self) -> bool:
        """Whether each fold tests a batch, site or instrument."""
        return all(fold.left_out is not None for fold in self.folds)

    @property
    def block(self) -> IndexArray | None:
        """``(m,)`` within which patients may be exchanged where classes are permuted: the batches that are left out."""
        return self.fold_of_patient[0] if self.leaves_batches_out else None

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The pairs of patients that the AUC is of; none where folds of one class hold more than half of the patients."""
        truth, n_classes = self.patients.class_of_patient, len(self.patients.classes)
        if self._one_class.mean() > _MOST_UNRANKED:
            return []
        return comparisons_of(self.fold_of_patient, truth, n_classes, self.positive)

    @property
    def one_class_folds(self) -> tuple[str, ...]:
        """Folds that test one class only, in words."""
        return tuple(
            fold.left_out
            or f"fold {fold.number + 1}" + (f" of repeat {fold.repeat + 1}" if self.repeats > 1 else "")
            for fold in self.folds
            if self._one_class[fold.repeat, self.patients.of_row[fold.test[0]]]
        )

    @cached_property
    def _one_class(self) -> NDArray[np.bool_]:
        """``(repeats, m)`` whether the fold that tests a patient tests one class only."""
        truth, alone = self.patients.class_of_patient, np.zeros(self.fold_of_patient.shape, dtype=bool)
        for numbers, single in zip(self.fold_of_patient, alone, strict=True):
            for number in np.unique(numbers):
                single[numbers == number] = np.unique(truth[numbers == number]).size == 1
        return alone

    def leaky_groups(self, groups: Mapping[str, Texts]) -> dict[str, list[Fold]]:
        """Return folds that keep groups of rows together and divide patients; none of a group that can't be divided so, or where none are wanted.

        Parameters
        ----------
        groups
            ``(n,)`` text by name.
        """
        if not self.settings.leaky:
            return {}
        folds = min(self.settings.folds, _MOST_LEAKY_FOLDS)
        divided = {
            name: undivided_folds(group, self.patients.class_of_row, folds=folds, seed=self.settings.seed)
            for name, group in groups.items()
        }
        return {name: each for name, each in divided.items() if each}

    def audit_folds(self) -> Sequence[Fold]:
        """Return the models' folds, or folds drawn anew where one of them tests a class only: probes need both."""
        n_classes = len(self.patients.classes)
        if all(np.unique(self.patients.class_of_row[fold.test]).size == n_classes for fold in self.folds):
            return self.folds
        fewest = min(self.patients.count(code) for code in range(n_classes))
        return patient_folds(self.patient, self.label, folds=min(5, fewest), seed=self.settings.seed)

    def target(self, fold: Fold) -> NDArray[np.str_]:
        """Return the training rows' classes."""
        return self.label[fold.train]

    def groups(self, rows: IndexArray) -> Texts:
        """Return the rows' patients."""
        return self.patient[rows]

    def predict(self, name: str, fitted: Any, rows: Any, fold: Fold) -> FloatArray:
        """Return ``(k, c)`` probabilities of the test rows.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's test rows.
        fold
            The fold.
        """
        return class_probability(name, fitted, rows, self.patients.classes)

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> LearnedInFold:
        """Return the threshold and the sets that the fold's training patients ask for; no test patient has a say.

        Parameters
        ----------
        name, fitted
            The model.
        rows
            The fold's training rows.
        fold
            The fold.
        """
        classes, train = self.patients.classes, fold.train
        known = class_probability(name, fitted, rows.values, classes)
        training_auc = macro_auc(*self.by_patient(known, train), self.positive)
        unseen = unseen_probability(
            name,
            fitted,
            rows,
            self.label[train],
            self.patient[train],
            classes=classes,
            seed=self.settings.seed,
        )
        if unseen is None:
            return LearnedInFold(training_auc, None, None)
        truth, pooled = self.by_patient(unseen, train)
        sets = fit_conformal(pooled, truth, self.settings.coverage)
        if self.positive is None:
            return LearnedInFold(training_auc, None, sets)
        threshold = smooth_threshold(
            pooled[:, self.positive],
            truth == self.positive,
            self.settings.threshold_rule,
            seed=self.settings.seed,
        )
        return LearnedInFold(training_auc, threshold, sets)

    def out_of_fold(self, outcomes: Sequence[FoldOutcome[LearnedInFold]]) -> tuple[FloatArray, FloatArray]:
        """Return ``(repeats, n, c)`` probabilities of all rows and ``(repeats, m, c)`` of all patients.

        Parameters
        ----------
        outcomes
            Of one model in every fold.
        """
        patients = self.patients
        probability = np.full((self.repeats, len(self.label), len(patients.classes)), np.nan)
        for outcome in outcomes:
            probability[outcome.fold.repeat, outcome.fold.test] = outcome.predicted
        n_patients = len(patients.names)
        return probability, np.stack(
            [pool_by_patient(each, patients.of_row, n_patients) for each in probability]
        )

    def by_patient(self, probability: FloatArray, rows: IndexArray) -> tuple[IndexArray, FloatArray]:
        """Return class numbers and pooled probabilities of the patients who own ``rows``.

        Parameters
        ----------
        probability
            ``(k, c)`` of the rows.
        rows
            ``(k,)`` row numbers.
        """
        present, of_row = np.unique(self.patients.of_row[rows], return_inverse=True)
        return self.patients.class_of_patient[present], pool_by_patient(probability, of_row, present.size)


class LeakyClassTask(ClassTask):
    """The same on folds that divide patients: nothing is learned in them, they only give the leaky estimate of such a split."""

    def learn(self, name: str, fitted: Any, rows: RowSubset, fold: Fold) -> LearnedInFold:
        """Learn nothing.

        Parameters
        ----------
        name, fitted, rows, fold
            As in `ClassTask.learn`.
        """
        return LearnedInFold(float("nan"), None, None)

    @classmethod
    def of(cls, task: ClassTask) -> "LeakyClassTask":
        """Return the leaky counterpart of a task."""
        return cls(**{attribute.name: getattr(task, attribute.name) for attribute in fields(ClassTask)})


def prepare_task(
    n_rows: int, patients: Patients, settings: EvaluationSettings, folds: Sequence[Fold] | None
) -> ClassTask:
    """Check rows and folds, and draw what is not given.

    Parameters
    ----------
    n_rows
        How many rows there are.
    patients
        Whose each is.
    settings
        How models are evaluated.
    folds
        Of another run; drawn anew if None.

    Raises
    ------
    DataError
        Other numbers of rows and labels, or folds that can't be used.
    """
    if n_rows != len(patients.of_row):
        raise DataError(f"{n_rows} rows for {len(patients.of_row)} labels; give one of each per row")
    label = np.array([patients.classes[code] for code in patients.class_of_row])
    patient = np.array([patients.names[code] for code in patients.of_row])
    if folds is None:
        folds = patient_folds(
            patient, label, folds=settings.folds, repeats=settings.repeats, seed=settings.seed
        )
    else:
        _check_folds(folds, patients)
        number, repeat = max(fold.number for fold in folds), max(fold.repeat for fold in folds)
        settings = replace(settings, folds=number + 1, repeats=repeat + 1)
    positive, _ = named_positive(patients, settings)
    return ClassTask(
        label=label,
        patient=patient,
        patients=patients,
        positive=None if positive is None else patients.classes.index(positive),
        folds=tuple(folds),
        leaky_folds=tuple(_leaky_folds(patients, label, settings)),
        multiplicity=patients.draw(resamples=settings.resamples, seed=settings.seed),
        settings=settings,
    )


def named_positive(patients: Patients, settings: EvaluationSettings) -> tuple[str | None, str]:
    """Return the positive class and a sentence that says why; None with more than two classes.

    Parameters
    ----------
    patients
        Their classes, in sorted order.
    settings
        May name the positive class.

    Raises
    ------
    UsageError
        The named class is none of them.
    """
    if len(patients.classes) == 2:
        return positive_class(patients.classes, settings.positive)
    if settings.positive is not None:
        positive_class(patients.classes, settings.positive)
    reason = (
        f"{len(patients.classes)} classes: each is scored against the rest, and the figures are averaged."
    )
    return None, reason


def _leaky_folds(patients: Patients, label: NDArray[np.str_], settings: EvaluationSettings) -> list[Fold]:
    if not settings.leaky:
        return []
    fewest = int(np.bincount(patients.class_of_row).min())
    return spectrum_folds(
        label, folds=min(settings.folds, _MOST_LEAKY_FOLDS, max(2, fewest)), seed=settings.seed
    )


def _check_folds(folds: Sequence[Fold], patients: Patients) -> None:
    """Refuse folds from elsewhere that test a row twice or never, have a patient on both sides, or train no class."""
    if not whole_and_undivided(folds, patients.subject_of_patient[patients.of_row]):
        raise DataError(
            "the given folds don't test each row once per repeat, or have a patient on both sides; "
            "make them with patient_folds or read_split"
        )
    for fold in folds:
        trained = np.unique(patients.of_row[fold.train])
        counts = np.bincount(patients.class_of_patient[trained], minlength=len(patients.classes))
        if counts.min() == 0:
            listed = first_few(
                f"{name} {count}" for name, count in zip(patients.classes, counts, strict=True)
            )
            raise DataError(
                f"fold {fold.number + 1} of the given split trains on a class less (patients: {listed}); "
                "take another split"
            )
