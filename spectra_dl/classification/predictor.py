"""A trained model with classes: what it adds to a predictor, whatever it takes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import softmax
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.context import Words
from spectra_dl.models.predictor import Predictor

if TYPE_CHECKING:
    from spectra_dl.models.header import Classification, ConformalLimits, InputPart, ModelHeader

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
        """How the model decides, and when it abstains, at the coverage it was stored with."""
        return self.decision_at(self.classification.conformal.coverage)

    def decision_at(self, coverage: float) -> DecisionRule:
        """Return how the model decides, and when it abstains, where sets hold the true class in this share of patients.

        Raises
        ------
        UsageError
            The model has no limits for this coverage.
        """
        part = self.classification
        known = {part.conformal.coverage: part.conformal.limit}
        known |= {int(percent) / 100: limit for percent, limit in part.conformal.limit_at.items()}
        sets = {share: ConformalSets(share, tuple(limit)) for share, limit in known.items()}
        asked = sets.get(round(coverage, 9))
        if asked is None:
            raise UsageError(_unknown_coverage(coverage, part.conformal))
        return DecisionRule(
            tuple(part.classes),
            part.positive_class,
            part.decision_threshold,
            asked,
            self.words,
            other_coverages=tuple(sets.values()),
            rows_per_patient=part.rows_per_patient,
            patients=part.patients,
        )

    def probability(self, logits: FloatArray) -> FloatArray:
        """Return calibrated probabilities ``(n, c)`` of mean logits ``(n, c)``."""
        return softmax(logits / self.classification.calibration.temperature)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return {**self.reference.tensors(), **super().tensors()}


def _unknown_coverage(coverage: float, conformal: "ConformalLimits") -> str:
    if not conformal.limit_at:
        return (
            f"coverage {coverage:g}: this model file knows {conformal.coverage:g} alone; leave the coverage out, or train the model again "
            "with this version for others"
        )
    first, last = min(conformal.limit_at), max(conformal.limit_at)
    return f"coverage {coverage:g}: this model knows whole percents from 0.{first} to 0.{last}; take one of these, such as 0.8"


def classification_of(header: "ModelHeader[Input]") -> "Classification":
    """Return the header's part on classes, which a model with classes has."""
    if header.classification is None:
        raise ValueError("the header of a model with classes lacks its part on classes")
    return header.classification


def stored_reference(
    header: "ModelHeader[Input]", tensors: Mapping[str, np.ndarray], width: int | None = None
) -> OutOfDistribution:
    """Return what the training rows looked like, from a model file.

    Parameters
    ----------
    header
        The description, which holds the limits.
    tensors
        Every array of the file by name.
    width
        See `OutOfDistribution.from_tensors`.

    Raises
    ------
    KeyError, RuntimeError
        A tensor is missing, mis-shaped or of another type.
    """
    limits = classification_of(header).out_of_distribution
    return OutOfDistribution.from_tensors(tensors, limits.residual, limits.distance, width)
