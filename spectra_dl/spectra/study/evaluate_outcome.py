"""Evaluate models that predict a number of each patient from spectra, with an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.report.results.patients import EvaluatedOutcome
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import NUMBER_MODELS
from spectra_dl.spectra.estimators.outcomes.network import NUMBER_TRAINING, NumberNetwork
from spectra_dl.spectra.estimators.outcomes.regressions import MEAN, outcome_models
from spectra_dl.spectra.outcome_cohort import outcome_cohort
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.report_context import SPECTRA_CONTEXT
from spectra_dl.spectra.study.patient_study import PatientStudySettings, study_networks
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class OutcomeStudySettings(PatientStudySettings):
    """The choices of a study of a number per patient; `NUMBER_MODELS` has the names of its models."""

    evaluation: OutcomeSettings
    networks: tuple[str, ...] = (NUMBER_MODELS.default,)
    training: TrainingSettings = NUMBER_TRAINING


def evaluate_outcome_study(
    table: SpectraTable,
    settings: OutcomeStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    execution: Execution | None = None,
) -> EvaluatedOutcome:
    """Evaluate models of a number per patient, on patients they have not seen.

    Parameters
    ----------
    table
        Raw spectra with patients and a column of numbers.
    settings
        Which number, and how.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the usable spectra.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Patients or numbers are missing or no numbers, a split is impossible, or the split is that of other data.
    UsageError
        There is no such column or model.
    """
    chosen = outcome_cohort(
        table, settings.evaluation.target, within=used_range(settings.preprocessing.steps)
    )
    cohort = chosen.cohort
    folds = read_split(split, cohort.patient, names=cohort.names) if isinstance(split, str) else split
    evaluation = evaluate_outcome(
        _models(cohort.table, settings),
        cohort.table,
        chosen.outcomes,
        settings.evaluation,
        audit_inputs=spectra_audit_inputs(cohort.table),
        folds=folds,
        context=replace(SPECTRA_CONTEXT, rows=cohort.names),
        execution=execution,
    )
    return EvaluatedOutcome(cohort.with_cleaning_notes(settings.preprocessing), evaluation)


def _models(table: SpectraTable, settings: OutcomeStudySettings) -> list[ModelEntry[Fittable]]:
    axis, steps, seed = table.wavenumber, settings.preprocessing, settings.evaluation.seed
    memory = FoldMemory()
    known: Mapping[str, Fittable] = outcome_models(axis, steps, seed, memory)
    networks = study_networks(
        settings, axis, memory, names=NUMBER_MODELS, kind=lambda name: (NumberNetwork, name)
    )
    return chosen_entries(networks, known, settings.classical, control=MEAN, what="model of a number")
