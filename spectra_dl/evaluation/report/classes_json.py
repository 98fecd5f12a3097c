"""An evaluation of classes as JSON, the same bytes for the same seed."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.classes.calibration import ReliabilityBin
from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.classes.inference.paired import PAIRED_TEST, PairedShare
from spectra_dl.evaluation.classes.results import (
    ConformalResult,
    Evaluation,
    FoldResult,
    ModelResult,
    ThresholdResult,
)
from spectra_dl.evaluation.classes.roc import RocCurve
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.folds.split_file import RowNames, split_sha256, split_text
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.sample_units import subjects_of

RESEARCH_USE = "Research use only, not for diagnosis."
_DECIMALS = 10  # far below what matters, far above what the order of a sum changes

Json = dict[str, object]


def evaluation_report(evaluation: Evaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null.

    Nothing in it depends on the clock: the same data, settings and seed give the same report. Of several repeats, ROC,
    reliability, slope, intercept and confusion are of each patient's mean probability; all other figures are means over
    repeats.
    """
    patients, settings = evaluation.patients, evaluation.settings
    return {
        "kind": "classes",
        "use": RESEARCH_USE,
        "context": context_json(evaluation.context),
        "data": {
            "rows": len(patients.of_row),
            "patients": len(patients.names),
            "classes": list(patients.classes),
            **_subjects_json(patients),
            "patients_per_class": {name: patients.count(code) for code, name in enumerate(patients.classes)},
            "positive_class": evaluation.positive,
            "positive_class_reason": evaluation.positive_reason,
        },
        "settings": {
            "folds": settings.folds,
            "repeats": settings.repeats,
            "seed": settings.seed,
            "resamples": settings.resamples,
            "refits": settings.refits,
            "leaky": settings.leaky,
            "null_refits": settings.null_refits,
            "interval": settings.interval,
            "level": 0.95,
            "split_by": settings.split_by,
            "threshold_rule": settings.threshold_rule,
            "coverage": settings.coverage,
        },
        "audit": audit_json(evaluation.audit),
        "models": {name: _model_json(evaluation, result) for name, result in evaluation.models.items()},
        "differences": [difference_json(difference) for difference in evaluation.differences],
        "split": {
            "sha256": split_sha256(evaluation_split(evaluation)),
            "folds": folds_json(
                evaluation.folds, text_array(patients.shown_names)[patients.of_row], evaluation.context.rows
            ),
            "one_class_folds": list(evaluation.one_class_folds),
        },
    }


def evaluation_split(evaluation: Evaluation) -> str:
    """Return the split as CSV text, for `split_file.read_split`; its SHA-256 stands in the report."""
    return split_text(
        evaluation.folds,
        subjects_of([evaluation.patients.names[code] for code in evaluation.patients.of_row]),
        evaluation.context.rows,
    )


def context_json(context: ReportContext) -> Json:
    """Return what the modality adds to a report."""
    words = context.words
    return {
        "words": {"row": words.row, "rows": words.rows, "target": words.target},
        "answers": {item: list(answer) for item, answer in context.answers.items()},
        "methods": list(context.methods),
        "references": list(context.references),
    }


def choice_json(chosen: Choice | None) -> Json | None:
    """Return what a fold chose; None where it had no choice."""
    if chosen is None:
        return None
    return {
        "name": chosen.name,
        "inner_scores": {name: rounded(score) for name, score in chosen.scores.items()},
    }


def _model_json(evaluation: Evaluation, result: ModelResult) -> Json:
    patients = evaluation.patients
    probability = {
        name: [[rounded(value) for value in row] for row in result.patient_probability[:, code, :]]
        for code, name in enumerate(patients.shown_names)
    }
    return {
        "kind": result.kind,
        "words": result.words,
        "patient_level": intervals_json(result.patient_level),
        "row_level": intervals_json(result.row_level),
        "training_patient_auc": rounded(result.training_auc),
        "chance": chance_json(result.chance),
        **({} if result.paired is None else {"paired": _paired_json(result.paired)}),
        "leaky_estimate": None
        if result.leaky is None
        else {metric: rounded(value) for metric, value in result.leaky.items()},
        **({"leaky_of_smaller": True} if result.leaky_of_smaller else {}),
        **({"leaky_by": _leaky_by_json(result)} if result.leaky_by else {}),
        "patient_probability": probability,
        "roc": [_roc_json(curve) for curve in result.curves.roc],
        "calibration": _calibration_json(result),
        "decision_curve": _decision_json(result),
        "confusion": {"classes": list(patients.classes), "counts": result.curves.confusion.tolist()},
        "threshold": None if result.threshold is None else _threshold_json(result.threshold),
        "per_fold": [_fold_result_json(fold) for fold in result.per_fold],
        "conformal": None
        if result.conformal is None
        else _conformal_json(result.conformal, patients.classes),
    }


def _leaky_by_json(result: ModelResult) -> Json:
    return {
        name: {metric: rounded(value) for metric, value in figures.items()}
        for name, figures in result.leaky_by.items()
    }


