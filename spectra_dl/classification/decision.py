"""From probabilities to an answer, or to none: the threshold, the conformal set, and likeness to the training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.abstention import (
    Measured,
    nothing_usable,
    undecided,
    unlike_training,
    what_helps,
)
from spectra_dl.classification.predictions import OOD_LIMIT, PatientPredictions, RowPredictions
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.context import Words


@dataclass(frozen=True)
class Answer:
    """The prediction for one patient.

    Attributes
    ----------
    predicted_class
        Empty where the model abstains or was given nothing usable.
    prediction_set
        The classes that stand in the conformal set; none for a patient without a usable row, or unlike those the model knows.
    abstains
        Why there is no answer and what would help; empty where there is one.
    """

    predicted_class: str
    prediction_set: tuple[str, ...]
    abstains: str


@dataclass(frozen=True)
class DecisionRule:
    """How a model decides.

    Attributes
    ----------
    classes
        In the order of the probabilities' columns.
    positive, threshold
        Two classes are decided by the probability of the positive one; more by the largest.
    conformal
        Which classes can't be ruled out for a patient.
    words
        What rows are called.
    other_coverages
        Sets of other coverages that the model knows, to say which would give an answer.
    rows_per_patient
        The median of training patients; None where the model doesn't know it.
    patients
        Training patients of each class; empty where the model doesn't know them.
    """

    classes: tuple[str, ...]
    positive: str
    threshold: float
    conformal: ConformalSets
    words: Words = field(default_factory=Words)
    other_coverages: tuple[ConformalSets, ...] = ()
    rows_per_patient: float | None = None
    patients: Mapping[str, int] = field(default_factory=dict)

    @property
    def undecided_between(self) -> tuple[float, float]:
        """The two probabilities of the positive one of two classes between which the set isn't one class alone."""
        at = self.classes.index(self.positive)
        ends = sorted((1.0 - self.conformal.quantile[at], self.conformal.quantile[1 - at]))
        low, high = (min(max(end, 0.0), 1.0) for end in ends)
        return low, high

    @cached_property
    def other_limits(self) -> tuple[FloatArray, FloatArray]:
        """The coverages ``(k,)`` of the other sets, and their limits ``(k, c)``."""
        limits = [sets.quantile for sets in self.other_coverages]
        coverages = np.array([sets.coverage for sets in self.other_coverages])
        return coverages, np.array(limits).reshape(len(limits), len(self.classes))

    @property
    def no_answer_between(self) -> tuple[float, float]:
        """The two probabilities of the positive one of two classes between which there is no answer, as threshold and set don't say the same."""
        low, high = self.undecided_between
        return min(low, self.threshold), max(high, self.threshold)

    def of_rows(self, rows: RowPredictions) -> list[str]:
        """Return each row's class; empty where it was refused or is unlike the training rows."""
        decided = predicted_class(rows.probability, self.classes, self.positive, self.threshold)
        return [
            "" if far else name
            for name, far in zip(decided, (rows.ood_score > OOD_LIMIT).tolist(), strict=True)
        ]

    def of_patients(self, patients: PatientPredictions) -> list[Answer]:
        """Return each patient's answer.

        The model answers where its conformal set holds exactly one class, the threshold says the same, and at least half
        of the patient's rows are like those it was trained on.
        """
        decided = predicted_class(patients.probability, self.classes, self.positive, self.threshold)
        members = self.conformal.sets(np.nan_to_num(patients.probability, nan=-np.inf))
        measured = map(
            Measured,
            patients.probability,
            patients.n_rows.tolist(),
            patients.n_used.tolist(),
            patients.ood_score.tolist(),
        )
        names = np.array(self.classes, dtype=object)
        return [
            self._answer(each, name, tuple(names[row]))
            for each, name, row in zip(measured, decided, members, strict=True)
        ]

    def _answer(self, measured: Measured, decided: str, prediction_set: tuple[str, ...]) -> Answer:
        if not decided:
            return Answer("", (), nothing_usable(measured, self.words))
        if measured.ood_score > OOD_LIMIT:
            return Answer("", (), unlike_training(measured, self.words))
        if prediction_set != (decided,):
            why = undecided(measured, decided, prediction_set, self)
            return Answer("", prediction_set, f"{why} {what_helps(measured, decided, self)}")
        return Answer(decided, prediction_set, "")


def predicted_class(
    probability: FloatArray, classes: Sequence[str], positive: str, threshold: float
) -> list[str]:
    """Return each row's class; two classes are decided by ``threshold`` on the positive one, and NaN rows give ''.

    Parameters
    ----------
    probability
        ``(n, c)``.
    classes
        In the order of the columns.
    positive
        The class whose probability decides between two.
    threshold
        From 0 to 1; not used with more than two classes.
    """
    if len(classes) == 2:
        index = classes.index(positive)
        column = np.where(probability[:, index] >= threshold, index, 1 - index)
    else:
        column = probability.argmax(axis=1)
    known = np.asarray(np.isfinite(probability).all(axis=1))
    return [classes[at] if is_known else "" for at, is_known in zip(column, known, strict=True)]
