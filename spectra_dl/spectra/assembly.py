"""Turn a trained ensemble into a predictor with its description: calibration, limits, scores, origin."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import softmax
from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.class_names import positive_class
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.classes.conformal import fit_conformal
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.classes.threshold import ThresholdRule, choose_threshold
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.models.describing import (
    all_shortened,
    described_finding,
    described_score,
    shortened,
    versions,
)
from spectra_dl.models.file import weights_sha256
from spectra_dl.models.header import (
    FORMAT_VERSION,
    RESEARCH_USE,
    AxisContract,
    Calibration,
    ConformalLimits,
    ModelHeader,
    NetworkDescription,
    OutOfDistributionLimits,
    Score,
    TrainingSummary,
)
from spectra_dl.spectra.ensemble import Ensemble, MemberRecipe, TrainingData
from spectra_dl.spectra.predictor import SpectraPredictor, model_tensors
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing
from spectra_dl.spectra.table import spectrum_hashes

COVERAGE = 0.9


@dataclass(frozen=True)
class Provenance:
    """Where training spectra came from, for the model file.

    Attributes
    ----------
    source
        What the spectra are, in a few words; never a path.
    simulated
        Whether they were made by a simulation.
    notes
        Sentences a user of the model must see.
    spectrum_hashes
        From `spectra_dl.spectra.table.spectrum_hashes`, when the spectra were changed after reading; else None.
    audit
        What the audit found in them; empty if it wasn't run.
    """

    source: str = "unnamed spectra"
    simulated: bool = False
    notes: tuple[str, ...] = ()
    spectrum_hashes: tuple[str, ...] | None = None
    audit: tuple[Finding, ...] = ()


def assemble_predictor(
    data: TrainingData,
    ensemble: Ensemble,
    recipe: MemberRecipe,
    provenance: Provenance,
    *,
    positive: str | None,
    threshold_rule: ThresholdRule,
) -> SpectraPredictor:
    """Fit temperature, threshold, conformal sets and limits, score the left-out patients, and describe it all.

    Parameters
    ----------
    data
        The training spectra.
    ensemble
        The trained members and their out-of-fold logits.
    recipe
        How they were trained.
    provenance
        Where the spectra came from.
    positive
        The class whose sensitivity is reported, or None for the usual rule.
    threshold_rule
        How the decision threshold is chosen with two classes.
    """
    patients = read_patients(list(data.patient), list(data.label))
    logits = _mean_by_patient(ensemble.out_of_fold_logits, patients)
    temperature = fit_temperature(logits, patients.class_of_patient)
    chosen, reason = positive_class(patients.classes, positive)
    probability, truth = softmax(logits / temperature), patients.class_of_patient
    at = patients.classes.index(chosen)
    threshold, rule = _threshold(probability[:, at], truth == at, threshold_rule, data.n_classes)
    conformal = fit_conformal(probability, truth, COVERAGE)
    preprocessing, of_member = _distinct(ensemble.preprocessing)
    cleaned = preprocessing[0].transform(data.table)
    reference = OutOfDistribution.fit(cleaned.matrix, list(data.patient))
    axis = preprocessing[0].axis
    header = ModelHeader(
        format_version=FORMAT_VERSION,
        modality="spectra",
        intended_use=RESEARCH_USE,
        network=NetworkDescription(
            name=recipe.network,  # type: ignore[arg-type]  # pydantic checks the name
            n_wavenumbers=len(preprocessing[0].wavenumber),
            n_classes=data.n_classes,
            members=len(ensemble.networks),
        ),
        preprocessing=[cast("dict[str, JsonValue]", one.to_json()) for one in preprocessing],
        preprocessing_of_member=list(of_member),
        axis=AxisContract(first=float(axis[0]), last=float(axis[-1]), points=len(axis)),
        classes=list(patients.classes),
        positive_class=chosen,
        decision_threshold=threshold,
        decision_rule=rule,
        calibration=Calibration(temperature=temperature),
        conformal=ConformalLimits(
            coverage=conformal.coverage, limit=[min(1.0, one) for one in conformal.quantile]
        ),
        out_of_distribution=OutOfDistributionLimits(
            residual=reference.residual_limit, distance=reference.distance_limit
        ),
        training=TrainingSummary(
            source=shortened(provenance.source),
            simulated=provenance.simulated,
            patients={name: patients.count(code) for code, name in enumerate(patients.classes)},
            spectra=len(data.table),
            seed=recipe.training.seed,
            notes=all_shortened((*provenance.notes, *cleaned.convergence_notes(), reason)),
            spectrum_hashes=list(provenance.spectrum_hashes or spectrum_hashes(data.table)),
        ),
        audit=[described_finding(one.name, one.severity, one.sentence) for one in provenance.audit],
        scores=_scores(probability, patients, at, recipe.training.seed),
        scores_from=(
            f"Scores of {len(patients.names)} patients, each judged by the one member that never saw it "
            "(95 % interval over patients; temperature, threshold and conformal sets were fitted on the same predictions):"
        ),
        weights_sha256=weights_sha256(model_tensors(ensemble.networks, reference)),
        versions=versions(),
    )
    return SpectraPredictor(header, ensemble.networks, preprocessing, reference)


def _distinct(fitted: Sequence[FittedPreprocessing]) -> tuple[tuple[FittedPreprocessing, ...], list[int]]:
    """Return what differs, and which of it each member has: what is equal is stored and applied once."""
    texts = [json.dumps(one.to_json()) for one in fitted]
    first = list(dict.fromkeys(texts))
    return tuple(fitted[texts.index(text)] for text in first), [first.index(text) for text in texts]


def _threshold(
    probability: FloatArray, positive: NDArray[np.bool_], rule: ThresholdRule, n_classes: int
) -> tuple[float, str]:
    """Return the threshold on the positive class's probability, and how it came about."""
    if n_classes > 2:
        return 0.5, "the most probable class"
    words = "Youden's index" if rule == "youden" else f"a specificity of at least {rule:g}"
    return min(1.0, choose_threshold(probability, positive, rule)), f"{words} on left-out patients"


def _mean_by_patient(logits: FloatArray, patients: Patients) -> FloatArray:
    total = np.zeros((len(patients.names), logits.shape[1]))
    np.add.at(total, patients.of_row, logits)
    return total / patients.rows_of_patient[:, None]


def _scores(probability: FloatArray, patients: Patients, positive: int, seed: int) -> list[Score]:
    binary = len(patients.classes) == 2
    own_row = np.arange(len(patients.names))
    scores = Scores(patients.class_of_patient, probability[None], own_row, positive if binary else None)
    intervals = patient_intervals(scores, draw_patients(len(patients.names), seed=seed))
    return [
        described_score(METRICS[name].title, one.value, one.low, one.high) for name, one in intervals.items()
    ]
