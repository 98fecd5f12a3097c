"""Evaluate models that predict from spectra how soon an event comes, with an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.results import SurvivalEvaluation, SurvivalSettings
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.evaluation.report.survival.survival_json import survival_report, survival_split
from spectra_dl.evaluation.report.survival.survival_text import survival_text
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.cohort import Cohort
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import SURVIVAL_MODELS
from spectra_dl.spectra.estimators.outcomes.survival import (
    SURVIVAL_TRAINING,
    survival_models,
    survival_network,
)
from spectra_dl.spectra.outcome_cohort import survival_cohort
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.report_context import SPECTRA_CONTEXT
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.run_folder import RunResult
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class SurvivalStudySettings:
    """The choices of a study of the time to an event.

    Attributes
    ----------
    evaluation
        Which columns, folds, seed and resamples.
    preprocessing
        Cleaning steps, fitted anew on the training rows of each fold.
    networks
        By name; an empty tuple evaluates none. The first model is the reference of the differences.
    classical
        Models evaluated beside them, by title; None takes all. `SURVIVAL_MODELS.chosen` gives both from the names that users type.
    members
        Networks in the ensemble.
    training
        Settings of the loop.
    """

    evaluation: SurvivalSettings
    preprocessing: Preprocessing = field(default_factory=Preprocessing.default)
    networks: tuple[str, ...] = (SURVIVAL_MODELS.default,)
    classical: tuple[str, ...] | None = None
    members: int = 5
    training: TrainingSettings = SURVIVAL_TRAINING


@dataclass(frozen=True, eq=False)
class EvaluatedSurvival(RunResult):
    """Models of the time to an event, evaluated.

    Attributes
    ----------
    cohort
        The spectra that were used, with every note.
    evaluation
        Scores, folds, differences and audit.
    """

    cohort: Cohort
    evaluation: SurvivalEvaluation

    @property
    def report(self) -> dict[str, object]:
        """Notes, refused spectra and results, ready for JSON."""
        return {
            "notes": list(self.cohort.notes),
            "refused": list(self.cohort.refused),
            "results": survival_report(self.evaluation),
        }

    def text(self) -> str:
        """Return the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        return "\n".join([*notes, "", survival_text(self.evaluation).rstrip()])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(survival_split(self.evaluation), report)


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
    networks: dict[str, Fittable] = {}
    for name in dict.fromkeys(settings.networks):
        estimator, architecture = survival_network(name)
        networks[SURVIVAL_MODELS.network_title(name)] = estimator(
            axis,
            steps,
            network=architecture,
            members=settings.members,
            training=settings.training,
            seed=seed,
            memory=memory,
        )
    control = SURVIVAL_MODELS.control
    return chosen_entries(
        networks, known, settings.classical, control=control, what="model of the time to an event"
    )
