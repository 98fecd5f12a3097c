"""Evaluate models that predict from a patient's images a number, or how soon an event comes, with an audit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.entries import ModelEntry, chosen_entries
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.folds.split_file import read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.report.results.patients import EvaluatedOutcome, EvaluatedSurvival
from spectra_dl.execution.run import Execution
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.tissue.bags.rows import BaggedFeatures
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.model_names import NUMBERS, TIMES, ImageModelNames
from spectra_dl.tissue.estimators.outcomes.models import number_models, survival_models
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.outcome_cohort import ImagesOfPatients, images_with_numbers, images_with_times
from spectra_dl.tissue.probes import patient_audit_inputs
from spectra_dl.tissue.report_context import tissue_context


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
    """

    evaluation: PatientSettings
    encoders: tuple[str, ...] = (COLOUR_TEXTURE,)
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class _Rows:
    """Images as models and reports take them."""

    features: BaggedFeatures
    folds: Sequence[Fold] | None
    context: ReportContext


def evaluate_outcome_study(
    images: TissueImages,
    settings: PatientStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
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

    Raises
    ------
    DataError
        Patients or numbers are missing or no numbers, an image is damaged, a split is impossible, or it is that of other data.
    UsageError
        There is no such column, encoder or model.
    """
    asked = settings.evaluation
    assert isinstance(asked, OutcomeSettings)
    models = _models(settings, NUMBERS, number_models)
    cohort = images_with_numbers(images, asked.target)
    rows = _rows(cohort, settings, split, store)
    evaluation = evaluate_outcome(
        models,
        rows.features,
        cohort.outcomes,
        asked,
        audit_inputs=patient_audit_inputs(cohort.images, rows.features.values),
        folds=rows.folds,
        context=rows.context,
        execution=execution,
    )
    return EvaluatedOutcome(cohort, evaluation)


def evaluate_survival_study(
    images: TissueImages,
    settings: PatientStudySettings,
    *,
    split: str | Sequence[Fold] | None = None,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
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

    Raises
    ------
    DataError
        Patients, times or events are missing or impossible, events are too few, an image is damaged, a split is impossible, or it is that of other data.
    UsageError
        There is no such column, encoder or model.
    """
    asked = settings.evaluation
    assert isinstance(asked, SurvivalSettings)
    models = _models(settings, TIMES, survival_models)
    cohort = images_with_times(images, asked.time, asked.event)
    rows = _rows(cohort, settings, split, store)
    evaluation = evaluate_survival(
        models,
        rows.features,
        cohort.outcomes,
        asked,
        audit_inputs=patient_audit_inputs(cohort.images, rows.features.values),
        folds=rows.folds,
        context=rows.context,
        execution=execution,
    )
    return EvaluatedSurvival(cohort, evaluation)


def _models(
    settings: PatientStudySettings,
    names: ImageModelNames,
    build: Callable[[int], Mapping[str, Fittable]],
) -> list[ModelEntry[Fittable]]:
    _, classical = names.chosen(settings.models)
    known = build(settings.evaluation.seed)
    return chosen_entries({}, known, classical, control=names.control, what=names.kind)


def _rows(
    cohort: ImagesOfPatients[Any],
    settings: PatientStudySettings,
    split: str | Sequence[Fold] | None,
    store: FeatureStore | None,
) -> _Rows:
    """Encode images, and read the folds that are asked for."""
    folds = read_split(split, cohort.patient, names=cohort.names) if isinstance(split, str) else split
    features = encode_images(cohort.images, settings.encoders, store, on_disk=True).values
    context = replace(tissue_context(settings.encoders), rows=cohort.names)
    return _Rows(BaggedFeatures(features, cohort.patient), folds, context)
