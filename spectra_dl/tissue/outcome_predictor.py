"""A trained model of images that predicts what comes of patients: what a model file becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from spectra_dl.arrays import TextArray
from spectra_dl.classification.outcomes.answers import RowOutcomes
from spectra_dl.classification.outcomes.predictor import OutcomePredictor, stored_outcome
from spectra_dl.classification.predictions import OOD_LIMIT
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.members import restore_member
from spectra_dl.tissue.bags.of_cohort import bags_of_input
from spectra_dl.tissue.estimators.model_names import POOLING
from spectra_dl.tissue.image_networks import (
    described_features,
    images_exceedance,
    pooled_images,
    seen_images,
    standard_of_first,
    usable_images,
    warn_of_unlike,
)
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.report_context import TISSUE_WORDS

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ModelHeader
    from spectra_dl.tissue.outcome_input_part import TissueOutcomeInput

_OUTPUTS = 2


@dataclass(frozen=True, eq=False)
class TissueOutcomePredictor(OutcomePredictor["TissueOutcomeInput"]):
    """An ensemble of networks that pool all images of a patient; see `spectra_dl.classification.outcomes.predictor.OutcomePredictor`."""

    words = TISSUE_WORDS

    @classmethod
    def input_part(cls) -> "type[TissueOutcomeInput]":
        """Return the class of the header's input part."""
        from spectra_dl.tissue.outcome_input_part import TissueOutcomeInput

        return TissueOutcomeInput

    @classmethod
    def from_tensors(
        cls,
        header: "ModelHeader[TissueOutcomeInput]",
        tensors: Mapping[str, np.ndarray],
        *,
        sha256: str = "",
    ) -> Self:
        """Build the model around the tensors of its file; see `spectra_dl.models.predictor.Predictor`.

        Parameters
        ----------
        header
            The description.
        tensors
            Every array of the file by name.
        sha256
            The digest that seals the file.
        """
        network = header.input.network

        def build() -> "nn.Module":
            from spectra_dl.imaging.bags.networks import POOLING as KINDS

            return KINDS[network.name](network.n_features, _OUTPUTS)

        networks = tuple(restore_member(build, tensors, member) for member in range(network.members))
        reference, resampled = stored_outcome(header, tensors, network.n_features)
        return cls(header, networks, reference=reference, resampled=resampled, sha256=sha256)

    def predict(
        self, images: TissueImages, *, encoders: Sequence[str] = (), store: FeatureStore | None = None
    ) -> RowOutcomes:
        """Predict the patient of every image; an image that is damaged is refused, and the others are pooled all the same.

        Images like the training images alone are pooled, as of `spectra_dl.tissue.predictor.TissuePredictor`.

        Parameters
        ----------
        images
            ``n`` images of named patients.
        encoders
            Those that a model file alone may not call for, see `spectra_dl.imaging.features.trained_encoders.encoders_to_build`.
        store
            Where features are looked up and kept.

        Raises
        ------
        UsageError
            An encoder must be named.
        DataError
            Nobody says whose an image is.
        ModelFileError
            An encoder gives other numbers than the one the model was trained with.
        """
        part, bag = self.header.input, self.bags(images)
        usable, status, reason = usable_images(images, self.header.input.image_um)
        said, ood_score, attention = np.full((3, len(images)), np.nan)
        if usable.any():
            features = described_features(images[usable], part.encoders, encoders, store, on_disk=True)
            ood_score[usable] = images_exceedance(standard_of_first(self.networks), self.reference, features)
            rows = BaggedFeatures(features, bag[usable])
            outputs, attention[usable] = pooled_images(self.networks, rows, ood_score[usable] <= OOD_LIMIT)
            said[usable] = self.said(list(outputs))
        warn_of_unlike(ood_score, status, reason)
        return RowOutcomes(images.name, images.patient, status, reason, said, ood_score, ~usable, attention)

    def bags(self, images: TissueImages) -> TextArray:
        """Return ``(n,)`` the patient whose images are pooled.

        Raises
        ------
        DataError
            Nobody says whose an image is.
        """
        return bags_of_input(images, "patient", POOLING[self.header.input.network.name])

    def seen_in_training(self, images: TissueImages) -> int:
        """Count the images whose files the model was trained on."""
        return seen_images(images, self.header.input.training.image_hashes)
