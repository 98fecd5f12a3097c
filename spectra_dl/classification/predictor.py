"""A trained model with classes: what it adds to a predictor, whatever it takes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import softmax
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.context import Words
from spectra_dl.models.predictor import Predictor

if TYPE_CHECKING:
    from spectra_dl.models.header import Classification, InputPart, ModelHeader

Input = TypeVar("Input", bound="InputPart")


@dataclass(frozen=True, eq=False)
class ClassPredictor(Predictor[Input]):
    """A trained model that gives probabilities of classes; see `spectra_dl.models.predictor.Predictor`.

    Attributes
    ----------
    reference
        What the training rows looked like.
    words
        What the modality calls rows.
    """

    reference: OutOfDistribution
    words: ClassVar[Words] = Words()

    @property
    def classification(self) -> "Classification":
        """The header's part on classes and how they are decided."""
        return classification_of(self.header)

    @property
    def decision(self) -> DecisionRule:
        """How the model decides, and when it abstains."""
        part = self.classification
        conformal = ConformalSets(part.conformal.coverage, tuple(part.conformal.limit))
        return DecisionRule(
            tuple(part.classes), part.positive_class, part.decision_threshold, conformal, self.words
        )

    def probability(self, logits: FloatArray) -> FloatArray:
        """Return calibrated probabilities ``(n, c)`` of mean logits ``(n, c)``."""
        return softmax(logits / self.classification.calibration.temperature)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return {**self.reference.tensors(), **super().tensors()}


def classification_of(header: "ModelHeader[Input]") -> "Classification":
    """Return the header's part on classes, which a model with classes has."""
    if header.classification is None:
        raise ValueError("the header of a model with classes lacks its part on classes")
    return header.classification


def stored_reference(header: "ModelHeader[Input]", tensors: Mapping[str, np.ndarray]) -> OutOfDistribution:
    """Return what the training rows looked like, from a model file.

    Parameters
    ----------
    header
        The description, which holds the limits.
    tensors
        Every array of the file by name.

    Raises
    ------
    KeyError
        A tensor is missing.
    """
    limits = classification_of(header).out_of_distribution
    return OutOfDistribution.from_tensors(tensors, limits.residual, limits.distance)
