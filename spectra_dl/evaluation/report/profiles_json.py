"""An evaluation of profiles as JSON, the same bytes for the same seed."""

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.folds.splits import split_sha256
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
        "models": {name: _result_json(one) for name, one in evaluation.models.items()},
        "controls": {name: {"about": ABOUT.get(name, ""), **_result_json(one)} for name, one in controls},
        "shuffled_sd": rounded(evaluation.shuffled_sd),
        "leaky_estimates": {
            "split_by_row": {name: rounded(value) for name, value in evaluation.leaky.items()},
            "pooled": {name: rounded(one.pooled) for name, one in evaluation.models.items()},
            "constant_profile": rounded(evaluation.constant_profile),
            "other_protocols": {name: rounded(value) for name, value in evaluation.other_estimates.items()},
        },
        "differences": [difference_json(one) for one in evaluation.differences],
        "targets": per_target(evaluation.first),
        "split": {
            "sha256": split_sha256(evaluation.split),
            "folds": [
                {
                    "repeat": fold.repeat + 1,
                    "fold": fold.number + 1,
                    "left_out": fold.left_out,
                    "test_sections": [one.section for one in evaluation.first.sections if one.fold == place],
                }
                for place, fold in enumerate(evaluation.folds)
            ],
        },
    }


def per_target(result: ProfileResult) -> list[dict[str, object]]:
    """Return for each target its mean figures over sections and patients, the best first."""
    return [_target_json(one) for one in result.targets]


def _target_json(one: TargetScore) -> dict[str, object]:
    return {
        "name": one.name,
        "sections": one.sections,
        "pearson": rounded(one.pearson),
        "spearman": rounded(one.spearman),
        "ceiling": rounded(one.ceiling),
        "share_of_ceiling": rounded(one.share),
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
        "chosen": [choice_json(one) for one in result.chosen],
        "sections": [_section_json(one) for one in result.sections],
    }


def _section_json(one: SectionScore) -> Json:
    return {
        "section": one.section,
        "patient": one.patient,
        "targets": len(one.names),
        **{
            name: _mean(metric.of_section(one.skill, one.ceiling))
            for name, metric in PROFILE_METRICS.items()
            if metric.by_section
        },
        "ceiling": _mean(one.ceiling),
    }


def _mean(values: FloatArray) -> float | None:
    return rounded(float(known_mean(values)))
