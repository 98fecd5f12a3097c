"""Train a model of images on all patients, and write the model file."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spectra_dl.classification.assembly import (
    FittedDecision,
    TrainingProvenance,
    fit_decision,
    model_header,
)
from spectra_dl.classification.decision import predicted_class
from spectra_dl.classification.ensemble import Ensemble
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.executor import Executor
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.bags.standard import Standard, standard_of
from spectra_dl.imaging.encoders.registry import FINE_TUNED_SIDE
from spectra_dl.imaging.features.description import described_encoders
from spectra_dl.imaging.features.recipe import SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.models.header import Classification
from spectra_dl.models.members import member_tensors
from spectra_dl.models.trained import TrainedModel
from spectra_dl.tissue.bags.of_cohort import Bagging, ClassesOf, bags_of_cohort, refuse_unpooled
from spectra_dl.tissue.cohort import ImageCohort, labelled_images
from spectra_dl.tissue.encoding import encode_images, image_pixels
from spectra_dl.tissue.estimators.model_names import FINE_TUNED, POOLING, Network
from spectra_dl.tissue.estimators.patient_ensemble import PatientEnsemble
from spectra_dl.tissue.image_networks import image_hashes, reference_images, training_widths
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.input_part import (
    MOST_CLASSES,
    MOST_PATIENTS,
    ImageNetwork,
    ShareOfClass,
    TissueInput,
    TrainingImages,
)
from spectra_dl.tissue.predictor import TissuePredictor
from spectra_dl.tissue.probes.cohort_audit import audit_cohort
from spectra_dl.tissue.shares.confusion import patient_counts
from spectra_dl.tissue.shares.share_classes import ShareClasses, class_numbers, cohort_share
from spectra_dl.tissue.study.models import network_of
from spectra_dl.tissue.study.settings import TissueStudySettings

_NOTES = {
    "image": "Classes are of images: a patient in these figures is a patient's images of one class together, and temperature and limits are fitted on these; predict answers for each "
    "image by itself, for which coverage is not promised.",
    "slide": "Classes are of slides: a patient in these figures is a patient's slides of one class together, and temperature and limits are fitted on these; predict answers for each "
    "slide by itself, for which coverage is not promised.",
}


class TrainedImages(TrainedModel[TissuePredictor, ImageCohort]):
    """A trained classifier of images; attributes as of `TrainedModel`."""

    unreported: ClassVar[Any] = {"input": {"training": {"image_hashes"}}}


def train_study(
    images: TissueImages,
    settings: TissueStudySettings | None = None,
    *,
    source: str,
    folder: Path | None = None,
    store: FeatureStore | None = None,
    executor: Executor | None = None,
) -> TrainedImages:
    """Train the network on every patient, and write the model file.

    Parameters
    ----------
    images
        With class and patient, as a reader gives them.
    settings
        The default if None; its models and folds are not looked at.
    source
        What the images are, in a few words; never a path.
    folder
        Where ``model.safetensors`` is written; None writes nothing.
    store
        Where features are looked up and kept.
    executor
        Where members are trained; in this process if None.

    Raises
    ------
    DataError
        Class or patient is missing, a class has one patient only, an image is damaged, or images are to be pooled whose classes are their own.
    UsageError
        There is no such encoder, or a share is asked for that is not of two classes of images.
    TrainingDivergedError
        The loss is no longer finite.
    """
    settings = settings or TissueStudySettings()
    cohort = labelled_images(images, label_per_sample=settings.label_per_sample)
    bagging = _bagging(cohort, settings.network)
    asked = _share(cohort, settings)
    encoded = encode_images(cohort.images, settings.encoders, store, on_disk=bagging is not None)
    classifier = network_of(settings.network, settings)
    rows: Rows = encoded.values if bagging is None else BaggedFeatures(encoded.values, bagging.name)
    if settings.network == FINE_TUNED:
        rows = PixelRows(encoded.values, image_pixels(cohort.images))
    classifier.fit(rows, cohort.label, cohort.patient, executor=executor)
    _calibrated(classifier)  # refused before the audit takes its time
    provenance = TrainingProvenance(
        source,
        False,
        cohort.notes,
        audit_cohort(cohort, encoded.values, seed=settings.evaluation.seed).findings,
    )
    predictor = assembled_predictor(
        cohort, encoded, classifier, settings, bagging=bagging, share=asked, provenance=provenance
    )
    return TrainedImages.written(folder, predictor, cohort)


def assembled_predictor(
    cohort: ImageCohort,
    encoded: SectionFeatures,
    classifier: PatientEnsemble,
    settings: TissueStudySettings,
    *,
    bagging: Bagging | None,
    provenance: TrainingProvenance,
    share: ShareClasses | None = None,
) -> TissuePredictor:
    """Return a trained ensemble as a model with its description.

    Parameters
    ----------
    cohort
        The training images.
    encoded
        Their features.
    classifier
        Fitted on them.
    settings
        Of the study.
    bagging
        Which images were pooled; None where none were.
    provenance
        Where they came from.
    share
        The share that predict estimates unless another is asked for.

    Raises
    ------
    DataError
        A class has one patient only.
    """
    standard = _standard(encoded, _calibrated(classifier), settings.network)
    decision = _decision(cohort, encoded, classifier, standard, settings)
    held_out = _held_out_counts(cohort, classifier, decision.classification)
    part = _input_part(cohort, encoded, classifier, settings, bagging, share=share, held_out=held_out)
    notes = (_NOTES[part.classes_of],) if part.classes_of in _NOTES else ()
    tensors = {**decision.reference.tensors(), **member_tensors(classifier.networks_)}
    if part.looks_at_pixels:
        tensors |= standard.tensors()
    header = model_header(decision, provenance, part, tensors, notes=notes, seed=settings.evaluation.seed)
    return TissuePredictor.from_tensors(header, tensors)


def _standard(encoded: SectionFeatures, ensemble: Ensemble[Standard], network: Network) -> Standard:
    """Return how features are standardised: as the first member does it, or, where members look at pixels, by those of all images."""
    return standard_of(lambda: iter([encoded.values])) if network == FINE_TUNED else ensemble.prepared[0]


def _calibrated(classifier: PatientEnsemble) -> Ensemble[Standard]:
    """Return the members, of which some never saw a patient; refused where nobody could be left out."""
    if classifier.ensemble_ is None:
        raise DataError(
            "no patient can be left out of a member so that each class is still trained: bring a second patient of each class; without one no probability can be calibrated"
        )
    return classifier.ensemble_


def _bagging(cohort: ImageCohort, network: Network) -> Bagging | None:
    """Return the bag of each image where the network pools images; None where it doesn't."""
    if network not in POOLING:
        return None
    bagging = bags_of_cohort(cohort)
    return refuse_unpooled([network]) if bagging is None else bagging


