"""A trained model of images: what a model file becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.classification.predictions import OOD_LIMIT, RowPredictions
from spectra_dl.classification.predictor import ClassPredictor, stored_reference
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.features.trained_encoders import encoders_to_build, refuse_changed_encoders
from spectra_dl.models.members import mean_output, restore_member
from spectra_dl.tissue.bags.of_cohort import bags_of_input
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.estimators.model_names import NETWORKS
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.report_context import TISSUE_WORDS

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ModelHeader
    from spectra_dl.tissue.input_part import TissueInput

_DIGITS = 16
_AT_ONCE = 4096  # images whose features are standardised together


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
            from spectra_dl.imaging.bags.networks import POOLING
            from spectra_dl.tissue.estimators.mlp import FeatureMLP

            kind = POOLING.get(network.name, FeatureMLP)
            return kind(network.n_features, network.n_classes)

        networks = tuple(restore_member(build, tensors, member) for member in range(network.members))
        return cls(header, networks, reference=stored_reference(header, tensors), sha256=sha256)

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
        reason = images.files.faults()
        usable = np.array([not each for each in reason], dtype=bool)
        logits = np.full((len(images), len(self.classification.classes)), np.nan)
        ood_score, attention = np.full((2, len(images)), np.nan)
        if usable.any():
            features = self._features(images[usable], encoders, store)
            ood_score[usable] = self._exceedance(features)
            if bag is None:
                logits[usable] = mean_output(self.networks, [features] * len(self.networks))
            else:
                like = ood_score[usable] <= OOD_LIMIT
                logits[usable], attention[usable] = self._pooled(BaggedFeatures(features, bag[usable]), like)
        probability = logits.copy()
        probability[usable] = self.probability(logits[usable])
        status = text_array(["ok" if whole else "refused" for whole in usable])
        for row in np.flatnonzero(ood_score > OOD_LIMIT):
            status[row] = "warned"
            reason[row] = f"unlike the training images ({ood_score[row]:.1f} x the limit)"
        return ImagePredictions(
            images.name,
            images.patient,
            status,
            text_array(reason),
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
        known = set(self.header.input.training.image_hashes)
        return sum(digits in known for digits in image_hashes(images)) if known else 0

    def _features(
        self, images: TissueImages, named: Sequence[str], store: FeatureStore | None
    ) -> NDArray[np.float32]:
        described = self.header.input.encoders
        on_disk = self.header.input.pools
        encoded = encode_images(images, encoders_to_build(described, named), store, on_disk=on_disk)
        refuse_changed_encoders(described, encoded.blocks)
        return encoded.values

    def _pooled(self, rows: BaggedFeatures, like: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Return for each image the logits ``(n, c)`` of its bag, and its share ``(n,)`` in it, NaN where it was not pooled."""
        from spectra_dl.imaging.bags.whole import pooled_by_members

        logits = np.empty((len(rows), len(self.classification.classes)))
        attention = np.full(len(rows), np.nan)
        whole, kept = rows.bags, rows.bags.like_training(like)
        each = pooled_by_members(self.networks, kept)
        for images, counted, pooled in zip(whole.images, kept.images, each, strict=True):
            logits[images], attention[counted] = pooled.logits, pooled.attention
        return logits, attention

    def _exceedance(self, features: NDArray[np.float32]) -> FloatArray:
        """Return how unlike the training images each is; these were standardised as the first member does it."""
        weights = self.networks[0].state_dict()
        mean, scale = (weights[name].cpu().numpy() for name in ("mean", "scale"))
        each = [
            self.reference.exceedance(((block - mean) / scale).astype(np.float32))
            for block in (features[at : at + _AT_ONCE] for at in range(0, len(features), _AT_ONCE))
        ]
        return np.concatenate(each)


def image_hashes(images: TissueImages) -> list[str]:
    """Return 16 hexadecimal digits of SHA-256 for each image."""
    return [digest[:_DIGITS] for digest in images.files.digests()]
