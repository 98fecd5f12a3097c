"""An evaluation of the time to an event as JSON, the same bytes for the same seed."""

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.outcomes.survival.curves import SurvivalCurve
from spectra_dl.evaluation.outcomes.survival.results import (
    CalibrationGroup,
    SurvivalEvaluation,
    SurvivalFold,
    SurvivalResult,
)
from spectra_dl.evaluation.report.classes_json import (
    RESEARCH_USE,
    Json,
    chance_json,
    choice_json,
    context_json,
    intervals_json,
    rounded,
)
from spectra_dl.evaluation.report.patients_json import patient_results, split_of


def survival_report(evaluation: SurvivalEvaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null."""
    survival, settings = evaluation.survival, evaluation.settings
    followed = zip(survival.names, survival.time, survival.event, strict=True)
    return {
        "kind": "survival",
        "use": RESEARCH_USE,
        "context": context_json(evaluation.context),
        "data": {
            "time": settings.time,
            "event": settings.event,
            "rows": len(survival.of_row),
            "patients": len(survival.names),
            "events": int(survival.event.sum()),
            "longest": rounded(survival.time.max()),
            "horizon": rounded(evaluation.horizon),
            "reach": rounded(evaluation.reach),
            "chance_reaches": rounded(evaluation.chance_reaches),
            "followed": {name: [rounded(time), int(event)] for name, time, event in followed},
        },
        **patient_results(
            evaluation,
            owner=evaluation.survival.patient_of_row,
            models={name: _model_json(evaluation, result) for name, result in evaluation.models.items()},
        ),
    }


def survival_split(evaluation: SurvivalEvaluation) -> str:
    """Return the split as CSV text, for `split_file.read_split`; its SHA-256 stands in the report."""
    return split_of(evaluation, evaluation.survival.patient_of_row)


def _model_json(evaluation: SurvivalEvaluation, result: SurvivalResult) -> Json:
    names, groups = evaluation.survival.names, result.groups
    lower, higher = (_curve_json(curve) for curve in groups.curves)
    return {
        "kind": result.kind,
        "words": result.words,
        "patient_level": intervals_json(result.patient_level),
        "training_c_index": rounded(result.training_c_index),
        "chance": chance_json(result.chance),
        "leaky_estimate": None if result.leaky is None else {"c_index": rounded(result.leaky)},
        "risk": {name: _rounded(result.risk[:, number]) for number, name in enumerate(names)},
        "event_by_horizon": {
            name: _rounded(result.event_by_horizon[:, number]) for number, name in enumerate(names)
        },
        "by_risk": {
            "higher": [name for name, above in zip(names, groups.higher, strict=True) if above],
            "log_rank": rounded(groups.log_rank),
            "p": rounded(groups.p),
            "lower_curve": lower,
            "higher_curve": higher,
        },
        "calibration": [_calibration_json(group) for group in result.calibration],
        "per_fold": [_fold_result_json(fold) for fold in result.per_fold],
    }


def _curve_json(curve: SurvivalCurve | None) -> Json | None:
    if curve is None:
        return None
    return {
        "time": _rounded(curve.time),
        "survival": _rounded(curve.survival),
        "low": _rounded(curve.low),
        "high": _rounded(curve.high),
        "at_risk": [int(count) for count in curve.at_risk],
    }


def _calibration_json(group: CalibrationGroup) -> Json:
    return {
        "patients": group.patients,
        "predicted": rounded(group.predicted),
        "observed": rounded(group.observed),
        "low": rounded(group.low),
        "high": rounded(group.high),
    }


def _fold_result_json(fold: SurvivalFold) -> Json:
    return {
        "repeat": fold.repeat + 1,
        "fold": fold.number + 1,
        "patients": fold.patients,
        "events": fold.events,
        "c_index": rounded(fold.c_index),
        "chosen": choice_json(fold.chosen),
    }


def _rounded(values: FloatArray) -> list[float | None]:
    return [rounded(value) for value in values]
