"""Score probabilities that come from elsewhere with the same figures, intervals and comparisons as our own models."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.comparison import paired_differences, permutation_null, permutation_p
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.metrics import pool_by_patient
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.classes.task import named_positive
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.intervals import Interval, draw_patients
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.patients import Patients, read_patients


@dataclass(frozen=True, eq=False)
class PredictionScore:
    """How good one set of predictions is.

    Attributes
    ----------
    patient_level, row_level
        Figures with intervals, by metric; rows of one patient are pooled by the mean logarithm of their
        probabilities, see `metrics.pool_by_patient`.
    permutation_p
        How often classes assigned to patients at random reach this patient AUC.
    """

    patient_level: Mapping[str, Interval]
    row_level: Mapping[str, Interval]
    permutation_p: float


@dataclass(frozen=True, eq=False)
class Scoring:
    """All sets of predictions on the same rows.

    Attributes
    ----------
    patients
        Whose each row is.
    positive, positive_reason
        The class whose sensitivity is reported, and why that one; None with more than two classes.
    scores
        By name, in the order given.
    differences
        Every other set minus the first, in AUC and balanced accuracy at patient level.
    """

    patients: Patients
    positive: str | None
    positive_reason: str
    scores: Mapping[str, PredictionScore]
    differences: tuple[Difference, ...]


def score_predictions(
    probability: Mapping[str, FloatArray],
    label: Texts,
    patient: Texts,
    settings: EvaluationSettings | None = None,
) -> Scoring:
    """Score predictions against the truth.

    Predictions don't show whether the patients were kept out of training; whoever made them must vouch for that.

    Parameters
    ----------
    probability
        By name: ``(n, c)``, columns in the sorted order of the labels' classes, each row summing to one.
    label, patient
        ``(n,)`` text.
    settings
        Resamples, permutations, kind of interval, seed and positive class; the rest is not used.

    Raises
    ------
    UsageError
        No predictions, or an unknown positive class.
    DataError
        Labels or patients that can't be used, or numbers that are no probabilities.

    Examples
    --------
    >>> probability = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.2, 0.8]])
    >>> scoring = score_predictions({"mine": probability}, ["no", "no", "yes", "yes"], ["a", "b", "c", "d"])
    >>> scoring.scores["mine"].patient_level["auc"].value
    1.0
    """
    if not probability:
        raise UsageError("no predictions to score; give at least one file")
    settings = settings or EvaluationSettings()
    patients = read_patients(patient, label)
    positive, reason = named_positive(patients, settings)
    at = None if positive is None else patients.classes.index(positive)
    multiplicity = draw_patients(len(patients.names), resamples=settings.resamples, seed=settings.seed)
    pooled = {name: _pooled(name, predicted, patients, at) for name, predicted in probability.items()}
    scores = {
        name: PredictionScore(
            patient_intervals(pooled[name], multiplicity, method=settings.interval),
            patient_intervals(
                Scores(patients.class_of_row, np.asarray(predicted)[None], patients.of_row, at),
                multiplicity,
                method=settings.interval,
            ),
            _permutation_p(pooled[name], settings),
        )
        for name, predicted in probability.items()
    }
    (reference, first), *rest = pooled.items()
    headline = [metric.name for metric in shown_in("headline", METRICS)]
    compared = [paired_differences((name, score), (reference, first), multiplicity) for name, score in rest]
    differences = tuple(each[metric] for each in compared for metric in headline)
    return Scoring(patients, positive, reason, scores, differences)


def _pooled(name: str, probability: FloatArray, patients: Patients, positive: int | None) -> Scores:
    probability = np.asarray(probability, dtype=np.float64)
    fits = probability.shape == (len(patients.of_row), len(patients.classes))
    if not fits or not np.all(probability >= 0) or not np.allclose(probability.sum(axis=1), 1.0, atol=1e-3):
        raise DataError(
            f"{name}: not one probability from 0 to 1 for each row and class ({', '.join(patients.classes)}) that sum to 1"
        )
    by_patient = pool_by_patient(probability, patients.of_row, len(patients.names))
    return Scores(patients.class_of_patient, by_patient[None], np.arange(len(patients.names)), positive)


def _permutation_p(scores: Scores, settings: EvaluationSettings) -> float:
    null = permutation_null(
        scores.probability[0],
        scores.patient,
        scores.truth,
        permutations=settings.permutations,
        seed=settings.seed,
    )
    return permutation_p(scores.figures()["auc"], null)
