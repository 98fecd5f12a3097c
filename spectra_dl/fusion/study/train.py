"""Train a fusion of blocks on all patients, and write one model file that holds the models of all blocks."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.classification.assembly import TrainingProvenance, fit_decision, model_header
from spectra_dl.classification.parts import UnseenLogits
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.audit import Finding, audit
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.estimators.clinical import LinearColumns
from spectra_dl.fusion.estimators.late import LateFusion
from spectra_dl.fusion.estimators.model_names import STORED
from spectra_dl.fusion.estimators.stacking import Stack
from spectra_dl.fusion.input_part import (
    FusedClinical,
    FusedColumn,
    FusedPower,
    FusedSpectra,
    FusedTissue,
    FusionInput,
)
from spectra_dl.fusion.predictor import FusionPredictor, fusion_tensors, reference_matrix
from spectra_dl.fusion.study.audit import fusion_audit_inputs
from spectra_dl.fusion.study.features import block_features, fusion_rows
from spectra_dl.fusion.study.models import block_model
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.trained import TrainedModel
from spectra_dl.tissue.bags.of_cohort import bags_of_cohort
from spectra_dl.tissue.cohort import ImageCohort
from spectra_dl.tissue.estimators.model_names import POOLING
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import assembled_predictor

if TYPE_CHECKING:
    from spectra_dl.fusion.predictor import BlockModel

_FOLDS = 5


class TrainedFusion(TrainedModel[FusionPredictor, FusionCohort]):
    """A trained fusion; attributes as of `TrainedModel`."""

    unreported: ClassVar[Any] = {"input": {"blocks": {"__all__": {"model": {"input": {"training"}}}}}}


def train_study(
    cohort: FusionCohort,
    settings: FusionStudySettings | None = None,
    *,
    folder: Path | None = None,
    store: FeatureStore | None = None,
) -> TrainedFusion:
    """Train a fusion of all blocks on every patient, and write the model file.

    Parameters
    ----------
    cohort
        Patients with classes, from `spectra_dl.fusion.cohort.read_cohort`.
    settings
        The default if None.
    folder
        Where ``model.safetensors`` is written; None writes nothing.
    store
        Where features of images are looked up and kept.

    Raises
    ------
    UsageError
        There is one block, or the model of a block can't be stored.
    DataError
        A class has too few patients who have a block.
    """
    settings = settings or FusionStudySettings()
    _refuse_what_is_not_stored(cohort)
    rows, seed = fusion_rows(cohort, store), settings.evaluation.seed
    named = [(part.read.name, block_model(part, cohort, settings)) for part in cohort.blocks]
    fusion = LateFusion(named, seed).fit(rows, cohort.label)
    for part, fitted in zip(cohort.blocks, fusion.fitted_, strict=True):
        if fitted.model is None:
            raise DataError(
                f"block {part.read.name!r:.60}: a class has fewer than two patients who have it; leave it out"
            )
    described = [
        _described(part, fitted.model, cohort, settings, store)
        for part, fitted in zip(cohort.blocks, fusion.fitted_, strict=True)
    ]
    models = tuple(model for _, model in described)
    described_input = FusionInput(blocks=[block for block, _ in described])
    predictor = _assembled(
        cohort, fusion, described_input, models, settings, stored=fusion.block_logits(rows)
    )
    return TrainedFusion.written(folder, predictor, cohort)


def _refuse_what_is_not_stored(cohort: FusionCohort) -> None:
    if cohort.label is None or len(cohort.blocks) < 2:
        raise UsageError(
            "a fusion is trained on patients with classes and on two blocks or more; with one, train spectra or train tissue"
        )
    for block in cohort.study.blocks:
        if block.model not in STORED[block.kind]:
            raise UsageError(
                f"block {block.name!r:.60}: {block.model} can't be written as a model of {block.kind}; evaluate it, or choose from {', '.join(STORED[block.kind])}"
            )


def _assembled(
    cohort: FusionCohort,
    fusion: LateFusion,
    part: FusionInput,
    models: "tuple[BlockModel, ...]",
    settings: FusionStudySettings,
    *,
    stored: FloatArray,
) -> FusionPredictor:
    """Return the fusion with its description; ``stored`` is what the stored models of blocks say of training patients."""
    evaluation, label = settings.evaluation, text_array(cohort.label if cohort.label is not None else ())
    people = read_patients(cohort.patients, label)
    patient = text_array(cohort.patients)
    unseen = np.stack([fitted.unseen for fitted in fusion.fitted_])
    data = TrainingData(patient, label, patient, people.class_of_row.astype(np.int64), len(people.classes))
    decision = fit_decision(
        data,
        fusion.out_of_fold_logits_,
        # The stored models are surer of training patients than copies that never saw them, and both are what blocks say of such patients.
        reference_matrix(np.concatenate([unseen, stored], axis=1)),
        inputs_of=text_array([*cohort.patients, *cohort.patients]),
        parts=[
            UnseenLogits(block.name, said, 1.0)
            for block, said in zip(part.blocks, fusion.stack_.says(unseen), strict=True)
        ],
        positive=cohort.study.positive,
        threshold_rule=evaluation.threshold_rule,
        seed=evaluation.seed,
    )
    # As the file holds them, so that a model predicts the same before and after it was written.
    stack = Stack(
        *(
            each.astype(np.float32).astype(np.float64)
            for each in (fusion.stack_.weight, fusion.stack_.offset, fusion.stack_.bias)
        )
    )
    tensors = {**decision.reference.tensors(), **fusion_tensors(models, stack)}
    provenance = TrainingProvenance(
        cohort.study.source, False, cohort.notes, _findings(cohort, evaluation.seed)
    )
    header = model_header(decision, provenance, part, tensors, seed=evaluation.seed)
    return FusionPredictor.from_tensors(header, tensors)


def _described(
    part: BlockOfCohort,
    model: Any,
    cohort: FusionCohort,
    settings: FusionStudySettings,
    store: FeatureStore | None,
) -> "tuple[FusedSpectra | FusedTissue | FusedClinical, BlockModel]":
    """Return a block's description and its model."""
    name, patients = part.read.name, len(np.unique(part.owner))
    kind = part.read.stated.kind
    if kind == "clinical":
        return FusedClinical(
            name=name, patients=patients, columns=described_columns(part, model.linear_)
        ), model.linear_
    if kind == "spectra":
        spectra = model.predictor_
        return FusedSpectra(name=name, patients=patients, model=spectra.header), spectra
    tissue = _tissue_predictor(part, model, cohort, settings, store)
    return FusedTissue(name=name, patients=patients, model=tissue.header), tissue


