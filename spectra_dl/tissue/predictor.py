"""A trained model of images: what a model file becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import text_array
from spectra_dl.classification.predictions import OOD_LIMIT, RowPredictions
from spectra_dl.classification.predictor import ClassPredictor, stored_reference
from spectra_dl.errors import DataError
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.features.trained_encoders import encoders_to_build, refuse_changed_encoders
from spectra_dl.models.members import mean_output, restore_member
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.report_context import TISSUE_WORDS

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ModelHeader
    from spectra_dl.tissue.input_part import TissueInput

_DIGITS = 16


@dataclass(frozen=True, eq=False)
class TissuePredictor(ClassPredictor["TissueInput"]):
    """An ensemble of networks on features of images; see `spectra_dl.classification.predictor.ClassPredictor`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import spectra_dl as sdl
    >>> from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images
    >>> from spectra_dl.tissue.study.settings import TissueStudySettings
    >>> from spectra_dl.tissue.study.train import train_study
    >>> settings = TissueStudySettings(members=2, training=sdl.TrainingSettings(epochs=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulated = simulate_images(ImageStudySettings(patients=3, tiles_per_class=1, side=32))
    ...     images = sdl.read_images(write_images(pathlib.Path(folder), simulated))
    ...     predictor = train_study(images, settings, source="simulated images").predictor
    ...     rows = predictor.predict(images)
    >>> rows.classes, rows.probability.shape
    (('necrotic', 'no tumour', 'viable'), (9, 3))
    """

    words = TISSUE_WORDS

    @classmethod
    def input_part(cls) -> "type[TissueInput]":
        """Return the class of the header's input part."""
        from spectra_dl.tissue.input_part import TissueInput

        return TissueInput

    @classmethod
    def from_tensors(
        cls, header: "ModelHeader[TissueInput]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
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
            from spectra_dl.tissue.estimators.mlp import FeatureMLP

            return FeatureMLP(network.n_features, network.n_classes)

        networks = tuple(restore_member(build, tensors, member) for member in range(network.members))
        return cls(header, networks, reference=stored_reference(header, tensors), sha256=sha256)

    def predict(
        self, images: TissueImages, *, encoders: Sequence[str] = (), store: FeatureStore | None = None
    ) -> RowPredictions:
        """Predict every image; one that is damaged is refused, and the others are predicted all the same.

        Parameters
        ----------
        images
            ``n`` images; nothing need be known of them.
        encoders
            Those that a model file alone may not call for, see `spectra_dl.imaging.features.trained_encoders.encoders_to_build`.
        store
            Where features are looked up and kept.

        Raises
        ------
        UsageError
            An encoder must be named.
        ModelFileError
            An encoder gives other numbers than the one the model was trained with.
        """
        reason = _damage(images)
        usable = np.array([not each for each in reason], dtype=bool)
        logits = np.full((len(images), len(self.classification.classes)), np.nan)
        ood_score = np.full(len(images), np.nan)
        if usable.any():
            features = self._features(images[usable], encoders, store)
            logits[usable] = mean_output(self.networks, [features] * len(self.networks))
            ood_score[usable] = self.reference.exceedance(self._standardised(features))
        probability = logits.copy()
        probability[usable] = self.probability(logits[usable])
        status = text_array(["ok" if whole else "refused" for whole in usable])
        for row in np.flatnonzero(ood_score > OOD_LIMIT):
            status[row] = "warned"
            reason[row] = f"unlike the training images ({ood_score[row]:.1f} x the limit)"
        return RowPredictions(
            images.name,
            images.patient,
            status,
            text_array(reason),
            tuple(self.classification.classes),
            logits,
            probability,
            ood_score,
            ~usable,
        )

    def seen_in_training(self, images: TissueImages) -> int:
        """Count the images whose files the model was trained on."""
        known = set(self.header.input.training.image_hashes)
        return sum(digits in known for digits in image_hashes(images)) if known else 0

    def _features(
        self, images: TissueImages, named: Sequence[str], store: FeatureStore | None
    ) -> NDArray[np.float32]:
        described = self.header.input.encoders
        encoded = encode_images(images, encoders_to_build(described, named), store)
        refuse_changed_encoders(described, encoded.blocks)
        return encoded.values

    def _standardised(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features as the first member standardises them, in which the training images' reference is."""
        weights = self.networks[0].state_dict()
        mean, scale = (weights[name].numpy() for name in ("mean", "scale"))
        standard: NDArray[np.float32] = ((features - mean) / scale).astype(np.float32)
        return standard


def image_hashes(images: TissueImages) -> list[str]:
    """Return 16 hexadecimal digits of SHA-256 for each image's file."""
    return [sha256_of(path)[:_DIGITS] for path in images.files.file]


def _damage(images: TissueImages) -> list[str]:
    """Return for each image why it can't be decoded; empty where it can."""
    reasons = []
    for row in range(len(images)):
        try:
            next(images.files.read([row]))
            reasons.append("")
        except DataError as err:
            reasons.append(str(err))
    return reasons
