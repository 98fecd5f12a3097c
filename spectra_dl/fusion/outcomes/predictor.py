"""A trained fusion that predicts a number or the time to an event: what a model file becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.classification.outcomes.predictor import OutcomePredictor, outcome_of, stored_outcome
from spectra_dl.classification.patient_pooling import PooledRows
from spectra_dl.evaluation.context import Words
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.estimators.outcomes.stacking import OutcomeStack
from spectra_dl.fusion.outcomes.block_models import BlockModel, Features, block_model
from spectra_dl.fusion.predictor import refuse_foreign
from spectra_dl.models.header import PredictedNumber

if TYPE_CHECKING:
    from spectra_dl.fusion.outcomes.input_part import FusionOutcomeInput
    from spectra_dl.models.header import ModelHeader, Outcome

_STACK = ("centre", "weight", "offset")


@dataclass(frozen=True, eq=False)
class FusedOutcomes:
    """What is said of patients, and by which blocks.

    Attributes
    ----------
    patients
        The number or the log risk in ``mean``; rows are the patient's blocks.
    blocks
        The blocks' names.
    has
        ``(b, m)`` whether each patient has it.
    adds
        ``(b, m)`` what it adds to the patient's number, or log hazard ratio; of a patient without it, the offset for that.
    notes
        Of the blocks.
    """

    patients: PooledRows
    blocks: tuple[str, ...]
    has: NDArray[np.bool_]
    adds: FloatArray
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FusionOutcomePredictor(OutcomePredictor["FusionOutcomeInput"]):
    """A weighted sum for each block and the weights of what they say; see `spectra_dl.classification.outcomes.predictor.OutcomePredictor`.

    Attributes
    ----------
    models
        Of each block, in the header's order.
    stack
        How much each counts, and what is added for one that is missing.
    """

    models: tuple[BlockModel, ...] = field(kw_only=True)
    stack: OutcomeStack = field(kw_only=True)
    words = Words("block", "blocks")

    @classmethod
    def input_part(cls) -> "type[FusionOutcomeInput]":
        """Return the class of the header's input part."""
        from spectra_dl.fusion.outcomes.input_part import FusionOutcomeInput

        return FusionOutcomeInput

    @classmethod
    def from_tensors(
        cls, header: "ModelHeader[FusionOutcomeInput]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
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
        blocks = header.input.blocks
        reference, resampled = stored_outcome(header, tensors, len(blocks))
        clips = outcome_of(header).kind == "time"
        models = tuple(block_model(block, _own(tensors, at), clips=clips) for at, block in enumerate(blocks))
        centre, weight, offset, bias = stored = tuple(tensors[f"stack.{name}"] for name in (*_STACK, "bias"))
        shapes = [(len(blocks),)] * 3 + [(1,)]
        if [each.shape for each in stored] != shapes or any(each.dtype != np.float64 for each in stored):
            raise RuntimeError("the weights of the blocks are not one for each of them")
        if (weight < 0).any():
            raise RuntimeError("a block counts less than nothing")
        stack = OutcomeStack(centre, weight, offset, float(bias[0]))
        return cls(
            header,
            (),
            reference=reference,
            resampled=resampled,
            models=models,
            stack=stack,
            sha256=sha256,
        )

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name."""
        return {**super().tensors(), **fused_tensors(self.models, self.stack)}

    def predict(self, cohort: FusionCohort, features: Features = ((), None)) -> FusedOutcomes:
        """Predict every patient by the blocks they have.

        Parameters
        ----------
        cohort
            Patients; what came of them need not be known.
        features
            Encoders of images that a model file alone may not call for, and where features are looked up and kept.

        Raises
        ------
        DataError
            A block is not one of the model's, or can't be used by its model.
        """
        names = [block.name for block in self.header.input.blocks]
        parts = {part.read.name: part for part in cohort.blocks}
        refuse_foreign(parts, names)
        patients = len(cohort.patients)
        said, score = np.full((len(names), patients), np.nan), np.full((len(names) + 1, patients), np.nan)
        notes: list[str] = []
        for at, (name, model) in enumerate(zip(names, self.models, strict=True)):
            if name in parts:
                says = model.says(parts[name].read.rows, parts[name].owner, patients, features)
                said[at], score[at] = says.said, says.ood_score
                notes += [f"{name}: {note}" for note in says.notes]
        score[-1] = self.reference.exceedance(agreement(said, self.stack, _unit(self.outcome)))
        return self._fused(cohort, said, score, tuple(notes))

    def seen_in_training(self, cohort: FusionCohort) -> dict[str, tuple[int, int]]:
        """Count the spectra and images that the model was trained on, by block: how many were seen, of how many.

        Parameters
        ----------
        cohort
            Patients whose blocks are the model's.
        """
        models = {
            block.name: model for block, model in zip(self.header.input.blocks, self.models, strict=True)
        }
        counted = {
            part.read.name: (models[part.read.name].seen_in_training(part.read.rows), len(part.owner))
            for part in cohort.blocks
        }
        return {name: (seen, rows) for name, (seen, rows) in counted.items() if seen is not None}

    def _fused(
        self, cohort: FusionCohort, said: FloatArray, score: FloatArray, notes: tuple[str, ...]
    ) -> FusedOutcomes:
        names = tuple(block.name for block in self.header.input.blocks)
        has: NDArray[np.bool_] = np.asarray(~np.isnan(said))
        known: NDArray[np.bool_] = np.asarray(has.any(axis=0))
        adds = self.stack.says(said)
        together = np.where(known, self.stack.predict(said), np.nan)
        score = np.where(known, score, np.nan)
        worst = np.where(np.isnan(score), -np.inf, score).max(axis=0)
        lacking = [
            ", ".join(name for name, there in zip(names, own, strict=True) if not there)
            for own in has.T.tolist()
        ]
        status = [
            ("warned" if lacks else "ok") if any_block else "refused"
            for lacks, any_block in zip(lacking, known.tolist(), strict=True)
        ]
        patients = PooledRows(
            text_array(cohort.patients),
            has.sum(axis=0),
            has.sum(axis=0),
            text_array(status),
            text_array([f"without {lacks}" if lacks else "" for lacks in lacking]),
            np.where(known, worst, np.nan),
            together[:, None],
        )
        slope = 1.0 if isinstance(self.outcome, PredictedNumber) else self.scaled.slope
        return FusedOutcomes(patients, names, has, slope * adds, notes)


def agreement(said: FloatArray, stack: OutcomeStack, unit: float) -> NDArray[np.float32]:
    """Return what the fusion's reference is made of, ``(m, b)`` float32: how far what each block says lies from its centre, 0 where missing.

    Parameters
    ----------
    said
        ``(b, m)`` by each block, NaN where missing.
    stack
        Whose centres are meant.
    unit
        What it is measured by: the range of the training patients' numbers, and 1 of log risks.
    """
    return np.nan_to_num((said - stack.centre[:, None]) / unit).T.astype(np.float32)


def _unit(outcome: "Outcome") -> float:
    return (outcome.highest - outcome.lowest) or 1.0 if isinstance(outcome, PredictedNumber) else 1.0


def fused_tensors(models: Sequence[BlockModel], stack: OutcomeStack) -> dict[str, np.ndarray]:
    """Return the arrays of blocks' models and weights, by name.

    Parameters
    ----------
    models
        Of each block.
    stack
        How much each counts.
    """
    tensors = {f"stack.{name}": getattr(stack, name) for name in _STACK}
    tensors["stack.bias"] = np.array([stack.bias])
    for at, model in enumerate(models):
        tensors |= {f"block{at}.{name}": array for name, array in model.tensors().items()}
    return tensors


def _own(tensors: Mapping[str, np.ndarray], at: int) -> dict[str, np.ndarray]:
    prefix = f"block{at}."
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
