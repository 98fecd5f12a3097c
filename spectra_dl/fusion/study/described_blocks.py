"""A block's fitted model of a number or of log risks, as a model file holds it."""

from typing import Any, cast

import numpy as np
from pydantic import JsonValue

from spectra_dl.arrays import text_array
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.fusion.cohort import BlockOfCohort
from spectra_dl.fusion.estimators.clinical import design_matrix
from spectra_dl.fusion.input_part import FusedClinical
from spectra_dl.fusion.outcomes.block_models import BlockModel, ClinicalSum, SpectraSum, TissueSum
from spectra_dl.fusion.outcomes.input_part import BlockImages, SummedBlock, SummedSpectra, SummedTissue
from spectra_dl.fusion.outcomes.linear_sum import fitted_steps, linear_columns, linear_sum
from spectra_dl.fusion.study.features import block_features
from spectra_dl.fusion.study.train import described_columns
from spectra_dl.imaging.bags.standard import standard_of
from spectra_dl.imaging.features.description import described_encoders
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.header import OutOfDistributionLimits
from spectra_dl.spectra.input_part import AxisContract, TrainingSpectra
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes
from spectra_dl.tissue.image_networks import image_hashes, reference_images, training_widths
from spectra_dl.tissue.input_part import TrainingImages


def described_block(
    part: BlockOfCohort, model: Any, store: FeatureStore | None, *, clips: bool
) -> tuple[SummedBlock, BlockModel]:
    """Return a block's description and its model.

    Parameters
    ----------
    part
        The block.
    model
        Fitted on its rows.
    store
        Where features of images are looked up.
    clips
        Whether log risks are predicted.
    """
    kind = part.read.stated.kind
    if kind == "clinical":
        linear = linear_columns(model, design_matrix(part.read.rows).shape[1])
        name, patients = part.read.name, _patients(part)
        return FusedClinical(
            name=name, patients=patients, columns=described_columns(part, linear)
        ), ClinicalSum(linear, clips)
    return (
        _spectra(part, model, clips=clips) if kind == "spectra" else _tissue(part, model, store, clips=clips)
    )


def _spectra(part: BlockOfCohort, model: Any, *, clips: bool) -> tuple[SummedSpectra, SpectraSum]:
    cleaning, *steps = fitted_steps(model)
    table: SpectraTable = part.read.rows
    preprocessing = cleaning.fitted_
    axis = preprocessing.axis
    reference = OutOfDistribution.fit(preprocessing.transform(table).matrix, _names(part))
    described = SummedSpectra(
        name=part.read.name,
        patients=_patients(part),
        model=cast("Any", part.read.stated.model),
        preprocessing=cast("dict[str, JsonValue]", preprocessing.to_json()),
        axis=AxisContract(
            first=float(axis[0]),
            last=float(axis[-1]),
            points=len(axis),
            laser_nm=table.laser_nm,
            calibration=table.axis_calibration,
            transfer=table.instrument_transfer,
        ),
        training=TrainingSpectra(spectra=len(table), spectrum_hashes=spectrum_hashes(table)),
        out_of_distribution=_limits(reference),
    )
    return described, SpectraSum(described, linear_sum(steps), reference, preprocessing, clips)


def _tissue(
    part: BlockOfCohort, model: Any, store: FeatureStore | None, *, clips: bool
) -> tuple[SummedTissue, TissueSum]:
    images, stated = part.read.rows, part.read.stated
    encoded = block_features(part, store)
    values, hashes = encoded.values, image_hashes(images)
    standard = standard_of(lambda: iter([values]))
    some, inputs = reference_images(values, standard)
    reference = OutOfDistribution.fit(inputs, list(text_array(_names(part))[some]))
    described = SummedTissue(
        name=part.read.name,
        patients=_patients(part),
        model=cast("Any", stated.model),
        images=BlockImages(
            encoders=described_encoders(stated.encoders, encoded.blocks),
            training=TrainingImages(images=len(hashes), image_hashes=hashes),
            tile_um=None if images.parts is None else images.parts.tile_um,
            image_um=training_widths(images),
        ),
        out_of_distribution=_limits(reference),
    )
    return described, TissueSum(described, linear_sum(fitted_steps(model)), reference, standard, clips)


def _names(part: BlockOfCohort) -> list[str]:
    return [f"{number}" for number in part.owner.tolist()]


def _patients(part: BlockOfCohort) -> int:
    return len(np.unique(part.owner))


def _limits(reference: OutOfDistribution) -> OutOfDistributionLimits:
    return OutOfDistributionLimits(residual=reference.residual_limit, distance=reference.distance_limit)