def _subjects_json(patients: Patients) -> Json:
    """Return how many people there are where a patient is a subject's rows of one class; nothing where it is a person."""
    if patients.cluster is None:
        return {}
    several = int((np.bincount(patients.cluster) > 1).sum())
    return {"subjects": len(patients.subjects), "subjects_with_several_classes": several}


def _paired_json(paired: PairedShare) -> Json:
    return {
        "subjects": paired.subjects,
        "share": interval_json(paired.share),
        "test": PAIRED_TEST,
        "chance": chance_json(paired.chance),
    }


def chance_json(chance: Chance) -> Json:
    """Return how a figure stands against refits, ready for JSON."""
    numbers = ("p", "null_mean", "null_sd", "inflation")
    return {
        "verdict": chance.verdict,
        "refits": chance.refits,
        "refitted": chance.refitted,
        **{name: rounded(getattr(chance, name)) for name in numbers},
    }


def _roc_json(curve: RocCurve) -> Json:
    return {
        "class": curve.name,
        "false_positive_rate": _numbers(curve.false_positive_rate),
        "sensitivity": _numbers(curve.sensitivity),
    }


def _calibration_json(result: ModelResult) -> Json | None:
    calibration = result.curves.calibration
    if calibration is None:
        return None
    return {
        "ece": rounded(result.patient_level["ece"].value),
        "brier": rounded(result.patient_level["brier"].value),
        "slope": rounded(calibration.slope),
        "intercept": rounded(calibration.intercept),
        "reliability": [_bin_json(reliability_bin) for reliability_bin in calibration.bins],
    }


def _decision_json(result: ModelResult) -> Json | None:
    decision = result.curves.decision
    if decision is None:
        return None
    return {
        "threshold": _numbers(decision.threshold),
        "treat_all": _numbers(decision.treat_all),
        **{
            name: {
                end: _numbers([getattr(each, end) for each in getattr(decision, name)])
                for end in ("value", "low", "high")
            }
            for name in ("net_benefit", "standardised", "gain")
        },
    }


def _bin_json(reliability_bin: ReliabilityBin) -> Json:
    return {
        "low": rounded(reliability_bin.low),
        "high": rounded(reliability_bin.high),
        "patients": reliability_bin.patients,
        "mean_probability": rounded(reliability_bin.mean_probability),
        "observed": rounded(reliability_bin.observed.value),
        "observed_low": rounded(reliability_bin.observed.low),
        "observed_high": rounded(reliability_bin.observed.high),
    }


def _threshold_json(threshold: ThresholdResult) -> Json:
    return {
        "rule": threshold.rule,
        "per_fold": _numbers([each.value for each in threshold.per_fold]),
        "spread_per_fold": [_numbers([each.low, each.high]) for each in threshold.per_fold],
        "sensitivity": interval_json(threshold.sensitivity),
        "specificity": interval_json(threshold.specificity),
    }


def _conformal_json(conformal: ConformalResult, classes: Sequence[str]) -> Json:
    return {
        "coverage_wanted": conformal.coverage_wanted,
        "coverage": rounded(conformal.coverage),
        "coverage_per_class": dict(zip(classes, _numbers(conformal.coverage_per_class), strict=True)),
        "mean_set_size": rounded(conformal.mean_set_size),
        "abstained": rounded(conformal.abstained),
        "pooled_classes": [classes[code] for code in conformal.pooled],
    }


def _fold_result_json(fold: FoldResult) -> Json:
    return {
        "repeat": fold.repeat + 1,
        "fold": fold.number + 1,
        "left_out": fold.left_out,
        "patients": fold.patients,
        **{name: rounded(value) for name, value in fold.figures.items()},
        "chosen": choice_json(fold.chosen),
    }


def folds_json(folds: Sequence[Fold], owner: TextArray, rows: RowNames | None) -> list[Json]:
    """Return the split: the patients and rows that each fold tests.

    Parameters
    ----------
    folds
        The folds.
    owner
        ``(n,)`` the id of each row's patient.
    rows
        What the input calls its rows; None counts them.
    """
    rows = rows or RowNames.counted(len(owner))
    return [
        {
            "repeat": fold.repeat + 1,
            "fold": fold.number + 1,
            "test_patients": sorted(set(owner[fold.test])),
            "test_rows": [int(number) for number in rows.number[fold.test]],
        }
        for fold in folds
    ]


def difference_json(difference: Difference) -> Json:
    """Return a paired difference ready for JSON."""
    return {
        "model": difference.model,
        "reference": difference.reference,
        "metric": difference.metric,
        "difference": interval_json(difference.interval),
        "verdict": difference.verdict,
    }


def intervals_json(intervals: Mapping[str, Interval]) -> Json:
    """Return figures with their intervals ready for JSON; undefined ones are null."""
    return {name: interval_json(interval) for name, interval in intervals.items()}


def interval_json(interval: Interval) -> Json:
    """Return a figure with its interval, ready for JSON."""
    numbers = {name: rounded(getattr(interval, name)) for name in ("value", "low", "high", "undefined_share")}
    return {**numbers, "method": interval.method}


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [rounded(value) for value in values]


def rounded(value: float) -> float | None:
    """Return a figure as JSON holds it; null where it is undefined."""
    return None if math.isnan(value) else round(float(value), _DECIMALS)
