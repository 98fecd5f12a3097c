"""A trained model of images: what a model file becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.classification.predictions import OOD_LIMIT, RowPredictions
from spectra_dl.classification.predictor import ClassPredictor, stored_reference
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.bags.standard import Standard
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.members import mean_output, restore_member
from spectra_dl.tissue.bags.of_cohort import bags_of_input
from spectra_dl.tissue.encoding import image_pixels, pixel_blocks
from spectra_dl.tissue.estimators.model_names import NETWORKS
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
from spectra_dl.tissue.maps.decisive_images import (
    MOST_CLASSES,
    DecisiveImages,
    decisive_images,
    most_certain,
)
from spectra_dl.tissue.report_context import TISSUE_WORDS

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ModelHeader
    from spectra_dl.tissue.input_part import TissueInput


DRAWN_OF_A_CLASS = 4


@dataclass(frozen=True, eq=False)
class ImagePredictions(RowPredictions):
    """Predictions of images.

    Attributes
    ----------
    attention
        ``(n,)`` how much each image counts in the answer of its patient or slide, where images are pooled: shares that sum to 1 over the images that
        were pooled, NaN of others. None where each image is predicted by itself.
    """

    attention: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class TissuePredictor(ClassPredictor["TissueInput"]):
    """An ensemble of networks on images or their features; see `spectra_dl.classification.predictor.ClassPredictor`.

    Attributes
    ----------
    standard
        How the features are standardised by which an image is like the training images.

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

    standard: Standard
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
            from spectra_dl.imaging.bags.networks import POOLING
            from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork
            from spectra_dl.tissue.estimators.mlp import FeatureMLP

            if header.input.looks_at_pixels:
                return TileNetwork(1, network.n_features, network.n_classes, 0)
            kind = POOLING.get(network.name, FeatureMLP)
            return kind(network.n_features, network.n_classes)

        networks = tuple(restore_member(build, tensors, member) for member in range(network.members))
        width = sum(encoder.width for encoder in header.input.encoders)
        stored = header.input.looks_at_pixels
        standard = Standard.from_tensors(tensors, width) if stored else standard_of_first(networks)
        return cls(header, networks, stored_reference(header, tensors, width), standard, sha256=sha256)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; networks on features hold the standard themselves."""
        own = self.standard.tensors() if self.header.input.looks_at_pixels else {}
        return {**own, **super().tensors()}

    def predict(
        self, images: TissueImages, *, encoders: Sequence[str] = (), store: FeatureStore | None = None
    ) -> ImagePredictions:
        """Predict every image; one that is damaged is refused, and the others are predicted all the same.

        A model that pools images gives each the answer of its patient or slide, and its attention. It pools those like the training images alone: what it
        never learnt to weigh might weigh anything. Where none is, all are pooled, and the patient or slide is unlike training.

        Parameters
        ----------
        images
            ``n`` images; nothing need be known of them, but whose they are where they are pooled.
        encoders
            Those that a model file alone may not call for, see `spectra_dl.imaging.features.trained_encoders.encoders_to_build`.
        store
            Where features are looked up and kept.

        Raises
        ------
        UsageError
            An encoder must be named.
        DataError
            Images are pooled, and nobody says whose they are.
        ModelFileError
            An encoder gives other numbers than the one the model was trained with.
        """
        bag = self.bags(images)
        usable, status, reason = usable_images(images, self.header.input.image_um)
        logits = np.full((len(images), len(self.classification.classes)), np.nan)
        ood_score, attention = np.full((2, len(images)), np.nan)
        if usable.any():
            part = self.header.input
            features = described_features(images[usable], part.encoders, encoders, store, on_disk=part.pools)
            ood_score[usable] = images_exceedance(self.standard, self.reference, features)
            if part.looks_at_pixels:
                logits[usable] = self._of_pixels(images[usable])
            elif bag is None:
                logits[usable] = mean_output(self.networks, [features] * len(self.networks))
            else:
                like = ood_score[usable] <= OOD_LIMIT
                logits[usable], attention[usable] = self._pooled(BaggedFeatures(features, bag[usable]), like)
        probability = logits.copy()
        probability[usable] = self.probability(logits[usable])
        warn_of_unlike(ood_score, status, reason)
        return ImagePredictions(
            images.name,
            images.patient,
            status,
            reason,
            tuple(self.classification.classes),
            logits,
            probability,
            ood_score,
            ~usable,
            None if bag is None else attention,
        )

    def bags(self, images: TissueImages) -> TextArray | None:
        """Return the patient or slide ``(n,)`` whose images are pooled; None where each is predicted by itself.

        Raises
        ------
        DataError
            Nobody says which an image is of.
        """
        part = self.header.input
        if part.classes_of == "image" or not part.pools:
            return None
        return bags_of_input(images, part.classes_of, NETWORKS[part.network.name])

    def seen_in_training(self, images: TissueImages) -> int:
        """Count the images whose files the model was trained on."""
        return seen_images(images, self.header.input.training.image_hashes)

    def most_certain(self, images: TissueImages, rows: ImagePredictions) -> DecisiveImages:
        """Return the images that were most certainly called each class, of those like the training images, with where in them the class was found.

        Parameters
        ----------
        images
            ``n`` images.
        rows
            What `predict` said of them; the network must look at the images themselves.
        """
        like = np.flatnonzero(~rows.damaged & (rows.ood_score <= OOD_LIMIT))
        like = like[rows.probability[like].argmax(axis=1) < MOST_CLASSES]
        probability, owner = rows.probability[like], images.name if images.patient is None else images.patient
        kind = probability.argmax(axis=1).tolist()
        some = like[most_certain(kind, probability.max(axis=1), owner[like].tolist(), DRAWN_OF_A_CLASS)]
        inputs = image_pixels(images[some]).astype(np.float32)
        return decisive_images(self.networks, inputs, rows.probability[some], rows.classes, some)

    def _of_pixels(self, images: TissueImages) -> FloatArray:
        """Return the mean logits ``(n, c)`` of images, of which a few at a time are in memory."""
        return np.concatenate(
            [mean_output(self.networks, [block] * len(self.networks)) for _, block in pixel_blocks(images)]
        )

    def _pooled(self, rows: BaggedFeatures, like: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Return for each image the logits ``(n, c)`` of its bag, and its share ``(n,)`` in it, NaN where it was not pooled."""
        outputs, attention = pooled_images(self.networks, rows, like)
        return np.mean(outputs, axis=0), attention
