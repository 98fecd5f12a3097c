"""An evaluation of a number per patient as JSON, the same bytes for the same seed."""

from spectra_dl.evaluation.outcomes.results import OutcomeEvaluation, OutcomeFold, OutcomeResult
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


def outcome_report(evaluation: OutcomeEvaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null."""
    outcomes, settings = evaluation.outcomes, evaluation.settings
    value = {name: rounded(number) for name, number in zip(outcomes.names, outcomes.value, strict=True)}
    return {
        "kind": "outcomes",
        "use": RESEARCH_USE,
        "context": context_json(evaluation.context),
        "data": {
            "target": settings.target,
            "rows": len(outcomes.of_row),
            "patients": len(outcomes.names),
            "lowest": rounded(outcomes.value.min()),
            "mean": rounded(outcomes.value.mean()),
            "highest": rounded(outcomes.value.max()),
            "standard_deviation": rounded(outcomes.value.std(ddof=1)),
            "measured": value,
        },
        **patient_results(
            evaluation,
            owner=evaluation.outcomes.patient_of_row,
            models={name: _model_json(evaluation, result) for name, result in evaluation.models.items()},
        ),
    }


def outcome_split(evaluation: OutcomeEvaluation) -> str:
    """Return the split as CSV text, for `split_file.read_split`; its SHA-256 stands in the report."""
    return split_of(evaluation, evaluation.outcomes.patient_of_row)


def _model_json(evaluation: OutcomeEvaluation, result: OutcomeResult) -> Json:
    return {
        "kind": result.kind,
        "words": result.words,
        "patient_level": intervals_json(result.patient_level),
        "training_rmse": rounded(result.training_rmse),
        "chance": chance_json(result.chance),
        "leaky_estimate": None
        if result.leaky is None
        else {name: rounded(value) for name, value in result.leaky.items()},
        "predicted": {
            name: [rounded(value) for value in result.predicted[:, number]]
            for number, name in enumerate(evaluation.outcomes.names)
        },
        "per_fold": [_fold_result_json(fold) for fold in result.per_fold],
    }


def _fold_result_json(fold: OutcomeFold) -> Json:
    return {
        "repeat": fold.repeat + 1,
        "fold": fold.number + 1,
        "patients": fold.patients,
        "rmse": rounded(fold.rmse),
        "chosen": choice_json(fold.chosen),
    }
