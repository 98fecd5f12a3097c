"""Evaluate models of spectra by patient: networks and classical models on the same folds, with an audit and saliency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spectra_dl.classification.parts_observer import ModelParts, PartsObserver, parts_of
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import Evaluation
from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.report.classes_json import evaluation_report, evaluation_split
from spectra_dl.evaluation.report.classes_text import evaluation_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.evaluation.wording import first_few
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.cohort import Cohort, labelled_cohort
from spectra_dl.spectra.estimators.classical import MAJORITY, classical_models, plugin_models
from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING, SpectraClassifier
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.estimators.tuning_space import tuned_classical, tuned_network, without_baseline
from spectra_dl.spectra.probes import audit_columns, spectra_audit_inputs
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.report_context import SPECTRA_CONTEXT
from spectra_dl.spectra.saliency import Saliency, SaliencyObserver, saliency_of
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.run_folder import RunResult


@dataclass(frozen=True, eq=False)
class EvaluatedSpectra(RunResult):
    """Models of spectra, evaluated.

    Attributes
    ----------
    cohort
        The spectra that were used, with every note.
    evaluation
        Scores, folds, differences and audit.
    saliency
        Where the first network looks; None without a network.
    parts
        What its parts are worth; None where it has one part.
    """

    cohort: Cohort
    evaluation: Evaluation
    saliency: Saliency | None
    parts: ModelParts | None

    @property
    def report(self) -> dict[str, object]:
        """Notes, refused spectra and results, ready for JSON."""
        results = evaluation_report(self.evaluation)
        if self.saliency is not None:
            results["saliency"] = self.saliency.to_json()
        if self.parts is not None:
            results["parts"] = self.parts.to_json()
        return {"notes": list(self.cohort.notes), "refused": list(self.cohort.refused), "results": results}

    def text(self) -> str:
        """Return the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        parts = ["", *self.parts.lines()] if self.parts else []
        return "\n".join([*notes, "", evaluation_text(self.evaluation).rstrip(), *parts])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(evaluation_split(self.evaluation), report)


def evaluate_study(
    table: SpectraTable,
    settings: SpectraStudySettings | None = None,
    *,
    split: str | Sequence[Fold] | None = None,
    execution: Execution | None = None,
) -> EvaluatedSpectra:
    """Evaluate networks and classical models on the same patients.

    Patients never stand on both sides of a split and everything is fitted in the fold.

    Parameters
    ----------
    table
        Raw spectra with labels and patients, as a reader or a dataset gives them.
    settings
        The default if None.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the usable spectra.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Labels or patients are missing, a split is impossible, or the split is that of other data.
    UsageError
        There is no such column to split by, no such model, or a setting is impossible.
    """
    settings = settings or SpectraStudySettings()
    cohort = labelled_cohort(
        table,
        within=used_range(settings.preprocessing.steps),
        label_per_sample=settings.label_per_sample,
    )
    models = study_models(cohort.table, settings)
    evaluation = evaluate(
        models,
        cohort.table,
        cohort.label,
        cohort.patient,
        settings.as_split(),
        audit_inputs=spectra_audit_inputs(cohort.table),
        folds=_given_folds(cohort, settings.split_by, split),
        context=replace(SPECTRA_CONTEXT, rows=cohort.names),
        observers=[
            SaliencyObserver(cohort.table, cohort.label, models[0].name),
            PartsObserver(models[0].name),
        ],
        execution=execution,
    )
    cohort = cohort.with_cleaning_notes(settings.preprocessing)
    seen = evaluation.observations
    return EvaluatedSpectra(cohort, evaluation, saliency_of(seen), parts_of(seen))


def study_models(table: SpectraTable, settings: SpectraStudySettings) -> list[ModelEntry[Estimator]]:
    """Return the unfitted models that the settings name, networks first.

    Parameters
    ----------
    table
        The spectra they will be given rows of.
    settings
        Which models, and how they clean and train.

    Raises
    ------
    UsageError
        There is no model of a name.
    """
    axis, steps, seed = table.wavenumber, settings.preprocessing, settings.seed
    memory = FoldMemory()
    neural: dict[str, Estimator] = {
        CLASS_MODELS.network_title(name): SpectraClassifier(
            axis,
            steps,
            network=name,
            members=settings.members,
            training=settings.training,
            seed=seed,
            memory=memory,
        )
        for name in dict.fromkeys(settings.networks)
    }
    classical: Mapping[str, Estimator] = {
        **classical_models(axis, steps, seed, memory),
        **plugin_models(settings.classical or (), axis, steps, memory),
    }
    if settings.tune:
        bare = without_baseline(steps)
        bare_models = classical_models(axis, bare, seed, memory) if bare else None
        neural = {
            name: tuned_network(model, settings.training or DEFAULT_TRAINING, bare, seed)
            for name, model in neural.items()
        }
        classical = tuned_classical(classical, bare_models, seed)
    return chosen_entries(neural, classical, settings.classical, control=MAJORITY, what="classical model")


def _given_folds(
    cohort: Cohort, split_by: str | None, split: str | Sequence[Fold] | None
) -> Sequence[Fold] | None:
    """Return the folds a column, an earlier run or the caller asks for, None if none does."""
    if split is not None:
        return read_split(split, cohort.subject, names=cohort.names) if isinstance(split, str) else split
    if split_by is None:
        return None
    columns = audit_columns(cohort.table)
    if split_by not in columns:
        raise UsageError(
            f"--split-by {split_by!r:.80}: there is no such column; there are {first_few(columns) or 'none'} (the column named "
            "with --batch is called batch)"
        )
    return group_folds(cohort.patient, cohort.label, columns[split_by], column=split_by)
