"""A model's predictions of left-out sections, scored by target, section and patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.profiles.metrics import (
    Skill,
    is_constant,
    no_order_is_none,
    pearson_per_column,
    skill_per_column,
)
from spectra_dl.evaluation.profiles.results import (
    ChosenTargets,
    ProfileResult,
    ProfileSettings,
    Regressor,
    Rows,
    SectionScore,
    TargetScore,
)
from spectra_dl.evaluation.profiles.units import interval_over_units, known_mean, unit_means

CORRELATION = (-1.0, 1.0)
Observer = Callable[[str, Fold, Regressor], None]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A section in the fold that tests it.

    Attributes
    ----------
    section, patient
        Whose it is.
    fold
        The fold's number.
    rows
        ``(k,)`` row numbers, ascending.
    measured, ceiling
        ``(k, t)`` and ``(t,)`` of the fold's targets.
    """

    section: str
    patient: str
    fold: int
    rows: IndexArray
    measured: FloatArray
    ceiling: FloatArray


@dataclass(frozen=True, eq=False)
class Task:
    """What every model of an evaluation shares.

    Attributes
    ----------
    rows
        What models take.
    section, patient
        ``(n,)`` text.
    order
        ``(n,)`` row numbers by section and place: draws follow it, so that the order in which rows came is of no account.
    folds, targets, left_out
        The split, what each fold predicts, and the sections it tests.
    settings
        How they are judged.
    say, observe
        As in `harness.evaluate_profiles`.
    """

    rows: Rows
    section: NDArray[np.object_]
    patient: NDArray[np.object_]
    order: IndexArray
    folds: tuple[Fold, ...]
    targets: tuple[ChosenTargets, ...]
    left_out: tuple[LeftOut, ...]
    settings: ProfileSettings
    say: Callable[[str], None]
    observe: Observer | None


def sections_left_out(
    section: NDArray[np.object_],
    patient: NDArray[np.object_],
    folds: Sequence[Fold],
    targets: Sequence[ChosenTargets],
) -> tuple[LeftOut, ...]:
    """Return each section with what was measured in it, in the order of folds and names."""
    found = []
    for fold, chosen in zip(folds, targets, strict=True):
        for name in sorted(set(section[fold.test])):
            rows = fold.test[section[fold.test] == name]
            measured = np.asarray(chosen.values(rows), dtype=np.float64)
            found.append(
                LeftOut(name, str(patient[rows[0]]), fold.number, rows, measured, chosen.ceiling(rows))
            )
    return tuple(found)


def fit_and_tell(name: str, model: Regressor, task: Task) -> list[FloatArray]:
    """Fit a copy of ``model`` in each fold and return what it tells of each left-out section."""
    told: list[FloatArray] = []
    for fold, chosen in zip(task.folds, task.targets, strict=True):
        task.say(f"{name}: fold {fold.number + 1} of {len(task.folds)}")
        fitted = fit_copy(model, task.rows[fold.train], chosen.values(fold.train), task.section[fold.train])
        if task.observe:
            task.observe(name, fold, fitted)
        told += predict_sections(name, fitted, fold, task)
    return told


def predict_sections(name: str, fitted: Regressor, fold: Fold, task: Task) -> list[FloatArray]:
    """Return what a fitted model tells of each section of a fold.

    Raises
    ------
    DataError
        It isn't one finite number per row and target.
    """
    told = predicted_profiles(
        name, fitted, task.rows[fold.test], (len(fold.test), len(task.targets[fold.number].names))
    )
    # Test rows ascend, so a section's places among them are found by bisection.
    return [told[np.searchsorted(fold.test, one.rows)] for one in task.left_out if one.fold == fold.number]


def predicted_profiles(name: str, fitted: Regressor, rows: Rows, shape: tuple[int, int]) -> FloatArray:
    """Return a fitted model's predictions, checked.

    Raises
    ------
    DataError
        They have another shape or are not finite.
    """
    told = np.asarray(fitted.predict(rows), dtype=np.float64)
    if told.shape != shape or not np.all(np.isfinite(told)):
        raise DataError(
            f"{name}: predictions must be finite, one row per test row and one column per target; mend the model"
        )
    return told


def judge(name: str, left_out: Sequence[LeftOut], told: Sequence[FloatArray], task: Task) -> ProfileResult:
    """Return what was reached by what was told ``(k, t)`` of each left-out section."""
    scores = [
        SectionScore(
            one.section,
            one.patient,
            one.fold,
            tuple(task.targets[one.fold].names),
            skill_per_column(own, one.measured),
            one.ceiling,
            int(np.count_nonzero(is_constant(own) & ~is_constant(one.measured))),
        )
        for one, own in zip(left_out, told, strict=True)
    ]
    return result_of(name, scores, pooled_estimate(left_out, told, task), task.settings)


