"""Evaluate models of profiles by patient: the same folds and targets for all, controls next to every score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import Audit, Finding
from spectra_dl.evaluation.audit.finding import gravest_first
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelEntry, model_entries
from spectra_dl.evaluation.folds.job import Observer
from spectra_dl.evaluation.folds.leave_out_splits import (
    check_sections_whole,
    left_out_folds,
    patient_of_section,
)
from spectra_dl.evaluation.folds.split_file import RowNames, split_text
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import refuse_missing_ids
from spectra_dl.evaluation.profiles.controls import image_free_controls, shuffled_control
from spectra_dl.evaluation.profiles.jobs import ProfileJobs, ProfileOutcomes
from spectra_dl.evaluation.profiles.leaky_estimates import LeakySplit, constant_profile_estimate, leaky_task
from spectra_dl.evaluation.profiles.results import (
    ProfileEvaluation,
    ProfileResult,
    ProfileSettings,
    Regressor,
    TargetChooser,
)
from spectra_dl.evaluation.profiles.scored import (
    ScoreCheck,
    ScoredProfiles,
    against_controls,
    correlation_difference,
)
from spectra_dl.evaluation.profiles.scoring import macro_interval, score_sections
from spectra_dl.evaluation.profiles.task import ProfileTask, held_out_sections
from spectra_dl.evaluation.rows import Rows, as_rows
from spectra_dl.execution.run import Execution


@dataclass(frozen=True, eq=False)
class SectionRows:
    """Rows that belong to sections of patients.

    Attributes
    ----------
    rows
        What models take, ``n`` of them; a tuple is blocks of the same rows.
    section, patient
        ``(n,)`` text.
    position
        ``(n, 2)`` for the control that predicts a row from its measured neighbours; None leaves it out.

    Examples
    --------
    >>> SectionRows(np.zeros((2, 5)), section=["A1", "A2"], patient=["A", "A"]).position is None
    True
    """

    rows: Rows | tuple[Rows, ...]
    section: Texts
    patient: Texts
    position: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class ProfileInputs:
    """What a modality may add to an evaluation of profiles.

    Attributes
    ----------
    reference
        The model that the others are compared with, besides the first; the first if None.
    controls
        Unfitted regressors that see no image, by name, scored like the models.
    findings
        What the modality's audit found.
    score_checks
        Look at the first model's held-out predictions, and say what speaks against its score.
    folds
        The folds of another run, from `split_file.read_split`, or of a column, from `leave_out_splits.column_folds`; drawn anew if None.
    context
        Words and facts for the reports.
    observers
        Look at each fitted model and return what they saw.

    Examples
    --------
    >>> ProfileInputs(reference="ridge").folds is None
    True
    """

    reference: str | None = None
    controls: Mapping[str, Regressor] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    score_checks: Sequence[ScoreCheck] = ()
    folds: Sequence[Fold] | None = None
    context: ReportContext = field(default_factory=ReportContext)
    observers: Sequence[Observer] = ()


def evaluate_profiles(
    models: Mapping[str, Regressor] | Sequence[ModelEntry[Regressor]],
    data: SectionRows,
    targets: TargetChooser,
    settings: ProfileSettings | None = None,
    inputs: ProfileInputs | None = None,
    *,
    execution: Execution | None = None,
) -> ProfileEvaluation:
    """Evaluate every model on left-out patients, or on left-out sections where that was asked for.

    Parameters
    ----------
    models
        Unfitted regressors by name, or entries that say what each is; each is cloned for each fold, and given the training rows'
        sections where its ``fit`` takes ``groups``.
    data
        The rows and whose they are.
    targets
        Chooses in each fold, from training rows, what is predicted.
    settings
        How; the default if None.
    inputs
        What the modality adds.
    execution
        Where models are fitted, and the journal of what is finished; in this process and without one if None. Results don't depend on it.

    Raises
    ------
    UsageError
        No models, or the reference is none of them.
    DataError
        An impossible split, or predictions that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> class Measured:  # all columns, whatever the training rows are
    ...     names = ("gene",)
    ...     def fit(self, rows): return self
    ...     def values(self, rows): return 2 * image[rows]
    ...     def ceiling(self, rows): return np.ones(1)
    >>> image, section = np.random.default_rng(0).normal(size=(30, 1)), np.repeat(["a", "b", "c"], 10)
    >>> data, settings = SectionRows(image, section, section), ProfileSettings(shuffles=0, leaky=False)
    >>> evaluation = evaluate_profiles({"linear": LinearRegression()}, data, Measured(), settings)
    >>> round(evaluation.first.pearson.value, 6)
    1.0
    """
    entries, inputs = model_entries(models), inputs or ProfileInputs()
    first, names = entries[0], [entry.name for entry in entries]
    reference = inputs.reference or first.name
    if reference not in names:
        raise UsageError(
            f"the reference {reference!r:.80} is none of the models; name one of {', '.join(names)}"
        )
    rows, run = as_rows(data.rows), execution or Execution()
    task = _task(len(rows), data, targets, settings or ProfileSettings(), inputs.folds)
    controls = [ModelEntry(*given, kind="control") for given in inputs.controls.items()]
    leaky = LeakySplit((first.name, reference), leaky_task(targets, task)) if task.settings.leaky else None
    outcomes = ProfileJobs.of(entries, controls, rows, task, observers=inputs.observers, leaky=leaky).run(run)
    results = {entry.name: _scored(entry, outcomes, task) for entry in entries}
    given_controls = {entry.name: _scored(entry, outcomes, task) for entry in controls}
    shuffled, spread = shuffled_control(outcomes.shuffled, task)
    all_controls = {**shuffled, **image_free_controls(data.position, task), **given_controls}
    predicted = tuple(task.by_section(outcomes.of_models[first.name]))
    scored = ScoredProfiles(results[first.name], predicted, all_controls, task)
    findings = [*inputs.findings, *(check(scored) for check in inputs.score_checks)]
    return ProfileEvaluation(
        settings=task.settings,
        n_rows=len(rows),
        section_of=patient_of_section(data.section, data.patient),
        folds=task.folds,
        split=split_text(task.folds, task.patient, RowNames.counted(len(task.section), task.section)),
        reference=reference,
        ceiling=macro_interval(
            [tested.ceiling for tested in task.held_out], task.held_out, task.settings, within=(0.0, 1.0)
        ),
        models=results,
        controls=all_controls,
        differences=_differences(results, reference, task.settings),
        against_controls=against_controls(scored),
        shuffled_sd=spread,
        leaky=leaky.estimates(outcomes.leaky) if leaky else {},
        constant_profile=constant_profile_estimate(task),
        audit=Audit(gravest_first(findings)),
        context=inputs.context,
        observations=outcomes.observations(),
    )


def _scored(entry: ModelEntry[Regressor], outcomes: ProfileOutcomes, task: ProfileTask) -> ProfileResult:
    of_model = outcomes.of_models[entry.name]
    return score_sections(
        entry.name,
        task.held_out,
        task.by_section(of_model),
        task,
        kind=entry.kind,
        words=entry.words,
        chosen=[outcome.chosen for outcome in of_model],
    )


def _task(
    n_rows: int,
    data: SectionRows,
    targets: TargetChooser,
    settings: ProfileSettings,
    given: Sequence[Fold] | None,
) -> ProfileTask:
    sections, patients = text_array(data.section), text_array(data.patient)
    if len(sections) != n_rows or (data.position is not None and np.shape(data.position) != (n_rows, 2)):
        raise DataError(
            f"{n_rows} rows need as many sections, patients and positions (x, y); give one of each per row"
        )
    refuse_missing_ids(sections, "section")
    refuse_missing_ids(patients, "patient id")
    if given is None:
        folds = left_out_folds(
            sections,
            patients,
            group=settings.group,
            folds=settings.folds,
            repeats=settings.repeats,
            seed=settings.seed,
        )
    else:
        folds = list(given)
        check_sections_whole(folds, sections)
        repeats = 1 + max(fold.repeat for fold in folds)
        settings = replace(settings, repeats=repeats, folds=len(folds) // repeats)
    chosen = tuple(targets.fit(fold.train) for fold in folds)
    return ProfileTask(
        section=sections,
        patient=patients,
        order=_order(sections, data.position),
        folds=tuple(folds),
        targets=chosen,
        held_out=held_out_sections(sections, patients, folds, chosen),
        settings=settings,
    )


def _order(section: TextArray, position: FloatArray | None) -> IndexArray:
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
    return tuple(
        correlation_difference(results[name], results[compared_with], settings)
        for name, compared_with in pairs
    )
