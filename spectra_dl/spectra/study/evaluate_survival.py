"""Evaluate models that predict from spectra how soon an event comes, with an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.report.results.patients import EvaluatedSurvival
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import SURVIVAL_MODELS
from spectra_dl.spectra.estimators.outcomes.survival import (
    SURVIVAL_TRAINING,
    survival_models,
    survival_network,
)
from spectra_dl.spectra.outcome_cohort import survival_cohort
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.report_context import SPECTRA_CONTEXT
from spectra_dl.spectra.study.patient_study import PatientStudySettings, study_networks
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class SurvivalStudySettings(PatientStudySettings):
    """The choices of a study of the time to an event; `SURVIVAL_MODELS` has the names of its models."""

    evaluation: SurvivalSettings
    networks: tuple[str, ...] = (SURVIVAL_MODELS.default,)
    training: TrainingSettings = SURVIVAL_TRAINING


def evaluate_survival_study(
    table: SpectraTable,
    settings: SurvivalStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    execution: Execution | None = None,
) -> EvaluatedSurvival:
    """Evaluate models of the time to an event, on patients they have not seen.

    Parameters
    ----------
    table
        Raw spectra with patients, a column of times and one of events.
    settings
        Which columns, and how.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the usable spectra.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Patients, times or events are missing or impossible, events are too few, a split is impossible, or it is that of other data.
    UsageError
        There is no such column or model.
    """
    asked = settings.evaluation
    chosen = survival_cohort(table, asked.time, asked.event, within=used_range(settings.preprocessing.steps))
    cohort = chosen.cohort
    folds = read_split(split, cohort.patient, names=cohort.names) if isinstance(split, str) else split
    evaluation = evaluate_survival(
        _models(cohort.table, settings),
        cohort.table,
        chosen.survival,
        asked,
        audit_inputs=spectra_audit_inputs(cohort.table),
        folds=folds,
        context=replace(SPECTRA_CONTEXT, rows=cohort.names),
        execution=execution,
    )
    return EvaluatedSurvival(cohort.with_cleaning_notes(settings.preprocessing), evaluation)


def _models(table: SpectraTable, settings: SurvivalStudySettings) -> list[ModelEntry[Fittable]]:
    axis, steps, seed = table.wavenumber, settings.preprocessing, settings.evaluation.seed
    memory = FoldMemory()
    known: Mapping[str, Fittable] = survival_models(axis, steps, seed, memory)
    networks = study_networks(settings, axis, memory, names=SURVIVAL_MODELS, kind=survival_network)
    control = SURVIVAL_MODELS.control
    return chosen_entries(
        networks, known, settings.classical, control=control, what="model of the time to an event"
    )
