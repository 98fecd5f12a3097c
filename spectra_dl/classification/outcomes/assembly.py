"""Turn what members say of patients left out into the shared part of an outcome's description: limits, scores, origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.classification.assembly import TrainingProvenance, described_model
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.outcomes.limits import ScaledRisk, half_width
from spectra_dl.classification.outcomes.predictor import outcome_tensors
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import AuditInputs, Finding, audit_of
from spectra_dl.evaluation.classes.inference.chance import patient_features
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.outcomes.audit import outcome_audit_jobs
from spectra_dl.evaluation.outcomes.chance import NumberNullJob
from spectra_dl.evaluation.outcomes.folds import FEWEST_IN_FOLD
from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS
from spectra_dl.evaluation.outcomes.metrics import Predicted
from spectra_dl.evaluation.outcomes.patient_figures import PatientMetric, intervals
from spectra_dl.evaluation.outcomes.patient_task import Settings
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.survival.audit import SURVIVAL_YARDSTICK
from spectra_dl.evaluation.outcomes.survival.chance import SurvivalNullJob
from spectra_dl.evaluation.outcomes.survival.heads import scaled_risk
from spectra_dl.evaluation.outcomes.survival.metric_table import SURVIVAL_METRICS
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.task import prepare_survival
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.task import prepare_outcomes
from spectra_dl.evaluation.outcomes.values import Outcomes, RowsOfPatients
from spectra_dl.models.describing import described_score
from spectra_dl.models.header import (
    Input,
    MemberScale,
    ModelHeader,
    Outcome,
    OutOfDistributionLimits,
    PredictedNumber,
    PredictedTime,
    Score,
)

COVERAGE, _LIMITS = 0.9, 0.95  # of intervals of numbers; of limits of probabilities
_PERCENTS = range(50, 100)  # that predict can be asked for
_SAYS_NOTHING = "the risk of patients left out went the wrong way, so every patient has the same probability"


class LeavesOut(Protocol):
    """A fitted model that says of each training row what a member said that had not learned from it."""

    @property
    def members_(self) -> Sequence[Any]:
        """The members."""

    @property
    def leaves_out(self) -> bool:
        """Whether patients are left out of members."""

    def held_out(self, X: Any) -> tuple[FloatArray, IndexArray]:
        """Return ``(n,)`` what is said of each row, and the member that says it."""


class LeavesOutNumber(LeavesOut, Protocol):
    """The same of a number."""

    @property
    def scale_(self) -> Sequence[tuple[float, float]]:
        """Centre and spread of each member."""


@dataclass(frozen=True, eq=False)
class FittedOutcome:
    """What a trained ensemble predicts, and how well.

    Attributes
    ----------
    outcome
        The header's part.
    reference
        What the training rows looked like; its limits stand in ``outcome``.
    resampled
        ``(b, 3)`` of `ScaledRisk`; no rows where a number is predicted.
    scores
        Of patients left out.
    scores_from
        What these are figures of.
    audit
        What the audit found.
    notes
        Sentences that a user of the model must see.
    """

    outcome: Outcome
    reference: OutOfDistribution
    resampled: FloatArray
    scores: list[Score]
    scores_from: str
    audit: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the arrays a model file keeps besides its members."""
        return outcome_tensors(self.reference, self.resampled)

    def header(
        self, provenance: TrainingProvenance, input_part: Input, tensors: Mapping[str, np.ndarray], seed: int
    ) -> ModelHeader[Input]:
        """Return the whole description of the model.

        Parameters
        ----------
        provenance
            Where the training rows came from, without what the audit found in them.
        input_part
            What it takes in, from its modality.
        tensors
            Every array the model file will keep, by name.
        seed
            Of the training.
        """
        return described_model(
            replace(provenance, audit=self.audit),
            input_part,
            tensors,
            said=self.notes,
            seed=seed,
            scores=self.scores,
            scores_from=self.scores_from,
            outcome=self.outcome,
        )


def fitted_outcome(
    model: LeavesOut,
    rows: Any,
    came: RowsOfPatients,
    reference: OutOfDistribution,
    *,
    audit_inputs: AuditInputs,
    settings: PatientSettings,
) -> FittedOutcome:
    """Describe an ensemble that predicts a number, or the time to an event.

    Parameters
    ----------
    model
        Fitted on the rows; of a number, one that is `LeavesOutNumber`.
    rows
        The training rows.
    came
        Whose each is, and what came of them: `Outcomes` or `Survival`, as the settings say.
    reference
        What the training rows looked like.
    audit_inputs
        What the modality hands to the audit.
    settings
        `OutcomeSettings` or `SurvivalSettings`: what the columns are called, the horizon and the seed.

    Raises
    ------
    DataError
        There are too few patients.
    UsageError
        The horizon lies outside the time of events.
    """
    if isinstance(settings, OutcomeSettings):
        number, values = cast("LeavesOutNumber", model), cast("Outcomes", came)
        return _fitted_number(number, rows, values, reference, audit_inputs=audit_inputs, settings=settings)
    assert isinstance(settings, SurvivalSettings)
    survival = cast("Survival", came)
    return _fitted_time(model, rows, survival, reference, audit_inputs=audit_inputs, settings=settings)