def _share(cohort: ImageCohort, settings: TissueStudySettings) -> ShareClasses | None:
    """Return the share that is asked for, which needs a class of each image."""
    if settings.share is None:
        return None
    if settings.network in POOLING:
        raise UsageError(
            f"--share: {settings.network} answers for a patient or a slide, and a share is counted over images; train another model, or leave --share out"
        )
    return cohort_share(cohort, settings.share)


def _decision(
    cohort: ImageCohort,
    encoded: SectionFeatures,
    classifier: PatientEnsemble,
    standard: Standard,
    settings: TissueStudySettings,
) -> FittedDecision:
    """Return how the ensemble decides; a patient's images are as many rows, whatever its networks look at."""
    people, values = read_patients(cohort.patient, cohort.label), encoded.values
    data = TrainingData(values, cohort.label, cohort.patient, people.class_of_row, len(people.classes))
    some, inputs = reference_images(values, standard)
    return fit_decision(
        data,
        classifier.out_of_fold_logits_,
        inputs,
        inputs_of=cohort.patient[some],
        positive=settings.evaluation.positive,
        threshold_rule=settings.evaluation.threshold_rule,
        seed=settings.evaluation.seed,
    )


def _input_part(
    cohort: ImageCohort,
    encoded: SectionFeatures,
    classifier: PatientEnsemble,
    settings: TissueStudySettings,
    bagging: Bagging | None,
    *,
    share: ShareClasses | None,
    held_out: list[list[list[int]]],
) -> TissueInput:
    people, hashes = read_patients(cohort.patient, cohort.label), image_hashes(cohort.images)
    unpooled: ClassesOf = "patient" if people.cluster is None else "image"
    classes_of = unpooled if bagging is None else bagging.of
    return TissueInput(
        encoders=described_encoders(settings.encoders, encoded.blocks),
        network=ImageNetwork(
            name=settings.network,
            n_features=3 * FINE_TUNED_SIDE**2 if settings.network == FINE_TUNED else encoded.values.shape[1],
            n_classes=len(people.classes),
            members=len(classifier.networks_),
        ),
        training=TrainingImages(images=len(hashes), image_hashes=hashes),
        classes_of=classes_of,
        held_out_counts=held_out if classes_of == "image" else [],
        share=None if share is None else ShareOfClass(part=share.part, rest=share.rest),
        tile_um=None if cohort.images.parts is None else cohort.images.parts.tile_um,
        image_um=training_widths(cohort.images),
    )


def _held_out_counts(
    cohort: ImageCohort, classifier: PatientEnsemble, rule: Classification
) -> list[list[list[int]]]:
    """Return what members decide of the images of patients they never saw; none with more classes than are worth keeping, and of some patients where there are many."""
    if len(rule.classes) > MOST_CLASSES:
        return []
    probability = softmax(classifier.out_of_fold_logits_ / rule.calibration.temperature)
    decided = predicted_class(probability, rule.classes, rule.positive_class, rule.decision_threshold)
    true, predicted = (class_numbers(names, rule.classes) for names in (cohort.label, decided))
    counts = patient_counts(true, predicted, cohort.subject, len(rule.classes))
    some = np.unique(np.linspace(0, len(counts) - 1, MOST_PATIENTS).astype(np.intp))
    kept: list[list[list[int]]] = counts[some].tolist()
    return kept
