"""A cohort's blocks as models take them."""

from typing import Any

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.recipe import SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.model_names import POOLING


def fusion_rows(cohort: FusionCohort, store: FeatureStore | None = None) -> FusionRows:
    """Return the patients as rows; images become features, by encoders that nothing here changes.

    Parameters
    ----------
    cohort
        The patients.
    store
        Where features of images are looked up and kept; None computes them.

    Raises
    ------
    UsageError
        There is no such encoder.
    DataError
        An image is damaged.
    """
    blocks = tuple(
        FusionBlock(part.read.name, _rows(part, cohort, store), part.owner) for part in cohort.blocks
    )
    return FusionRows(cohort.patients, blocks)


def block_features(part: BlockOfCohort, store: FeatureStore | None) -> SectionFeatures:
    """Return the features of a block of images.

    Parameters
    ----------
    part
        The block.
    store
        Where features are looked up and kept; None computes them.
    """
    return encode_images(part.read.rows, part.read.stated.encoders, store)


def _rows(part: BlockOfCohort, cohort: FusionCohort, store: FeatureStore | None) -> Any:
    stated = part.read.stated
    if stated.kind != "tissue":
        return part.read.rows
    values = block_features(part, store).values
    if stated.outcome == "classes" and stated.model not in POOLING:
        return values
    return BaggedFeatures(values, text_array(np.array(cohort.patients, dtype=object)[part.owner]))
