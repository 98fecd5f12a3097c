"""Evaluate what each block of a patient's data adds, beside the clinical columns alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import Evaluation
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.report.classes_json import evaluation_report, evaluation_split
from spectra_dl.evaluation.report.classes_text import evaluation_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.execution.run import Execution
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.contributions.contributions import (
    Contributions,
    ContributionScore,
    block_contributions,
)
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.report_context import fusion_context
from spectra_dl.fusion.study.added import added_json, added_lines
from spectra_dl.fusion.study.audit import fusion_audit_inputs
from spectra_dl.fusion.study.features import fusion_rows
from spectra_dl.fusion.study.models import block_order, fusion_models, fusion_name
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import RunResult

_SMALLEST = 1e-12
_SCORES: tuple[ContributionScore, ...] = ("auc", "log_loss")


@dataclass(frozen=True, eq=False)
class EvaluatedFusion(RunResult):
    """Fusions of blocks, evaluated.

    Attributes
    ----------
    cohort
        The patients, with every note.
    evaluation
        Scores, folds, differences and audit.
    added
        What each block adds, by score; empty with more than two classes.
    """

    cohort: FusionCohort
    evaluation: Evaluation
    added: Mapping[ContributionScore, Contributions]

    @property
    def report(self) -> dict[str, object]:
        """Notes and results, ready for JSON."""
        results = {**evaluation_report(self.evaluation), "fusion": added_json(self.cohort, self.added)}
        return {"notes": list(self.cohort.notes), "results": results}

    def text(self) -> str:
        """Return what each block adds, the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        scores = evaluation_text(self.evaluation).rstrip()
        return "\n".join([*added_lines(self.cohort, self.added, self._auc()), "", *notes, "", scores])

    def _auc(self) -> dict[frozenset[str], Interval]:
        """Return the patient AUC of each block alone and of all together."""
        order = block_order(self.cohort)
        sets = [*([name] for name in order), order]
        return {
            frozenset(blocks): self.evaluation.models[fusion_name(blocks, order)].patient_level["auc"]
            for blocks in sets
        }

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(evaluation_split(self.evaluation), report)


def evaluate_study(
    cohort: FusionCohort,
    settings: FusionStudySettings | None = None,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
) -> EvaluatedFusion:
    """Evaluate every set of blocks on the same patients, and say what each block adds.

    Parameters
    ----------
    cohort
        Patients with classes, from `spectra_dl.fusion.cohort.read_cohort`.
    settings
        The default if None.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the patients.
    store
        Where features of images are looked up and kept; None computes them.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    UsageError
        The cohort has no classes, or there is no such positive class.
    DataError
        An image is damaged, a split is impossible, or is that of other data.
    """
    settings = settings or FusionStudySettings()
    if cohort.label is None:
        raise UsageError("patients without classes can't be evaluated; read the study with its classes")
    given = replace(settings.evaluation, leaky=False, positive=cohort.study.positive)
    evaluation = evaluate(
        fusion_models(cohort, settings),
        fusion_rows(cohort, store),
        cohort.label,
        cohort.patients,
        given,
        audit_inputs=fusion_audit_inputs(cohort),
        folds=read_split(split, list(cohort.patients)) if isinstance(split, str) else split,
        context=fusion_context(cohort.study.blocks),
        execution=execution,
    )
    return EvaluatedFusion(cohort, evaluation, _added(evaluation, block_order(cohort)))


def _added(evaluation: Evaluation, order: Sequence[str]) -> dict[ContributionScore, Contributions]:
    """Return what each block adds to the patient AUC and to the log loss; nothing with more than two classes."""
    patients = evaluation.patients
    if evaluation.positive is None:
        return {}
    positive = patients.classes.index(evaluation.positive)

    def logits(subset: frozenset[str]) -> FloatArray:
        name = fusion_name([block for block in order if block in subset], order)
        probability = np.maximum(evaluation.models[name].patient_probability, _SMALLEST)
        odds: FloatArray = np.log(probability[..., positive]) - np.log(probability[..., 1 - positive])
        return odds

    number = np.zeros((evaluation.settings.repeats, len(patients.names)), dtype=np.intp)
    for fold in evaluation.folds:
        number[fold.repeat, fold.test] = fold.number  # a row is a patient, in the order of the sorted names
    settings = evaluation.settings
    return {
        score: block_contributions(
            {subset: logits(subset) for subset in block_subsets(order)},
            order,
            patients.class_of_patient == positive,
            patients.draw(resamples=settings.resamples, seed=settings.seed),
            score=score,
            fold=number,
            inflation=max(result.chance.inflation for result in evaluation.models.values()),
        )
        for score in _SCORES
    }
