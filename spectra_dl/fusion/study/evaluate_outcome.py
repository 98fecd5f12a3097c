"""Evaluate fusions that predict a number of patients, or how soon an event comes, and say what each block adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.metrics import Predicted
from spectra_dl.evaluation.outcomes.results import OutcomeEvaluation, OutcomeSettings
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.results import SurvivalEvaluation, SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.report.results.patients import (
    EvaluatedOutcome,
    EvaluatedPatients,
    EvaluatedSurvival,
)
from spectra_dl.execution.run import Execution
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.contributions.contributions import Contributions, ContributionScore, Subset
from spectra_dl.fusion.contributions.outcomes import number_contributions, risk_contributions
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.readers.stated import StatedOutcome
from spectra_dl.fusion.report_context import fusion_context
from spectra_dl.fusion.study.added import added_json
from spectra_dl.fusion.study.added_to_outcome import added_to_outcome_lines
from spectra_dl.fusion.study.audit import fusion_audit_inputs
from spectra_dl.fusion.study.features import fusion_rows
from spectra_dl.fusion.study.models import block_order, fusion_name
from spectra_dl.fusion.study.outcome_models import outcome_fusions
from spectra_dl.imaging.features.store import FeatureStore

Added = Mapping[ContributionScore, Contributions]

#: Besides what refits without a relation show: by how much what blocks add varies more from study to study (benchmarks/accuracy/fusion_outcomes.py).
REFITTED = 1.2
_SHARED = ("folds", "repeats", "seed", "resamples", "refits")


@dataclass(frozen=True)
class FusedOutcomeSettings(PatientSettings):
    """How a fusion of a number or of the time to an event is evaluated.

    Attributes
    ----------
    horizon
        Of the time to an event: when probabilities are compared with what came; the median time of events if None.
    """

    horizon: float | None = field(default=None, kw_only=True)

    def of(self, stated: StatedOutcome) -> OutcomeSettings | SurvivalSettings:
        """Return the settings for what a study predicts: a number, or the time to an event; rows are patients, so no split leaks.

        Parameters
        ----------
        stated
            Its columns.
        """
        how: dict[str, Any] = {name: getattr(self, name) for name in _SHARED} | {"leaky": False}
        if stated.time is None:
            return OutcomeSettings(stated.target or "", **how)
        return SurvivalSettings(stated.time, stated.event or "", horizon=self.horizon, **how)


class _WithBlocks(EvaluatedPatients):
    """What an evaluation of fusions says besides that of other models."""

    cohort: FusionCohort
    added: Added
    headline: ClassVar[ContributionScore]

    @property
    def report(self) -> dict[str, object]:
        """Notes, results and what each block adds, ready for JSON."""
        whole = super().report
        results: Mapping[str, object] = self.results()
        return {**whole, "results": {**results, "fusion": added_json(self.cohort, self.added)}}

    def text(self) -> str:
        """Return what each block adds, the notes and the results for a terminal."""
        order = block_order(self.cohort)
        alone = {
            frozenset(blocks): self.evaluation.models[fusion_name(blocks, order)].patient_level[self.headline]
            for blocks in [*([name] for name in order), order]
        }
        return "\n".join([*added_to_outcome_lines(self.cohort, self.added, alone), super().text()])


@dataclass(frozen=True, eq=False)
class EvaluatedFusedNumber(_WithBlocks, EvaluatedOutcome):
    """Fusions of blocks that predict a number, evaluated.

    Attributes
    ----------
    added
        What each block adds, by score.
    """

    added: Added
    headline = "r2"


@dataclass(frozen=True, eq=False)
class EvaluatedFusedSurvival(_WithBlocks, EvaluatedSurvival):
    """Fusions of blocks that predict the time to an event, evaluated.

    Attributes
    ----------
    added
        What each block adds, by score.
    """

    added: Added
    headline = "c_index"


def evaluate_outcome_study(
    cohort: FusionCohort,
    settings: FusedOutcomeSettings | None = None,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
) -> EvaluatedFusedNumber | EvaluatedFusedSurvival:
    """Evaluate every set of blocks on the same patients, and say what each block adds to what is predicted.

    Parameters
    ----------
    cohort
        Patients with numbers, or times and events, from `spectra_dl.fusion.cohort.read_cohort`.
    settings
        The default if None; a leaky estimate there is none: a row is a patient.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the patients.
    store
        Where features of images are looked up and kept; None computes them.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    UsageError
        The cohort has neither.
    DataError
        An image is damaged, a split is impossible, or is that of other data.
    """
    settings = settings or FusedOutcomeSettings()
    if cohort.came is None:
        raise UsageError(
            "patients of whom nothing came can't be evaluated; read the study with what it predicts"
        )
    study = cohort.study
    given: dict[str, Any] = {
        "audit_inputs": fusion_audit_inputs(cohort),
        "folds": read_split(split, list(cohort.patients)) if isinstance(split, str) else split,
        "context": fusion_context(study.blocks, study.outcome.kind),
        "execution": execution,
    }
    models, rows = outcome_fusions(cohort, settings.seed), fusion_rows(cohort, store)
    asked = settings.of(study.outcome)
    if isinstance(asked, OutcomeSettings):
        assert isinstance(cohort.came, Outcomes)
        number = evaluate_outcome(models, rows, cohort.came, asked, **given)
        return EvaluatedFusedNumber(cohort, number, added_to_number(number, block_order(cohort)))
    assert isinstance(cohort.came, Survival)
    survival = evaluate_survival(models, rows, cohort.came, asked, **given)
    return EvaluatedFusedSurvival(cohort, survival, added_to_risk(survival, block_order(cohort)))


def added_to_number(evaluation: OutcomeEvaluation, order: Sequence[str]) -> Added:
    """Return what each block adds to a number.

    Parameters
    ----------
    evaluation
        Of every set of blocks, named as `spectra_dl.fusion.study.models.fusion_name` does; a row is a patient.
    order
        The blocks.
    """
    settings, value = evaluation.settings, evaluation.outcomes.value
    fold, mean = (
        np.zeros((settings.repeats, len(value)), dtype=np.intp),
        np.zeros((settings.repeats, len(value))),
    )
    for each in evaluation.folds:  # a row is a patient, in the order of the sorted names
        fold[each.repeat, each.test] = each.number
        mean[each.repeat, each.test] = value[each.train].mean()
    models = evaluation.models
    return number_contributions(
        {subset: models[_title(subset, order)].predicted for subset in block_subsets(order)},
        order,
        Predicted(value, value, mean, fold),
        draw_patients(len(value), resamples=settings.resamples, seed=settings.seed),
        inflation=REFITTED * max(result.chance.inflation for result in models.values()),
    )


def added_to_risk(evaluation: SurvivalEvaluation, order: Sequence[str]) -> Added:
    """Return what each block adds to the time to an event; parameters as of `added_to_number`.

    Parameters
    ----------
    evaluation, order
        As of `added_to_number`.
    """
    settings, patients = evaluation.settings, len(evaluation.survival.names)
    fold = np.zeros((settings.repeats, patients), dtype=np.intp)
    for each in evaluation.folds:
        fold[each.repeat, each.test] = each.number
    models = evaluation.models
    return risk_contributions(
        {subset: models[_title(subset, order)].risk for subset in block_subsets(order)},
        order,
        evaluation.survival,
        draw_patients(patients, resamples=settings.resamples, seed=settings.seed),
        fold=fold,
        inflation=REFITTED * max(result.chance.inflation for result in models.values()),
    )


def _title(subset: Subset, order: Sequence[str]) -> str:
    return fusion_name([block for block in order if block in subset], order)
