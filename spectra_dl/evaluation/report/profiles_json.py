"""An evaluation of profiles as JSON, the same bytes for the same seed."""

from collections import defaultdict

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.folds.split_file import split_sha256
from spectra_dl.evaluation.profiles.controls import ABOUT, SHUFFLED
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.profiles.results import (
    ProfileEvaluation,
    ProfileResult,
    SectionScore,
    TargetScore,
)
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.evaluation.report.classes_json import (
    RESEARCH_USE,
    Json,
    choice_json,
    context_json,
    difference_json,
    interval_json,
    rounded,
)
from spectra_dl.evaluation.report.profiles_text import group_warning, profile_text, profile_verdict

__all__ = ["per_target", "profile_report", "profile_text"]


def profile_report(evaluation: ProfileEvaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null."""
    controls = evaluation.controls.items()
    return {
        "kind": "profiles",
        "use": RESEARCH_USE,
        "context": context_json(evaluation.context),
        "verdict": profile_verdict(evaluation),
        "warning": group_warning(evaluation.settings),
        "data": {
            "rows": evaluation.n_rows,
            "sections": dict(evaluation.section_of),
            "patients": len(set(evaluation.section_of.values())),
        },
        "settings": _settings_json(evaluation),
        "audit": audit_json(evaluation.audit),
        "ceiling": interval_json(evaluation.ceiling),
        "models": {name: _result_json(result) for name, result in evaluation.models.items()},
        "controls": {
            name: {"about": ABOUT.get(name, ""), **_result_json(result)} for name, result in controls
        },
        "shuffled_sd": rounded(evaluation.shuffled_sd),
        "leaky_estimates": {
            "split_by_row": {name: rounded(value) for name, value in evaluation.leaky.items()},
            "pooled": {name: rounded(result.pooled) for name, result in evaluation.models.items()},
            "constant_profile": rounded(evaluation.constant_profile),
            "other_protocols": {name: rounded(value) for name, value in evaluation.other_estimates.items()},
        },
        "differences": [difference_json(difference) for difference in evaluation.differences],
        "against_controls": [difference_json(each) for each in evaluation.against_controls],
        "not_better_than": [each.reference for each in evaluation.not_better_than],
        "targets": per_target(evaluation.first),
        "split": {
            "sha256": split_sha256(evaluation.split),
            "folds": _folds_json(evaluation),
        },
    }


def _folds_json(evaluation: ProfileEvaluation) -> list[Json]:
    tested_in: dict[int, list[str]] = defaultdict(list)
    for section in evaluation.first.sections:
        tested_in[section.fold].append(section.section)
    return [
        {
            "repeat": fold.repeat + 1,
            "fold": fold.number + 1,
            "left_out": fold.left_out,
            "test_sections": tested_in[place],
        }
        for place, fold in enumerate(evaluation.folds)
    ]


def per_target(result: ProfileResult) -> list[dict[str, object]]:
    """Return for each target its mean figures over sections and patients, the best first."""
    return [_target_json(target) for target in result.targets]


def _target_json(target: TargetScore) -> dict[str, object]:
    return {
        "name": target.name,
        "sections": target.sections,
        "pearson": rounded(target.pearson),
        "spearman": rounded(target.spearman),
        "ceiling": rounded(target.ceiling),
        "share_of_ceiling": rounded(target.share),
    }


def _settings_json(evaluation: ProfileEvaluation) -> Json:
    settings = evaluation.settings
    return {
        "group": settings.group,
        "folds": len(evaluation.folds) // settings.repeats,
        "reference": evaluation.reference,
        "seed": settings.seed,
        "resamples": settings.resamples,
        "shuffles": settings.shuffles if SHUFFLED in evaluation.controls else 0,
        "leaky": settings.leaky,
        "level": 0.95,
        "repeats": settings.repeats,
        "split_by": settings.split_by or settings.group,
    }


def _result_json(result: ProfileResult) -> Json:
    return {
        "kind": result.kind,
        "words": result.words,
        **{name: interval_json(interval) for name, interval in result.figures.items()},
        "pooled_estimate": rounded(result.pooled),
        "undefined": result.undefined,
        "unordered": result.unordered,
        "above_ceiling": result.above_ceiling,
        "chosen": [choice_json(choice) for choice in result.chosen],
        "sections": [_section_json(section) for section in result.sections],
    }


def _section_json(section: SectionScore) -> Json:
    return {
        "section": section.section,
        "patient": section.patient,
        "targets": len(section.names),
        **{
            name: _mean(metric.of_section(section.skill, section.ceiling))
            for name, metric in PROFILE_METRICS.items()
            if metric.by_section
        },
        "ceiling": _mean(section.ceiling),
    }


def _mean(values: FloatArray) -> float | None:
    return rounded(float(known_mean(values)))
