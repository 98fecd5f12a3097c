"""Train a model of images on all patients, and write the model file."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.classification.assembly import TrainingProvenance, fit_decision, model_header
from spectra_dl.classification.ensemble import Ensemble
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import Finding, audit
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.execution.executor import Executor
from spectra_dl.imaging.features.description import described_encoders
from spectra_dl.imaging.features.recipe import SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.card import card_text
from spectra_dl.models.members import member_tensors
from spectra_dl.storage.run_folder import RunResult, make_run_folder
from spectra_dl.tissue.cohort import ImageCohort, labelled_images
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.classifier import TissueClassifier
from spectra_dl.tissue.estimators.recipe import Standard
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.input_part import MOST_CLASSES, ImageNetwork, ShareOfClass, TissueInput, TrainingImages
from spectra_dl.tissue.predictor import TissuePredictor, image_hashes
from spectra_dl.tissue.probes import image_audit_inputs
from spectra_dl.tissue.shares.confusion import patient_counts
from spectra_dl.tissue.shares.share_classes import ShareClasses, cohort_share
from spectra_dl.tissue.study.settings import TissueStudySettings

MODEL_FILE = "model.safetensors"
_FOLDS = 5
_IMAGES_NOTE = (
    "Classes are of images: a patient in these figures is a patient's images of one class together, and temperature and limits are fitted on these; predict answers for each image "
    "by itself, for which coverage is not promised."
)


@dataclass(frozen=True, eq=False)
class TrainedImages(RunResult):
    """A trained classifier of images.

    Attributes
    ----------
    predictor
        What predicts.
    cohort
        The images it was trained on.
    sha256
        The digest that seals its model file; empty where none was written.
    """

    predictor: TissuePredictor
    cohort: ImageCohort
    sha256: str

    @property
    def report(self) -> dict[str, object]:
        """The model's digest and description, and notes, ready for JSON."""
        header = self.predictor.header
        exclude = {"input": {"training": {"image_hashes"}}}
        return {
            "model_sha256": self.sha256,
            "notes": list(self.cohort.notes),
            "results": header.model_dump(mode="json", exclude=exclude),
        }

    def text(self) -> str:
        """Return the model's description for a terminal."""
        return card_text(self.predictor.header, self.sha256)


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
        Class or patient is missing, a class has one patient only, or an image is damaged.
    UsageError
        A share is asked for that is not of two classes of images.
    TrainingDivergedError
        The loss is no longer finite.
    """
    settings = settings or TissueStudySettings()
    cohort = labelled_images(images, label_per_sample=settings.label_per_sample)
    asked = None if settings.share is None else cohort_share(cohort, settings.share)
    encoded = encode_images(cohort.images, settings.encoders, store)
    classifier = TissueClassifier(settings.members, training=settings.training, seed=settings.evaluation.seed)
    classifier.fit(encoded.values, cohort.label, cohort.patient, executor=executor)
    if classifier.ensemble_ is None:
        raise DataError(
            "no patient can be left out of a member so that each class is still trained: bring a second patient of each class; without one no probability can be calibrated"
        )
    predictor = _assembled(cohort, encoded, classifier.ensemble_, source, settings, share=asked)
    if folder is None:
        return TrainedImages(predictor, cohort, "")
    make_run_folder(folder)
    return TrainedImages(predictor, cohort, predictor.save(folder / MODEL_FILE))


def _assembled(
    cohort: ImageCohort,
    encoded: SectionFeatures,
    ensemble: Ensemble[Standard],
    source: str,
    settings: TissueStudySettings,
    *,
    share: ShareClasses | None,
) -> TissuePredictor:
    """Return the members with calibration, limits, scores and origin."""
    people, seed = read_patients(cohort.patient, cohort.label), settings.evaluation.seed
    data = TrainingData(
        encoded.values, cohort.label, cohort.patient, people.class_of_row, len(people.classes)
    )
    first = ensemble.prepared[0]
    decision = fit_decision(
        data,
        ensemble.out_of_fold_logits,
        (encoded.values - first.mean) / first.scale,
        parts=ensemble.parts,
        positive=settings.evaluation.positive,
        threshold_rule=settings.evaluation.threshold_rule,
        seed=seed,
    )
    hashes = image_hashes(cohort.images)
    part = TissueInput(
        encoders=described_encoders(settings.encoders, encoded.blocks),
        network=ImageNetwork(
            n_features=encoded.values.shape[1],
            n_classes=len(people.classes),
            members=len(ensemble.networks),
        ),
        training=TrainingImages(images=len(hashes), image_hashes=hashes),
        classes_of="patient" if people.cluster is None else "image",
        held_out_counts=[] if people.cluster is None else _held_out_counts(cohort, people, ensemble),
        share=None if share is None else ShareOfClass(part=share.part, rest=share.rest),
    )
    notes = (*cohort.notes, *((_IMAGES_NOTE,) if people.cluster is not None else ()))
    provenance = TrainingProvenance(source, False, notes, _findings(cohort, encoded, seed))
    tensors = {**decision.reference.tensors(), **member_tensors(ensemble.networks)}
    header = model_header(decision, provenance, part, tensors, seed=seed)
    return TissuePredictor.from_tensors(header, tensors)


def _held_out_counts(
    cohort: ImageCohort, people: Patients, ensemble: Ensemble[Standard]
) -> list[list[list[int]]]:
    """Return what members predicted of the images of patients they never saw; none with more classes than are worth keeping."""
    width = len(people.classes)
    if width > MOST_CLASSES:
        return []
    predicted = ensemble.out_of_fold_logits.argmax(axis=1)
    counts: list[list[list[int]]] = patient_counts(
        people.class_of_row, predicted, cohort.subject, width
    ).tolist()
    return counts


def _findings(cohort: ImageCohort, encoded: SectionFeatures, seed: int) -> tuple[Finding, ...]:
    fewest = min(Counter(dict(zip(cohort.patient, cohort.label, strict=True)).values()).values())
    return audit(
        cohort.label,
        cohort.patient,
        image_audit_inputs(cohort, encoded.values),
        folds=patient_folds(cohort.patient, cohort.label, folds=max(2, min(_FOLDS, fewest)), seed=seed),
        multiplicity=read_patients(cohort.patient, cohort.label).draw(seed=seed),
        seed=seed,
    ).findings
