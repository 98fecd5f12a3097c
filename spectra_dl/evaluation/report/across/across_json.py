"""An evaluation of one profile per patient as JSON, the same bytes for the same seed."""

from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.profiles.across.harness import ABOUT
from spectra_dl.evaluation.profiles.across.results import AcrossEvaluation, AcrossResult
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.evaluation.report.across.across_text import across_verdict, section_warning
from spectra_dl.evaluation.report.classes_json import (
    RESEARCH_USE,
    Json,
    context_json,
    difference_json,
    folds_json,
    interval_json,
    rounded,
)


def across_report(evaluation: AcrossEvaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null."""
    settings = evaluation.settings
    return {
        "kind": "across-patients",
        "use": RESEARCH_USE,
        "context": context_json(evaluation.context),
        "verdict": across_verdict(evaluation),
        "warning": section_warning(evaluation),
        "settings": {
            "folds": settings.folds_of(len(evaluation.patient)),
            "repeats": settings.repeats,
            "shuffles": settings.shuffles,
            "seed": settings.seed,
            "level": 0.95,
        },
        "ceiling": rounded(float(known_mean(evaluation.ceiling))),
        "models": {name: _result_json(result) for name, result in evaluation.models.items()},
        "controls": {
            name: {"about": ABOUT.get(name, ""), **_result_json(result)}
            for name, result in evaluation.controls.items()
        },
        "differences": [difference_json(each) for each in evaluation.differences],
        "against_controls": [difference_json(each) for each in evaluation.against_controls],
        "not_better_than": [each.reference for each in evaluation.not_better_than],
        "targets": {
            "chosen_in_any_fold": evaluation.chosen_somewhere,
            "of_first_model": [
                {"name": name, "pearson": interval_json(target), "ceiling": rounded(float(ceiling))}
                for name, target, ceiling in zip(
                    evaluation.names, evaluation.first.targets, evaluation.ceiling, strict=True
                )
            ],
        },
        "split": {
            "sha256": split_sha256(evaluation.split),
            "folds": folds_json(evaluation.folds, evaluation.patient, None),
        },
    }


def _result_json(result: AcrossResult) -> Json:
    return {
        "kind": result.kind,
        "words": result.words,
        "pearson": interval_json(result.pearson),
        "share_of_ceiling": interval_json(result.share_of_ceiling),
        "explained_variance": rounded(result.explained),
        "targets_above_zero": rounded(result.above_zero),
    }
