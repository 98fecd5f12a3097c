"""A trained model of what comes of patients: what it adds to a predictor, whatever it takes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.outcomes.answers import OutcomeAnswer, number_answers, time_answers
from spectra_dl.classification.outcomes.limits import ScaledRisk
from spectra_dl.classification.patient_pooling import PooledRows
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.context import Words
from spectra_dl.models.header import PredictedNumber
from spectra_dl.models.predictor import Predictor

if TYPE_CHECKING:
    from spectra_dl.models.header import InputPart, ModelHeader, Outcome

RESAMPLED = "outcome.resampled"

Input = TypeVar("Input", bound="InputPart")


@dataclass(frozen=True, eq=False)
class OutcomePredictor(Predictor[Input]):
    """A trained model that predicts a number of each patient, or the time to an event; see `spectra_dl.models.predictor.Predictor`.

    Attributes
    ----------
    reference
        What the training rows looked like.
    resampled
        ``(b, 3)`` of `spectra_dl.classification.outcomes.limits.ScaledRisk`; no rows where a number is predicted.
    words
        What the modality calls rows.
    """

    reference: OutOfDistribution
    resampled: FloatArray
    words: ClassVar[Words] = Words()

    @property
    def outcome(self) -> "Outcome":
        """The header's part on what is predicted."""
        return outcome_of(self.header)

    @property
    def scaled(self) -> ScaledRisk:
        """From a risk to the probability of no event; of a model of times."""
        part = self.outcome
        if isinstance(part, PredictedNumber):
            raise ValueError("a model of numbers has no risk")
        return ScaledRisk(part.slope, part.centre, part.hazard, self.resampled)

    def coverage(self, asked: float | None = None) -> float:
        """Return how often intervals shall hold the truth: that which the model was stored with, unless another is asked for.

        Parameters
        ----------
        asked
            Whole percents, for a number.

        Raises
        ------
        UsageError
            The model has no intervals for it.
        """
        part = self.outcome
        if asked is None or asked == part.coverage:
            return part.coverage
        if not isinstance(part, PredictedNumber):
            raise UsageError(
                f"coverage {asked:g}: a model of times has limits at {part.coverage:.0%} alone; leave the coverage out"
            )
        if _percent(asked) not in part.half_width_at:
            raise UsageError(
                f"coverage {asked:g}: this model has intervals at whole percents from 50 to 99, as far as its {part.patients} training patients allow; take "
                + (f"{int(max(part.half_width_at)) / 100:g} or less" if part.half_width_at else "none")
            )
        return asked

    def answers(self, patients: PooledRows, asked: float | None = None) -> list[OutcomeAnswer]:
        """Return each patient's answer; none where nothing could be used, or most of it is unlike the training rows.

        Parameters
        ----------
        patients
            With the mean of what is said of rows in ``mean[:, 0]``.
        asked
            Coverage of the intervals; None takes the model's own.

        Raises
        ------
        UsageError
            The model has no intervals for this coverage.
        """
        part, coverage = self.outcome, self.coverage(asked)
        if isinstance(part, PredictedNumber):
            width = part.half_width if coverage == part.coverage else part.half_width_at[_percent(coverage)]
            return number_answers(patients, part, width, self.words)
        return time_answers(patients, self.scaled, coverage, self.words)

    def said(self, outputs: Sequence[FloatArray]) -> FloatArray:
        """Return ``(n,)`` the number or the risk that members say together.

        Parameters
        ----------
        outputs
            ``(n, 2)`` of each member.
        """
        part = self.outcome
        each = [output[:, 1] - output[:, 0] for output in outputs]
        if isinstance(part, PredictedNumber):
            each = [one.centre + one.spread * said for one, said in zip(part.scale, each, strict=True)]
        return np.asarray(np.mean(each, axis=0))

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return {**outcome_tensors(self.reference, self.resampled), **super().tensors()}


def outcome_of(header: "ModelHeader[Input]") -> "Outcome":
    """Return the header's part on what is predicted, which a model of outcomes has.

    Raises
    ------
    RuntimeError
        It has none.
    """
    if header.outcome is None:
        raise RuntimeError("the header of a model of outcomes lacks its part on what is predicted")
    return header.outcome


def outcome_tensors(reference: OutOfDistribution, resampled: FloatArray) -> dict[str, np.ndarray]:
    """Return the arrays a model file keeps besides its members.

    Parameters
    ----------
    reference
        What the training rows looked like.
    resampled
        ``(b, 3)``; no rows where a number is predicted.
    """
    return {**reference.tensors(), **({RESAMPLED: resampled} if len(resampled) else {})}


def stored_outcome(
    header: "ModelHeader[Input]", tensors: Mapping[str, np.ndarray], width: int | None = None
) -> tuple[OutOfDistribution, FloatArray]:
    """Return what the training rows looked like, and ``(b, 3)`` of resampled patients, from a model file.

    Parameters
    ----------
    header
        The description, which holds the limits.
    tensors
        Every array of the file by name.
    width
        See `spectra_dl.classification.out_of_distribution.OutOfDistribution.from_tensors`.

    Raises
    ------
    KeyError
        A tensor is missing.
    RuntimeError
        One is mis-shaped or of another type.
    """
    part = outcome_of(header)
    limits = part.out_of_distribution
    reference = OutOfDistribution.from_tensors(tensors, limits.residual, limits.distance, width)
    if isinstance(part, PredictedNumber):
        return reference, np.empty((0, 3))
    resampled = tensors[RESAMPLED]
    if resampled.ndim != 2 or resampled.shape[1] != 3 or not len(resampled) or resampled.dtype != np.float64:
        raise RuntimeError(f"{RESAMPLED} has shape {resampled.shape} and type {resampled.dtype}")
    return reference, resampled


def _percent(coverage: float) -> str:
    return f"{100 * coverage:.6g}"
