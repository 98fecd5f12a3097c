"""Turn an ensemble's out-of-fold logits into the shared part of its description: calibration, limits, scores, origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.abstention import coverage_notes
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.part_values import part_values
from spectra_dl.classification.parts import UnseenLogits
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.classes.conformal import ConformalSets, fit_conformal
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.classes.threshold import SmoothedThreshold, ThresholdRule, smooth_threshold
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.models.describing import (
    all_shortened,
    described_finding,
    described_part,
    described_score,
    shortened,
    versions,
)
from spectra_dl.models.file import weights_sha256
from spectra_dl.models.header import (
    RESEARCH_USE,
    Calibration,
    Classification,
    ConformalLimits,
    Input,
    ModelHeader,
    Outcome,
    OutOfDistributionLimits,
    Part,
    Score,
    ThresholdSpread,
    Training,
)

COVERAGE = 0.9
_PERCENTS = range(50, 100)  # that predict can be asked for


@dataclass(frozen=True)
class TrainingProvenance:
    """Where training rows came from, for the model file.

    Attributes
    ----------
    source
        What the rows are, in a few words; never a path.
    simulated
        Whether they come from a simulation.
    notes
        Sentences a user of the model must see.
    audit
        What the audit found in them; empty if it wasn't run.
    """

    source: str = "unnamed rows"
    simulated: bool = False
    notes: tuple[str, ...] = ()
    audit: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class FittedDecision:
    """How an ensemble decides, fitted on its out-of-fold logits.

    Attributes
    ----------
    classification
        The header's part on classes.
    reference
        What the training rows looked like; its limits stand in ``classification``.
    scores
        Of the left-out patients.
    scores_from
        What these are figures of.
    reason
        How the positive class was found.
    """

    classification: Classification
    reference: OutOfDistribution
    scores: list[Score]
    scores_from: str
    reason: str


def fit_decision(
    data: TrainingData,
    logits: FloatArray,
    inputs: NDArray[np.float32],
    *,
    inputs_of: TextArray | None = None,
    parts: Sequence[UnseenLogits] = (),
    positive: str | None,
    threshold_rule: ThresholdRule,
    seed: int,
) -> FittedDecision:
    """Fit temperature, threshold, conformal sets and out-of-distribution limits, and score the left-out patients.

    Parameters
    ----------
    data
        The training rows.
    logits
        ``(n, c)`` out-of-fold logits; where several members never saw a row, their mean, which is nearer to what is shipped.
    inputs
        ``(n, q)`` the rows as the members take them, for the out-of-distribution reference; a part of them where ``inputs_of`` is given.
    inputs_of
        ``(k,)`` whose each of the inputs is; None where they are all rows.
    parts
        What each part of the ensemble says by itself; one alone has nothing to compare.
    positive
        The class whose sensitivity is reported, or None for the usual rule.
    threshold_rule
        How the decision threshold is chosen with two classes.
    seed
        Of the patients drawn for the intervals.
    """
    patients = read_patients(list(data.patient), list(data.label))
    mean = patients.mean(logits)
    temperature = fit_temperature(mean, patients.class_of_patient)
    name, reason = positive_class(patients.classes, positive)
    at = patients.classes.index(name)
    probability, truth = softmax(mean / temperature), patients.class_of_patient
    binary = data.n_classes == 2
    threshold = (
        smooth_threshold(probability[:, at], truth == at, threshold_rule, seed=seed) if binary else None
    )
    reference = OutOfDistribution.fit(inputs, list(data.patient if inputs_of is None else inputs_of))
    classification = Classification(
        classes=list(patients.classes),
        positive_class=name,
        decision_threshold=min(1.0, threshold.value) if threshold else 0.5,
        threshold_spread=_spread(threshold) if threshold else None,
        decision_rule=_rule_words(threshold_rule) if threshold else "the most probable class",
        rows_per_patient=float(np.median(patients.rows_of_patient)),
        patients={label: patients.count(code) for code, label in enumerate(patients.classes)},
        calibration=Calibration(temperature=temperature),
        conformal=ConformalLimits(
            coverage=COVERAGE,
            limit=_limits(probability, truth, COVERAGE),
            limit_at={str(percent): _limits(probability, truth, percent / 100) for percent in _PERCENTS},
        ),
        out_of_distribution=OutOfDistributionLimits(
            residual=reference.residual_limit, distance=reference.distance_limit
        ),
        parts=_parts(parts, patients, at, seed),
    )
    scores_from = (
        f"Scores of {len(patients.names)} patients, each predicted by the one member that never saw it "
        "(95 % interval over patients; temperature, threshold and conformal sets were fitted on the same predictions):"
    )
    scores = _scores(probability, patients, at, seed)
    return FittedDecision(classification, reference, scores, scores_from, reason)


def model_header(
    decision: FittedDecision,
    provenance: TrainingProvenance,
    input_part: Input,
    tensors: Mapping[str, np.ndarray],
    *,
    notes: tuple[str, ...] = (),
    seed: int,
) -> ModelHeader[Input]:
    """Return the whole description of a model with classes.

    Parameters
    ----------
    decision
        How it decides.
    provenance
        Where the training rows came from.
    input_part
        What it takes in, from its modality.
    tensors
        Every array the model file will keep, by name.
    notes
        Sentences of the modality that a user of the model must see.
    seed
        Of the training.
    """
    part = decision.classification
    sets = ConformalSets(part.conformal.coverage, tuple(part.conformal.limit))
    few = coverage_notes(sets, part.classes, part.patients)
    return described_model(
        provenance,
        input_part,
        tensors,
        said=(*notes, *few, decision.reason),
        seed=seed,
        classification=part,
        scores=decision.scores,
        scores_from=decision.scores_from,
    )


def described_model(
    provenance: TrainingProvenance,
    input_part: Input,
    tensors: Mapping[str, np.ndarray],
    *,
    said: tuple[str, ...],
    seed: int,
    scores: list[Score],
    scores_from: str,
    classification: Classification | None = None,
    outcome: Outcome | None = None,
) -> ModelHeader[Input]:
    """Return the whole description of a model.

    Parameters
    ----------
    provenance
        Where the training rows came from.
    input_part
        What it takes in, from its modality.
    tensors
        Every array the model file will keep, by name.
    said
        Sentences that a user of the model must see, besides those on the rows.
    seed
        Of the training.
    scores, scores_from
        Of patients left out, and what these are figures of.
    classification, outcome
        What it predicts: one of both.
    """
    header_class: type[ModelHeader[Input]] = ModelHeader[type(input_part)]  # type: ignore[misc,assignment]
    return header_class(
        intended_use=RESEARCH_USE,
        training=Training(
            source=shortened(provenance.source),
            simulated=provenance.simulated,
            seed=seed,
            notes=all_shortened((*provenance.notes, *said)),
        ),
        classification=classification,
        outcome=outcome,
        audit=[
            described_finding(finding.name, finding.severity, finding.sentence)
            for finding in provenance.audit
        ],
        scores=scores,
        scores_from=scores_from,
        weights_sha256=weights_sha256(tensors),
        versions=versions(),
        input=input_part,
    )


def _parts(parts: Sequence[UnseenLogits], patients: Patients, positive: int, seed: int) -> list[Part]:
    """Describe what each part of an ensemble is worth."""
    if len(parts) < 2:
        return []
    ranked = positive if len(patients.classes) == 2 else None
    values = part_values(parts, patients, ranked, seed)
    return [
        described_part(one.name, one.weight, (one.adds.value, one.adds.low, one.adds.high)) for one in values
    ]


def _rule_words(rule: ThresholdRule) -> str:
    if rule == "youden":
        return "Youden's index on left-out patients, mean over resamples of them"
    return f"a specificity of at least {rule:g} on left-out patients"


def _spread(threshold: SmoothedThreshold) -> ThresholdSpread:
    return ThresholdSpread(low=min(1.0, threshold.low), high=min(1.0, threshold.high))


def _limits(probability: FloatArray, truth: IndexArray, coverage: float) -> list[float]:
    """Return each class's conformal limit, in which one that is infinite is 1."""
    return [min(1.0, limit) for limit in fit_conformal(probability, truth, coverage).quantile]


def _scores(probability: FloatArray, patients: Patients, positive: int, seed: int) -> list[Score]:
    binary = len(patients.classes) == 2
    row_of_patient = np.arange(len(patients.names))
    scores = Scores(
        patients.class_of_patient, probability[None], row_of_patient, positive if binary else None
    )
    intervals = patient_intervals(scores, patients.draw(seed=seed))
    return [
        described_score(METRICS[name].title, score.value, score.low, score.high)
        for name, score in intervals.items()
    ]
