"""Evaluate models that predict from a patient's images a number, or how soon an event comes, with an audit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.report.results.patients import EvaluatedOutcome, EvaluatedSurvival
from spectra_dl.execution.run import Execution
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.text.csv_rows import csv_text
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.model_names import NUMBERS, POOLING, TIMES, ImageModelNames, Pooling
from spectra_dl.tissue.estimators.outcomes.held_out_attention import AttentionObserver, attention_of
from spectra_dl.tissue.estimators.outcomes.models import number_models, survival_models
from spectra_dl.tissue.estimators.outcomes.pooled import PooledNumber, PooledOutcome, PooledRisk
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.outcome_cohort import Came, ImagesOfPatients, images_with_numbers, images_with_times
from spectra_dl.tissue.probes import patient_audit_inputs
from spectra_dl.tissue.report_context import tissue_context
from spectra_dl.tissue.study.slides import place_columns, write_attention
from spectra_dl.training.settings import TrainingSettings

ATTENTION_FILE = "attention.csv"
_WORDS = {
    POOLING[
        "attention"
    ]: "an ensemble of networks that pool all images of a patient by gated attention (Ilse et al. 2018, arXiv 1802.04712)",
    POOLING["mean-pooling"]: "the same networks with the mean of all images in the place of attention",
    TIMES.classical[
        "cox"
    ]: "a Cox regression with a ridge penalty on the mean features of a patient's images",
    TIMES.classical["pca-cox"]: "the same regression on their principal components",
}


@dataclass(frozen=True)
class PatientStudySettings:
    """The choices of a study of what comes of patients.

    Attributes
    ----------
    evaluation
        What is predicted, folds, seed and resamples: `OutcomeSettings` of a number, `SurvivalSettings` of the time to an event.
    encoders
        What turns images into features, by name; several stand side by side.
    models
        By name, see `spectra_dl.tissue.estimators.model_names.NUMBERS` and ``TIMES``; None takes all.
    members
        Networks in an ensemble, at least 2.
    training
        Settings of the loop; None takes the usual ones.
    """

    evaluation: PatientSettings
    encoders: tuple[str, ...] = (COLOUR_TEXTURE,)
    models: tuple[str, ...] | None = None
    members: int = 5
    training: TrainingSettings | None = None


def evaluate_outcome_study(
    images: TissueImages,
    settings: PatientStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
    folder: Path | None = None,
) -> EvaluatedOutcome:
    """Evaluate models of a number per patient, on patients they have not seen.

    Parameters
    ----------
    images
        With patients and a column of numbers, as a reader gives them.
    settings
        Which number, an `OutcomeSettings`, and how.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the images.
    store
        Where features are looked up and kept; None computes them.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.
    folder
        Where maps of attention are written, to ``slides/``, if a model has attention and images have places; None writes none.

    Raises
    ------
    DataError
        Patients or numbers are missing or no numbers, an image is damaged, a split is impossible, or it is that of other data.
    UsageError
        There is no such column, encoder or model.
    """
    asked = settings.evaluation
    assert isinstance(asked, OutcomeSettings)
    models = _models(settings, (NUMBERS, PooledNumber), number_models)
    cohort = images_with_numbers(images, asked.target)
    features, given = _given(cohort, settings, split, store)
    evaluation = evaluate_outcome(models, features, cohort.outcomes, asked, **given, execution=execution)
    cohort, also = _attention(cohort, evaluation.observations, folder)
    return EvaluatedOutcome(cohort, evaluation, also=also)


def evaluate_survival_study(
    images: TissueImages,
    settings: PatientStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
    folder: Path | None = None,
) -> EvaluatedSurvival:
    """Evaluate models of the time to an event, on patients they have not seen.

    Parameters
    ----------
    images
        With patients, a column of times and one of events, as a reader gives them.
    settings
        Which columns, a `SurvivalSettings`, and how.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated; or folds of the images.
    store
        Where features are looked up and kept; None computes them.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.
    folder
        Where maps of attention are written, to ``slides/``, if a model has attention and images have places; None writes none.

    Raises
    ------
    DataError
        Patients, times or events are missing or impossible, events are too few, an image is damaged, a split is impossible, or it is that of other data.
    UsageError
        There is no such column, encoder or model.
    """
    asked = settings.evaluation
    assert isinstance(asked, SurvivalSettings)
    models = _models(settings, (TIMES, PooledRisk), survival_models)
    cohort = images_with_times(images, asked.time, asked.event)
    features, given = _given(cohort, settings, split, store)
    evaluation = evaluate_survival(models, features, cohort.outcomes, asked, **given, execution=execution)
    cohort, also = _attention(cohort, evaluation.observations, folder)
    return EvaluatedSurvival(cohort, evaluation, also=also)


def _models(
    settings: PatientStudySettings,
    kind: tuple[ImageModelNames, type[PooledOutcome]],
    build: Callable[[int], Mapping[str, Fittable]],
) -> list[ModelEntry[Fittable]]:
    (names, network), seed = kind, settings.evaluation.seed
    pooling, classical = names.chosen(settings.models)
    networks: dict[str, Fittable] = {
        names.networks[name]: network(
            cast("Pooling", name), settings.members, training=settings.training, seed=seed
        )
        for name in pooling
    }
    entries = chosen_entries(networks, build(seed), classical, control=names.control, what=names.kind)
    return [replace(entry, words=_WORDS.get(entry.name, "")) for entry in entries]


def _given(
    cohort: ImagesOfPatients[Any],
    settings: PatientStudySettings,
    split: str | Sequence[Fold] | None,
    store: FeatureStore | None,
) -> tuple[BaggedFeatures, dict[str, Any]]:
    """Read the folds that are asked for, encode images, and return features with what every evaluation of them is given."""
    folds = read_split(split, cohort.patient, names=cohort.names) if isinstance(split, str) else split
    values = encode_images(cohort.images, settings.encoders, store, on_disk=True).values
    features = BaggedFeatures(values, cohort.patient)
    return features, {
        "audit_inputs": patient_audit_inputs(cohort.images, values),
        "observers": [AttentionObserver(features)],
        "folds": folds,
        "context": replace(tissue_context(settings.encoders), rows=cohort.names),
    }


def _attention(
    cohort: ImagesOfPatients[Came], observations: Sequence[Observation], folder: Path | None
) -> tuple[ImagesOfPatients[Came], dict[str, str]]:
    """Write maps of which images of each patient were looked at by networks that had not seen the patient, and return the cohort with notes on them, and ``attention.csv``."""
    images, share = cohort.images, attention_of(observations, len(cohort.images))
    if share is None:
        return cohort, {}
    columns = {
        "path": images.name,
        "patient_id": cohort.patient,
        **place_columns(images),
        "attention": [f"{value:.9g}" for value in share.tolist()],
    }
    notes = () if folder is None else write_attention(folder, images, cohort.patient, share)
    noted = replace(cohort, images=replace(images, notes=(*images.notes, *notes)))
    return noted, {ATTENTION_FILE: csv_text([list(columns), *zip(*columns.values(), strict=True)])}
