"""From probabilities to an answer, or to none: the threshold, the conformal set, and likeness to the training rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.predictions import PatientPredictions, RowPredictions
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.context import Words

OOD_LIMIT = 1.0  # of the limit


@dataclass(frozen=True)
class Answer:
    """The prediction for one patient.

    Attributes
    ----------
    predicted_class
        Empty where the model abstains or was given nothing usable.
    prediction_set
        The classes that stand in the conformal set.
    abstains
        Why there is no answer; empty where there is one, and for refused patients.
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
    """

    classes: tuple[str, ...]
    positive: str
    threshold: float
    conformal: ConformalSets
    words: Words = field(default_factory=Words)

    def of_rows(self, rows: RowPredictions) -> list[str]:
        """Return each row's class; empty where it was refused or is unlike the training rows."""
        decided = predicted_class(rows.probability, self.classes, self.positive, self.threshold)
        return [
            "" if score > OOD_LIMIT else name for name, score in zip(decided, rows.ood_score, strict=True)
        ]

    def of_patients(self, patients: PatientPredictions) -> list[Answer]:
        """Return each patient's answer.

        The model answers where its conformal set holds exactly one class, the threshold says the same, and at least half
        of the patient's rows are like those it was trained on.
        """
        decided = predicted_class(patients.probability, self.classes, self.positive, self.threshold)
        members = self.conformal.sets(np.nan_to_num(patients.probability, nan=-np.inf))
        sets = [tuple(np.array(self.classes, dtype=object)[row]) for row in members]
        return [
            self._answer(name, prediction_set, score)
            for name, prediction_set, score in zip(decided, sets, patients.ood_score, strict=True)
        ]

    def _answer(self, decided: str, prediction_set: tuple[str, ...], ood_score: float) -> Answer:
        if not decided:
            return Answer("", (), "")
        if ood_score > OOD_LIMIT:
            reason = f"most {self.words.rows} are unlike the training {self.words.rows} ({ood_score:.1f} x the limit)"
            return Answer("", prediction_set, reason)
        if prediction_set != (decided,):
            share = f"{self.conformal.coverage:.0%}"
            nothing = "neither class" if len(self.classes) == 2 else "no class"
            possible = " or ".join(prediction_set) or nothing
            return Answer("", prediction_set, f"at {share} coverage it may be {possible}")
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
    names = []
    for row in probability:
        if not np.isfinite(row).all():
            names.append("")
        elif len(classes) == 2:
            index = classes.index(positive)
            names.append(positive if row[index] >= threshold else classes[1 - index])
        else:
            names.append(classes[int(row.argmax())])
    return names
