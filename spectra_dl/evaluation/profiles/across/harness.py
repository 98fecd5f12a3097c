"""Evaluate models of one profile per patient: the same folds for all, correlations across held-out patients, controls beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, Texts, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.entries import ModelEntry, model_entries
from spectra_dl.evaluation.folds.engine import by_fold, fold_jobs
from spectra_dl.evaluation.folds.job import FoldJob, FoldOutcome
from spectra_dl.evaluation.folds.leave_out_splits import left_out_folds
from spectra_dl.evaluation.folds.split_file import RowNames, split_text
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.patients import refuse_missing_ids
from spectra_dl.evaluation.profiles.across.correlation import FEWEST_PATIENTS
from spectra_dl.evaluation.profiles.across.results import (
    AcrossEvaluation,
    AcrossInputs,
    AcrossSettings,
)
from spectra_dl.evaluation.profiles.across.scoring import difference, scored
from spectra_dl.evaluation.profiles.across.task import AcrossTask, PermutedTask
from spectra_dl.evaluation.profiles.results import Regressor, TargetChooser
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.run import Execution

TRAINING_MEAN, PERMUTED = "training mean", "permuted profiles"
ABOUT = {
    TRAINING_MEAN: "the mean of those that train: it orders nobody, so its correlation is 0",
    PERMUTED: "the first model trained on profiles in another order, the mean of several orders: should be about 0, of few patients somewhat below",
}
_Jobs = list[FoldJob[None]]
_Outcomes = Sequence[FoldOutcome[None]]


def evaluate_across(
    models: Mapping[str, Regressor] | Sequence[ModelEntry[Regressor]],
    rows: Rows,
    patient: Texts,
    targets: TargetChooser,
    settings: AcrossSettings | None = None,
    *,
    inputs: AcrossInputs | None = None,
    execution: Execution | None = None,
) -> AcrossEvaluation:
    """Evaluate every model on left-out patients of whom each has one profile.

    Parameters
    ----------
    models
        Unfitted regressors by name, or entries that say what each is; each is cloned for each fold.
    rows
        What models take, a row for each of ``m`` patients.
    patient
        ``(m,)`` text, each once.
    targets
        Chooses in each fold, from training patients, what is predicted; its ceilings are asked for with all patients.
    settings
        How; the default if None.
    inputs
        What the modality adds.
    execution
        Where models are fitted, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    UsageError
        No models, or two of one name.
    DataError
        Too few patients, one who stands twice, an impossible split, or folds whose targets have nothing in common.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> class Measured:
    ...     names = ("gene",)
    ...     def fit(self, rows): return self
    ...     def values(self, rows): return 2 * image[rows]
    ...     def ceiling(self, rows): return np.ones(1)
    >>> image = np.random.default_rng(0).normal(size=(20, 1))
    >>> patient = [f"p{number}" for number in range(20)]
    >>> evaluation = evaluate_across({"linear": LinearRegression()}, image, patient, Measured())
    >>> round(evaluation.first.pearson.value, 6), evaluation.controls["training mean"].pearson.value
    (1.0, 0.0)
    """
    entries = model_entries(models)
    settings, inputs = settings or AcrossSettings(), inputs or AcrossInputs()
    task = _task(len(rows), text_array(patient), targets, settings, inputs.folds)
    controls = [ModelEntry(*given, kind="control") for given in inputs.controls.items()]
    outcomes = _run([*entries, *controls], rows, task, settings, execution or Execution())
    ceiling = _ceiling(task)
    of_models, of_given = (
        {
            entry.name: scored(
                entry.name, [outcomes[entry.name]], task, ceiling, kind=entry.kind, words=entry.words
            )
            for entry in each
        }
        for each in (entries, controls)
    )
    orders = [outcomes[_order(number)] for number in range(settings.shuffles)]
    permuted = {PERMUTED: scored(PERMUTED, orders, task, ceiling)} if orders else {}
    mean = scored(TRAINING_MEAN, [None], task, ceiling)
    of_controls = {**permuted, TRAINING_MEAN: mean, **of_given}
    first = next(iter(of_models.values()))
    return AcrossEvaluation(
        settings=settings,
        patient=task.patient,
        names=task.names,
        chosen_somewhere=len({name for chosen in task.targets for name in chosen.names}),
        measured=task.measured(task.folds[0], np.arange(len(task.patient))),
        folds=task.folds,
        split=split_text(task.folds, task.patient, RowNames.counted(len(task.patient), task.patient)),
        ceiling=ceiling,
        models=of_models,
        controls=of_controls,
        differences=tuple(
            difference(other, first) for name, other in of_models.items() if name != first.name
        ),
        against_controls=tuple(difference(first, control) for control in of_controls.values()),
        context=inputs.context,
    )


def across_folds(patient: Texts, settings: AcrossSettings) -> list[Fold]:
    """Return how patients of whom each is a row are split.

    Parameters
    ----------
    patient
        ``(m,)`` text, each once.
    settings
        Say how.

    Raises
    ------
    UsageError
        Splits that would all be the same are repeated.
    DataError
        There are too few patients, or more folds than patients.
    """
    count = len(patient)
    refuse_few_patients(count)
    folds = settings.folds_of(count)
    if settings.repeats > 1 and (folds is None or folds == count):
        raise UsageError(
            f"each of {count} patients is left out on its own, so that all repeats would be the same; leave --repeats out, or say --folds"
        )
    return left_out_folds(patient, patient, folds=folds, repeats=settings.repeats, seed=settings.seed)


def refuse_few_patients(count: int) -> None:
    """Refuse to correlate across so few that a correlation lies anywhere.

    Parameters
    ----------
    count
        Of the patients.

    Raises
    ------
    DataError
        It is too low.
    """
    if count < FEWEST_PATIENTS:
        raise DataError(
            f"{count} patients; a correlation across patients needs {FEWEST_PATIENTS} at least, bring more"
        )


def _task(
    n_rows: int,
    patient: TextArray,
    targets: TargetChooser,
    settings: AcrossSettings,
    given: Sequence[Fold] | None,
) -> AcrossTask:
    if len(patient) != n_rows or len(set(patient)) != n_rows:
        raise DataError(f"{n_rows} rows of {len(set(patient))} patients; give one row for each patient")
    refuse_missing_ids(patient, "patient id")
    refuse_few_patients(n_rows)
    folds = tuple(given or across_folds(patient, settings))
    chosen = tuple(targets.fit(fold.train) for fold in folds)
    shared = set(chosen[0].names).intersection(*(each.names for each in chosen))
    if not shared:
        raise DataError(
            "no target is chosen in every fold, so none has a prediction of every patient; name the targets"
        )
    return AcrossTask(folds, chosen, patient, tuple(name for name in chosen[0].names if name in shared))


def _run(
    entries: Sequence[ModelEntry[Regressor]],
    rows: Rows,
    task: AcrossTask,
    settings: AcrossSettings,
    execution: Execution,
) -> dict[str, _Outcomes]:
    """Return the outcomes of each model and control, and of each order of the first model's training patients under its title."""
    jobs: dict[str, _Jobs] = {entry.name: fold_jobs(entry, rows, task, task.folds) for entry in entries}
    attributes = {each.name: getattr(task, each.name) for each in fields(AcrossTask)}
    for number in range(settings.shuffles):
        title = _order(number)
        permuted = PermutedTask(**attributes, seed=settings.seed, shuffle=number)
        jobs[title] = fold_jobs(entries[0], rows, permuted, task.folds, title=f"{entries[0].name}, {title}:")
    together = by_fold(list(jobs.values()))
    outcome_of = dict(zip((job.title for job in together), execution.run(together), strict=True))
    return {name: [outcome_of[job.title] for job in each] for name, each in jobs.items()}


def _order(number: int) -> str:
    return f"{PERMUTED} {number + 1}"


def _ceiling(task: AcrossTask) -> FloatArray:
    everybody, fold = np.arange(len(task.patient)), task.folds[0]
    ceiling: FloatArray = task.targets_of(fold).ceiling(everybody)[task.scored(fold)]
    return ceiling