def described_columns(part: BlockOfCohort, linear: LinearColumns) -> list[FusedColumn]:
    """Return the description of clinical columns.

    Parameters
    ----------
    part
        The block.
    linear
        The weighted sum of its columns, with their powers.
    """
    said, columns, start = part.read.stated.columns or {}, [], 0
    dates = {column for column, each in said.items() if each.kind == "date"}
    for each in part.read.rows.columns:
        scale, exponent = float(linear.powers.scale[start]), float(linear.powers.exponent[start])
        column = FusedColumn(
            name=each.name,
            kind=each.kind,
            levels=list(each.levels),
            unit=each.unit,
            date=each.name in dates,
            power=FusedPower(scale=scale, exponent=exponent) if exponent != 1 else None,
        )
        columns.append(column)
        start += column.width
    return columns


def _tissue_predictor(
    part: BlockOfCohort,
    model: Any,
    cohort: FusionCohort,
    settings: FusionStudySettings,
    store: FeatureStore | None,
) -> Any:
    stated, label = part.read.stated, text_array(cohort.label if cohort.label is not None else ())
    images = ImageCohort(
        part.read.rows, label[part.owner], text_array(cohort.patients)[part.owner], part.read.notes
    )
    evaluation = replace(settings.evaluation, positive=cohort.study.positive)
    own = TissueStudySettings(encoders=stated.encoders, network=stated.model, evaluation=evaluation)  # type: ignore[arg-type]
    bagging = bags_of_cohort(images) if stated.model in POOLING else None
    provenance = TrainingProvenance(stated.path.name, False, part.read.notes)
    return assembled_predictor(
        images, block_features(part, store), model, own, bagging=bagging, provenance=provenance
    )


def _findings(cohort: FusionCohort, seed: int) -> tuple[Finding, ...]:
    label = text_array(cohort.label if cohort.label is not None else ())
    people = read_patients(cohort.patients, label)
    fewest = min(people.count(code) for code in range(len(people.classes)))
    folds = patient_folds(cohort.patients, label, folds=max(2, min(_FOLDS, fewest)), seed=seed)
    inputs = fusion_audit_inputs(cohort)
    return audit(
        label, cohort.patients, inputs, folds=folds, multiplicity=people.draw(seed=seed), seed=seed
    ).findings
