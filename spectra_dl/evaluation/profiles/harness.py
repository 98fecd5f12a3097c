"""Judge models of profiles by patient: the same folds and targets for all, controls beside every score."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import Audit, Finding
from spectra_dl.evaluation.audit.finding import gravest_first
from spectra_dl.evaluation.comparison import Difference, verdict_of
from spectra_dl.evaluation.folds.leave_out_splits import left_out_folds, patient_of_section
from spectra_dl.evaluation.folds.splits import split_text
from spectra_dl.evaluation.profiles.controls import image_free_controls, shuffled_control
from spectra_dl.evaluation.profiles.leaky_estimates import constant_profile_estimate, leaky_split_estimate
from spectra_dl.evaluation.profiles.results import (
    ProfileEvaluation,
    ProfileResult,
    ProfileSettings,
    Regressor,
    Rows,
    TargetChooser,
)
from spectra_dl.evaluation.profiles.scoring import (
    Observer,
    Task,
    fit_and_tell,
    judge,
    macro_interval,
    sections_left_out,
    values_of_units,
)
from spectra_dl.evaluation.profiles.units import interval_over_units


def evaluate_profiles(
    models: Mapping[str, Regressor],
    rows: Rows,
    targets: TargetChooser,
    section: Texts,
    patient: Texts,
    settings: ProfileSettings | None = None,
    *,
    reference: str | None = None,
    controls: Mapping[str, Regressor] | None = None,
    position: FloatArray | None = None,
    findings: Sequence[Finding] = (),
    progress: Callable[[str], None] | None = None,
    observe: Observer | None = None,
) -> ProfileEvaluation:
    """Judge every model on left-out patients, or on left-out sections where that was asked for.

    Parameters
    ----------
    models
        Unfitted regressors by name; each is cloned for each fold, and given the training rows' sections where its ``fit`` takes ``groups``.
    rows
        What models take, a row per spot.
    targets
        Chooses in each fold, from training rows, what is predicted.
    section, patient
        ``(n,)`` text.
    settings
        How; the default if None.
    reference
        The model that the others are compared with, besides the first; the first if None.
    controls
        Unfitted regressors that see no image, supplied by the modality and judged like the models.
    position
        ``(n, 2)`` for the control that predicts a row from its measured neighbours; left out if None.
    findings
        What the modality's audit found.
    progress
        Takes a short line before each fit.
    observe
        Takes the model's name, the fold and the regressor after each fit, to learn more from it.

    Raises
    ------
    UsageError
        No models, or the reference is none of them.
    DataError
        An impossible split, or predictions that are not finite.

    Examples
    --------
    >>> from spectra_dl.evaluation.profiles.results import ProfileSettings
    >>> from spectra_dl.expression.cohort import PanelTargets, expression_cohort
    >>> from spectra_dl.expression.estimators.closed_form import RidgeExpression
    >>> from spectra_dl.expression.genes import PanelSettings
    >>> from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
    >>> from spectra_dl.imaging.features.recipe import FeatureRecipe
    >>> sections = [each.section for each in simulate_tissue(TissueSettings(patients=3, spots_per_side=5, genes=8))]
    >>> cohort = expression_cohort(sections, FeatureRecipe(sizes_um=(112.0,)))
    >>> targets, spots = PanelTargets(cohort, PanelSettings(4)), cohort.spots
    >>> settings = ProfileSettings(resamples=100, shuffles=0, leaky=False)
    >>> evaluation = evaluate_profiles({"ridge": RidgeExpression()}, spots, targets, spots.section, spots.patient, settings)
    >>> len(evaluation.folds), sorted(evaluation.models)
    (3, ['ridge'])
    """
    if not models:
        raise UsageError("no models to evaluate; name at least one")
    first = next(iter(models))
    reference = first if reference is None else reference
    if reference not in models:
        raise UsageError(
            f"the reference {reference!r:.80} is none of the models; name one of {', '.join(models)}"
        )
    settings = settings or ProfileSettings()
    task = _prepare(rows, targets, section, patient, settings, position, progress, observe)
    results = {
        name: judge(name, task.left_out, fit_and_tell(name, one, task), task) for name, one in models.items()
    }
    shuffled, spread = shuffled_control(first, models[first], task)
    own = {
        name: judge(name, task.left_out, fit_and_tell(name, one, task), task)
        for name, one in (controls or {}).items()
    }
    leaky = dict.fromkeys((first, reference)) if settings.leaky else {}
    return ProfileEvaluation(
        settings=settings,
        n_rows=len(rows),
        section_of=patient_of_section(section, patient),
        folds=task.folds,
        split=split_text(task.folds, task.patient, task.section),
        reference=reference,
        ceiling=macro_interval(
            [one.ceiling for one in task.left_out], task.left_out, settings, within=(0.0, 1.0)
        ),
        models=results,
        controls={**shuffled, **image_free_controls(position, task), **own},
        differences=_differences(results, reference, settings),
        shuffled_sd=spread,
        leaky={name: leaky_split_estimate(name, models[name], targets, task) for name in leaky},
        constant_profile=constant_profile_estimate(task),
        audit=Audit(gravest_first(list(findings))),
    )


def _prepare(
    rows: Rows,
    targets: TargetChooser,
    section: Texts,
    patient: Texts,
    settings: ProfileSettings,
    position: FloatArray | None,
    progress: Callable[[str], None] | None,
    observe: Observer | None,
) -> Task:
    sections, patients = text_array(section), text_array(patient)
    if len(sections) != len(rows) or (position is not None and np.shape(position) != (len(rows), 2)):
        raise DataError(
            f"{len(rows)} rows need as many sections, patients and positions (x, y); give one of each per row"
        )
    folds = tuple(
        left_out_folds(sections, patients, group=settings.group, folds=settings.folds, seed=settings.seed)
    )
    chosen = tuple(targets.fit(fold.train) for fold in folds)
    return Task(
        rows=rows,
        section=sections,
        patient=patients,
        order=_order(sections, position),
        folds=folds,
        targets=chosen,
        left_out=sections_left_out(sections, patients, folds, chosen),
        settings=settings,
        say=progress or (lambda _: None),
        observe=observe,
    )


def _order(section: NDArray[np.object_], position: FloatArray | None) -> IndexArray:
    """Return row numbers by section, and by place within it where places are known."""
    _, number = np.unique(section, return_inverse=True)
    keys = (number,) if position is None else (position[:, 1], position[:, 0], number)
    order: IndexArray = np.lexsort(keys)
    return order


def _differences(
    results: Mapping[str, ProfileResult], reference: str, settings: ProfileSettings
) -> tuple[Difference, ...]:
    """Return every other model minus the reference, and every other one minus the first where that is not the reference."""
    first = next(iter(results))
    pairs = [(name, reference) for name in results if name != reference]
    if first != reference:
        pairs += [(name, first) for name in results if name not in (first, reference)]
    return tuple(_difference(results[name], results[other], settings) for name, other in pairs)


def _difference(model: ProfileResult, reference: ProfileResult, settings: ProfileSettings) -> Difference:
    own, other = (
        values_of_units([one.skill.pearson for one in each.sections], each.sections, settings)
        for each in (model, reference)
    )
    interval = interval_over_units(own - other, resamples=settings.resamples, seed=settings.seed)
    return Difference(model.name, reference.name, "pearson", interval, verdict_of(interval, "pearson"))