def _fitted_number(
    model: LeavesOutNumber,
    rows: Any,
    outcomes: Outcomes,
    reference: OutOfDistribution,
    *,
    audit_inputs: AuditInputs,
    settings: OutcomeSettings,
) -> FittedOutcome:
    settings = _fewer_folds(settings, outcomes)
    task = prepare_outcomes(len(rows), outcomes, settings, None)
    said, member = _left_out(model, rows, outcomes)
    features = patient_features(audit_inputs.surrogate, outcomes.halves)
    null = NumberNullJob(features, outcomes.value, member[None], settings.refits, settings.seed).run()
    predicted = Predicted(outcomes.value, said, _other_means(outcomes.value, member), member)
    return FittedOutcome(
        _number(model, outcomes, np.abs(said - outcomes.value), reference, settings.target),
        reference,
        np.empty((0, 3)),
        _scores(OUTCOME_METRICS, intervals(OUTCOME_METRICS, [predicted], task.multiplicity, null.inflation)),
        _scores_from(len(outcomes.names), "the intervals of numbers were"),
        audit_of([job.run() for job in outcome_audit_jobs(task, audit_inputs)]).findings,
    )


def _fitted_time(
    model: LeavesOut,
    rows: Any,
    survival: Survival,
    reference: OutOfDistribution,
    *,
    audit_inputs: AuditInputs,
    settings: SurvivalSettings,
) -> FittedOutcome:
    settings = _fewer_folds(settings, survival)
    task = prepare_survival(len(rows), survival, settings, None)
    said, member = _left_out(model, rows, survival)
    time, event = survival.time, survival.event
    scaled = ScaledRisk.fit(said, time, event, task.horizon, seed=settings.seed)
    curve = scaled_risk(said, time, event)
    without = curve.survival(curve.risk(said[:, None]), task.grid)
    predicted = PredictedRisk(time, event, said, without, task.grid, member)
    features = patient_features(audit_inputs.surrogate, survival.halves)
    null = SurvivalNullJob(
        features, time, event, member[None], task.multiplicity, settings.refits, settings.seed
    ).run()
    findings = audit_of([job.run() for job in outcome_audit_jobs(task, audit_inputs, SURVIVAL_YARDSTICK)])
    return FittedOutcome(
        PredictedTime(
            time=settings.time,
            event=settings.event,
            patients=len(survival.names),
            events=int(event.sum()),
            horizon=task.horizon,
            hazard=scaled.hazard,
            slope=scaled.slope,
            centre=scaled.centre,
            coverage=_LIMITS,
            members=len(model.members_),
            out_of_distribution=_limits(reference),
        ),
        reference,
        scaled.resampled,
        _scores(
            SURVIVAL_METRICS, intervals(SURVIVAL_METRICS, [predicted], task.multiplicity, null.inflation)
        ),
        _scores_from(len(survival.names), "probabilities of no event were"),
        findings.findings,
        () if scaled.slope > 0 else (_SAYS_NOTHING,),
    )


def _number(
    model: LeavesOutNumber, outcomes: Outcomes, error: FloatArray, reference: OutOfDistribution, column: str
) -> PredictedNumber:
    widths = {str(percent): half_width(error, percent / 100) for percent in _PERCENTS}
    return PredictedNumber(
        column=column,
        patients=len(outcomes.names),
        lowest=float(outcomes.value.min()),
        highest=float(outcomes.value.max()),
        scale=[MemberScale(centre=centre, spread=spread) for centre, spread in model.scale_],
        coverage=COVERAGE,
        half_width=half_width(error, COVERAGE),
        half_width_at={name: width for name, width in widths.items() if width is not None},
        out_of_distribution=_limits(reference),
    )


def _scores(metrics: Mapping[str, PatientMetric], figures: Mapping[str, Interval]) -> list[Score]:
    return [
        described_score(metrics[name].title, one.value, one.low, one.high) for name, one in figures.items()
    ]


def _fewer_folds(settings: Settings, outcomes: RowsOfPatients) -> Settings:
    """Return settings of the audit with as many folds as so few patients allow."""
    return replace(settings, folds=max(2, min(settings.folds, len(outcomes.names) // FEWEST_IN_FOLD)))


def _left_out(model: LeavesOut, rows: Any, outcomes: RowsOfPatients) -> tuple[FloatArray, IndexArray]:
    """Return ``(m,)`` what is said of each patient by the member that had not learned from it, and which it was."""
    if not model.leaves_out:
        raise DataError(
            f"{len(outcomes.names)} patients are too few to leave any out of a member, and without one nothing says how wrong the model is: bring more"
        )
    said, member = model.held_out(rows)
    of_patient = np.zeros(len(outcomes.names), dtype=np.intp)
    of_patient[outcomes.of_row] = member
    return outcomes.mean_of(said), of_patient


def _other_means(value: FloatArray, member: IndexArray) -> FloatArray:
    """Return ``(m,)`` the mean number of the patients that each one's member learned from."""
    count, total = np.bincount(member), np.bincount(member, value)
    return np.asarray(((value.sum() - total) / (len(value) - count))[member])


def _limits(reference: OutOfDistribution) -> OutOfDistributionLimits:
    return OutOfDistributionLimits(residual=reference.residual_limit, distance=reference.distance_limit)


def _scores_from(patients: int, fitted: str) -> str:
    return (
        f"Scores of {patients} patients, each predicted by the one member that had not learned from it and was stopped by it "
        f"(95 % interval over patients; {fitted} fitted on the same predictions):"
    )
