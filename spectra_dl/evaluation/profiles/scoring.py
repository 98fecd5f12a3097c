"""A model's predictions of held-out sections, scored by target, section and patient."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.evaluation.folds.choice import Choice
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS, share
from spectra_dl.evaluation.profiles.metrics import (
    Skill,
    is_constant,
    no_order_is_none,
    pearson_per_column,
    skill_per_column,
)
from spectra_dl.evaluation.profiles.results import (
    ProfileResult,
    ProfileSettings,
    SectionScore,
    TargetScore,
)
from spectra_dl.evaluation.profiles.task import HeldOutSection, ProfileTask
from spectra_dl.evaluation.profiles.units import interval_over_units, known_mean, unit_means


def score_sections(
    name: str,
    held_out: Sequence[HeldOutSection],
    predicted: Sequence[FloatArray],
    task: ProfileTask,
    *,
    kind: ModelKind = "control",
    words: str = "",
    chosen: Sequence[Choice | None] = (),
) -> ProfileResult:
    """Return what was reached by predictions of each held-out section.

    Parameters
    ----------
    name, kind, words
        Of the model or control.
    held_out
        The sections.
    predicted
        ``(k, t)`` of each.
    task
        What is predicted.
    chosen
        What each fold chose.
    """
    scores = [
        SectionScore(
            tested.section,
            tested.patient,
            tested.fold,
            tuple(task.targets[tested.fold].names),
            skill_per_column(values, tested.measured),
            tested.ceiling,
            int(np.count_nonzero(is_constant(values) & ~is_constant(tested.measured))),
        )
        for tested, values in zip(held_out, predicted, strict=True)
    ]
    pooled = pooled_estimate(held_out, predicted, task)
    return _result(name, scores, pooled, task.settings, kind=kind, words=words, chosen=chosen)


def _result(
    name: str,
    sections: Sequence[SectionScore],
    pooled: float,
    settings: ProfileSettings,
    *,
    kind: ModelKind,
    words: str = "",
    chosen: Sequence[Choice | None] = (),
) -> ProfileResult:
    """Return the macro means of sections' scores with their intervals."""
    figures = {
        metric.name: macro_interval(
            [metric.of_section(score.skill, score.ceiling) for score in sections],
            sections,
            settings,
            within=metric.within,
        )
        for metric in PROFILE_METRICS.values()
    }
    return ProfileResult(
        name=name,
        kind=kind,
        words=words,
        sections=tuple(sections),
        targets=_target_scores(sections, settings),
        figures=figures,
        chosen=tuple(chosen),
        pooled=pooled,
        undefined=sum(int(np.isnan(score.skill.pearson).sum()) for score in sections),
        unordered=sum(score.unordered for score in sections),
    )


def macro_interval(
    figures: Sequence[FloatArray],
    sections: Sequence[SectionScore | HeldOutSection],
    settings: ProfileSettings,
    *,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Return the mean over targets, then sections, then patients, with interval over units.

    Parameters
    ----------
    figures
        ``(t,)`` of each section.
    sections
        Whose they are.
    settings
        What the units are, and how they are resampled.
    within
        What the figure can be.
    """
    values = values_of_units(figures, sections, settings)
    return interval_over_units(values, resamples=settings.resamples, seed=settings.seed, within=within)


def values_of_units(
    figures: Sequence[FloatArray],
    sections: Sequence[SectionScore | HeldOutSection],
    settings: ProfileSettings,
) -> FloatArray:
    """Return one figure per unit of which intervals are: targets averaged in a section, sections in a patient.

    Parameters
    ----------
    figures
        ``(t,)`` of each section.
    sections
        Whose they are; a section that several repeats test counts each time.
    settings
        What the units are.
    """
    means = np.array([known_mean(of_section) for of_section in figures])
    return unit_means(means, _units(sections, settings))


def averaged(name: str, results: Sequence[ProfileResult], settings: ProfileSettings) -> ProfileResult:
    """Return the mean of repetitions of one control: each section's figures averaged first.

    Parameters
    ----------
    name
        The control's.
    results
        Of the same sections in the same order.
    settings
        How models are evaluated.
    """
    parts = zip(*(result.sections for result in results), strict=True)
    sections = [
        SectionScore(
            same[0].section,
            same[0].patient,
            same[0].fold,
            same[0].names,
            Skill(
                *(
                    np.mean([getattr(score.skill, figure) for score in same], axis=0)
                    for figure in ("pearson", "spearman", "explained", "squared_error")
                )
            ),
            same[0].ceiling,
            max(score.unordered for score in same),
        )
        for same in parts
    ]
    return _result(
        name, sections, float(np.mean([result.pooled for result in results])), settings, kind="control"
    )


def pooled_estimate(
    held_out: Sequence[HeldOutSection], predicted: Sequence[FloatArray], task: ProfileTask
) -> float:
    """Return the mean correlation over the rows of all sections at once, of the targets that every fold has.

    Parameters
    ----------
    held_out
        The sections.
    predicted
        ``(k, t)`` of each.
    task
        What is predicted.
    """
    panels = [task.targets[tested.fold].names for tested in held_out]
    common = sorted(set(panels[0]).intersection(*panels)) if panels else []
    if not common:
        return float("nan")
    columns = [[list(panel).index(name) for name in common] for panel in panels]
    measured = np.concatenate([tested.measured[:, at] for tested, at in zip(held_out, columns, strict=True)])
    values = np.concatenate(
        [values_of_section[:, at] for values_of_section, at in zip(predicted, columns, strict=True)]
    )
    return float(known_mean(no_order_is_none(pearson_per_column(values, measured), measured)))


def _units(sections: Sequence[SectionScore | HeldOutSection], settings: ProfileSettings) -> list[str]:
    return [section.patient if settings.group == "patient" else section.section for section in sections]


def _target_scores(sections: Sequence[SectionScore], settings: ProfileSettings) -> tuple[TargetScore, ...]:
    names = sorted({name for section in sections for name in section.names})
    place = {name: at for at, name in enumerate(names)}
    figures = np.full((len(sections), 3, len(names)), np.nan)
    for at, section in enumerate(sections):
        columns = [place[name] for name in section.names]
        figures[at][:, columns] = (section.skill.pearson, section.skill.spearman, section.ceiling)
    figures[:, 2][np.isnan(figures[:, 0])] = np.nan  # a ceiling is of the sections that were scored
    means = known_mean(unit_means(figures, _units(sections, settings)))
    counts = np.isfinite(figures[:, 0]).sum(axis=0)
    scores = [
        TargetScore(name, int(count), float(pearson), float(spearman), float(ceiling), float(of_ceiling))
        for name, count, (pearson, spearman, ceiling), of_ceiling in zip(
            names, counts, means.T, share(means[0], means[2]), strict=True
        )
    ]
    return tuple(sorted(scores, key=lambda score: (np.isnan(score.pearson), -score.pearson, score.name)))
