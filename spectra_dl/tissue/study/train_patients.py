"""Train a model that predicts what comes of patients from all images of each, and write the model file."""

from pathlib import Path
from typing import Any, ClassVar, cast

from spectra_dl.classification.assembly import TrainingProvenance
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.outcomes.assembly import FittedOutcome, fitted_outcome
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.description import described_encoders
from spectra_dl.imaging.features.recipe import SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.members import member_tensors
from spectra_dl.models.trained import TrainedModel
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.model_names import POOLING, Pooling
from spectra_dl.tissue.estimators.outcomes.pooled import PooledNumber, PooledOutcome, PooledRisk
from spectra_dl.tissue.image_networks import image_hashes, reference_images, training_widths
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.input_part import TrainingImages
from spectra_dl.tissue.outcome_cohort import ImagesOfPatients, images_with_numbers, images_with_times
from spectra_dl.tissue.outcome_input_part import PooledNetwork, TissueOutcomeInput
from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor
from spectra_dl.tissue.probes import patient_audit_inputs
from spectra_dl.tissue.study.evaluate_patients import PatientStudySettings


class TrainedPatients(TrainedModel[TissueOutcomePredictor, ImagesOfPatients[Any]]):
    """A trained model of what comes of patients; attributes as of `TrainedModel`."""

    unreported: ClassVar[Any] = {"input": {"training": {"image_hashes"}}}


def train_patients(
    images: TissueImages,
    settings: PatientStudySettings,
    *,
    source: str,
    folder: Path | None = None,
    store: FeatureStore | None = None,
) -> TrainedPatients:
    """Train networks that pool all images of a patient on every patient, and write the model file.

    Parameters
    ----------
    images
        With patients and the columns of what came of them, as a reader gives them.
    settings
        What is predicted, and how; the first of its models is trained, attention pooling if it names none.
    source
        What the images are, in a few words; never a path.
    folder
        Where ``model.safetensors`` is written; None writes nothing.
    store
        Where features are looked up and kept.

    Raises
    ------
    DataError
        Patients or what came of them are missing or impossible, patients are too few, or an image is damaged.
    UsageError
        There is no such column, encoder or network.
    TrainingDivergedError
        The loss is no longer finite.
    """
    asked = settings.evaluation
    kind = PooledNumber if isinstance(asked, OutcomeSettings) else PooledRisk
    model = kind(_pooling(settings), settings.members, training=settings.training, seed=asked.seed)
    cohort = _cohort(images, settings)
    encoded = encode_images(cohort.images, settings.encoders, store, on_disk=True)
    rows = BaggedFeatures(encoded.values, cohort.patient)
    model.fit(rows, _target(cohort))
    fitted = _fitted(model, rows, cohort, settings)
    predictor = _assembled(model, cohort, encoded, fitted, (settings, source))
    return TrainedPatients.written(folder, predictor, cohort)


def _pooling(settings: PatientStudySettings) -> Pooling:
    name = (settings.models or ("attention",))[0]
    if name not in POOLING:
        raise UsageError(
            f"{name:.60} can't be written as a model of what comes of patients; take {' or '.join(POOLING)}"
        )
    return cast("Pooling", name)


def _cohort(images: TissueImages, settings: PatientStudySettings) -> ImagesOfPatients[Any]:
    asked = settings.evaluation
    if isinstance(asked, OutcomeSettings):
        return images_with_numbers(images, asked.target)
    assert isinstance(asked, SurvivalSettings)
    return images_with_times(images, asked.time, asked.event)


def _target(cohort: ImagesOfPatients[Any]) -> Any:
    came = cohort.outcomes
    return came.value_of_row if hasattr(came, "value") else came.target


def _fitted(
    model: PooledOutcome,
    rows: BaggedFeatures,
    cohort: ImagesOfPatients[Any],
    settings: PatientStudySettings,
) -> FittedOutcome:
    some, inputs = reference_images(rows.values, model.members_[0].prepared)
    return fitted_outcome(
        model,
        rows,
        cohort.outcomes,
        OutOfDistribution.fit(inputs, list(cohort.patient[some])),
        audit_inputs=patient_audit_inputs(cohort.images, rows.values),
        settings=settings.evaluation,
    )


def _assembled(
    model: PooledOutcome,
    cohort: ImagesOfPatients[Any],
    encoded: SectionFeatures,
    fitted: FittedOutcome,
    how: tuple[PatientStudySettings, str],
) -> TissueOutcomePredictor:
    """Return trained networks as a model with its description."""
    (settings, source), networks = how, [member.network for member in model.members_]
    hashes, parts = image_hashes(cohort.images), cohort.images.parts
    part = TissueOutcomeInput(
        encoders=described_encoders(settings.encoders, encoded.blocks),
        network=PooledNetwork(name=model.pooling, n_features=encoded.values.shape[1], members=len(networks)),
        training=TrainingImages(images=len(hashes), image_hashes=hashes),
        tile_um=None if parts is None else parts.tile_um,
        image_um=training_widths(cohort.images),
    )
    tensors = {**fitted.tensors(), **member_tensors(networks)}
    header = fitted.header(
        TrainingProvenance(source, False, cohort.notes), part, tensors, settings.evaluation.seed
    )
    return TissueOutcomePredictor.from_tensors(header, tensors)