def result_of(
    name: str, sections: Sequence[SectionScore], pooled: float, settings: ProfileSettings
) -> ProfileResult:
    """Return the macro means of sections' scores with their intervals."""

    def macro(figures: Sequence[FloatArray], within: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
        return macro_interval(figures, sections, settings, within=within)

    return ProfileResult(
        name=name,
        sections=tuple(sections),
        targets=_target_scores(sections, settings),
        pearson=macro([one.skill.pearson for one in sections], CORRELATION),
        spearman=macro([one.skill.spearman for one in sections], CORRELATION),
        explained=macro([one.skill.explained for one in sections]),
        squared_error=macro([one.skill.squared_error for one in sections]),
        share_of_ceiling=macro([_share(one) for one in sections]),
        pooled=pooled,
        undefined=sum(int(np.isnan(one.skill.pearson).sum()) for one in sections),
        unordered=sum(one.unordered for one in sections),
    )


def macro_interval(
    figures: Sequence[FloatArray],
    sections: Sequence[SectionScore | LeftOut],
    settings: ProfileSettings,
    *,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Interval:
    """Return the mean over targets, then sections, then patients of ``(t,)`` figures, with interval over units."""
    values = values_of_units(figures, sections, settings)
    return interval_over_units(values, resamples=settings.resamples, seed=settings.seed, within=within)


def values_of_units(
    figures: Sequence[FloatArray], sections: Sequence[SectionScore | LeftOut], settings: ProfileSettings
) -> FloatArray:
    """Return one figure per unit of which intervals are: targets averaged in a section, sections in a patient."""
    means = np.array([known_mean(one) for one in figures])
    return unit_means(means, _units(sections, settings))


def averaged(name: str, results: Sequence[ProfileResult], settings: ProfileSettings) -> ProfileResult:
    """Return the mean of repetitions of one control: each section's figures averaged first."""
    parts = zip(*(one.sections for one in results), strict=True)
    sections = [
        SectionScore(
            same[0].section,
            same[0].patient,
            same[0].fold,
            same[0].names,
            Skill(
                *(
                    np.mean([getattr(one.skill, figure) for one in same], axis=0)
                    for figure in ("pearson", "spearman", "explained", "squared_error")
                )
            ),
            same[0].ceiling,
            max(one.unordered for one in same),
        )
        for same in parts
    ]
    return result_of(name, sections, float(np.mean([one.pooled for one in results])), settings)


def pooled_estimate(left_out: Sequence[LeftOut], told: Sequence[FloatArray], task: Task) -> float:
    """Return the mean correlation over the rows of all sections at once, of the targets that every fold has."""
    panels = [task.targets[one.fold].names for one in left_out]
    common = sorted(set(panels[0]).intersection(*panels)) if panels else []
    if not common:
        return float("nan")
    columns = [[list(panel).index(name) for name in common] for panel in panels]
    measured = np.concatenate([one.measured[:, own] for one, own in zip(left_out, columns, strict=True)])
    said = np.concatenate([one[:, own] for one, own in zip(told, columns, strict=True)])
    return float(known_mean(no_order_is_none(pearson_per_column(said, measured), measured)))


def _units(sections: Sequence[SectionScore | LeftOut], settings: ProfileSettings) -> list[str]:
    return [one.patient if settings.group == "patient" else one.section for one in sections]


def _share(score: SectionScore) -> FloatArray:
    """Return ``(1,)`` the mean correlation of a section over the mean ceiling of the same targets."""
    both = np.isfinite(score.skill.pearson) & np.isfinite(score.ceiling)
    means = (known_mean(figure[both][:, None]) for figure in (score.skill.pearson, score.ceiling))
    return _divided(*means)


def _divided(reached: FloatArray, highest: FloatArray) -> FloatArray:
    found: FloatArray = np.divide(reached, highest, out=np.full(reached.shape, np.nan), where=highest > 0)
    return found


def _target_scores(sections: Sequence[SectionScore], settings: ProfileSettings) -> tuple[TargetScore, ...]:
    names = sorted({name for one in sections for name in one.names})
    place = {name: at for at, name in enumerate(names)}
    figures = np.full((len(sections), 3, len(names)), np.nan)
    for at, one in enumerate(sections):
        columns = [place[name] for name in one.names]
        figures[at][:, columns] = (one.skill.pearson, one.skill.spearman, one.ceiling)
    figures[:, 2][np.isnan(figures[:, 0])] = np.nan  # a ceiling is of the sections that were scored
    means = known_mean(unit_means(figures, _units(sections, settings)))
    counts = np.isfinite(figures[:, 0]).sum(axis=0)
    scores = [
        TargetScore(name, int(count), float(pearson), float(spearman), float(ceiling), float(share))
        for name, count, (pearson, spearman, ceiling), share in zip(
            names, counts, means.T, _divided(means[0], means[2]), strict=True
        )
    ]
    return tuple(sorted(scores, key=lambda one: (np.isnan(one.pearson), -one.pearson, one.name)))
