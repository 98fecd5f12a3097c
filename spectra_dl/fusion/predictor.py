"""A trained fusion: what a model file becomes when it is loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, text_array
from spectra_dl.classification.predictions import PatientPredictions, softmax
from spectra_dl.classification.predictor import ClassPredictor, stored_reference
from spectra_dl.errors import DataError
from spectra_dl.evaluation.context import Words
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.estimators.blocks import patient_logits
from spectra_dl.fusion.estimators.clinical import LinearColumns, design_matrix
from spectra_dl.fusion.estimators.stacking import Stack
from spectra_dl.fusion.rows import patient_medians
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.tissue.predictor import TissuePredictor

if TYPE_CHECKING:
    from spectra_dl.fusion.input_part import FusionInput
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.models.header import ModelHeader

_STACK, _LINEAR = ("weight", "offset", "bias"), ("median", "weight", "missing", "bias")
_LARGEST = 1e6  # of a block's weight or offset
BlockModel = SpectraPredictor | TissuePredictor | LinearColumns


@dataclass(frozen=True, eq=False)
class FusedPredictions:
    """Predictions of patients, and what each block says.

    Attributes
    ----------
    patients
        One prediction per patient; rows are the patient's blocks.
    blocks
        The blocks' names.
    has
        ``(b, m)`` whether each patient has it.
    says
        ``(b, m, c)`` what it adds to the patient's logits; of a patient without it, the offset for that.
    notes
        Of the blocks' models.
    """

    patients: PatientPredictions
    blocks: tuple[str, ...]
    has: NDArray[np.bool_]
    says: FloatArray
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FusionPredictor(ClassPredictor["FusionInput"]):
    """A model for each block and the weights of what they say; see `spectra_dl.classification.predictor.ClassPredictor`.

    Attributes
    ----------
    models
        Of each block, in the header's order.
    stack
        How much each counts, and what is said for one that is missing.
    """

    models: tuple[BlockModel, ...] = field(kw_only=True)
    stack: Stack = field(kw_only=True)
    words = Words("block", "blocks")

    @classmethod
    def input_part(cls) -> "type[FusionInput]":
        """Return the class of the header's input part."""
        from spectra_dl.fusion.input_part import FusionInput

        return FusionInput

    @classmethod
    def from_tensors(
        cls, header: "ModelHeader[FusionInput]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
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
        blocks, classes = header.input.blocks, header.classification.classes if header.classification else []
        models = tuple(
            _block_model(block, _own(tensors, at), len(classes)) for at, block in enumerate(blocks)
        )
        stored = [tensors[f"stack.{name}"] for name in _STACK]
        if any(
            each.dtype != np.float32 or not (np.abs(each) <= _LARGEST).all()  # NaN is not either
            for each in stored
        ):
            raise RuntimeError(f"the weights of the blocks are not float32 of at most {_LARGEST:g}")
        stack = Stack(*(each.astype(np.float64) for each in stored))
        shapes = stack.weight.shape, stack.offset.shape, stack.bias.shape
        if (
            shapes != ((len(blocks),), (len(blocks), len(classes)), (len(classes),))
            or (stack.weight < 0).any()
        ):
            raise RuntimeError("the weights of the blocks are not one for each of them")
        reference = stored_reference(header, tensors)
        return cls(header, (), reference=reference, models=models, stack=stack, sha256=sha256)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return {**super().tensors(), **fusion_tensors(self.models, self.stack)}

    def predict(
        self, cohort: FusionCohort, *, encoders: tuple[str, ...] = (), store: "FeatureStore | None" = None
    ) -> FusedPredictions:
        """Predict every patient by the blocks they have.

        Parameters
        ----------
        cohort
            Patients; classes need not be known.
        encoders
            Those of images that a model file alone may not call for.
        store
            Where features of images are looked up and kept.

        Raises
        ------
        DataError
            A block is not one of the model's, or can't be used by its model.
        """
        parts = {part.read.name: part for part in cohort.blocks}
        described = self.header.input.blocks
        refuse_foreign(parts, [block.name for block in described])
        shape = len(cohort.patients), len(self.classification.classes)
        logits = np.full((len(described), *shape), np.nan)
        score = np.full((len(described) + 1, shape[0]), np.nan)
        notes: list[str] = []
        for at, (block, model) in enumerate(zip(described, self.models, strict=True)):
            if block.name in parts:
                said = _said(model, block, parts[block.name], encoders, store)
                logits[at] = patient_logits(said.probability, said.owner, shape[0])
                score[at] = patient_medians(said.ood_score, said.owner, shape[0])
                notes += [f"{block.name}: {note}" for note in said.notes]
        score[-1] = self.reference.exceedance(reference_matrix(logits))
        return self._predictions(cohort, logits, score, tuple(notes))

    def seen_in_training(self, cohort: FusionCohort) -> dict[str, tuple[int, int]]:
        """Count the spectra and images that the blocks' models were trained on.

        Parameters
        ----------
        cohort
            Patients whose blocks are the model's.

        Returns
        -------
        dict
            By block: how many were seen, of how many. Clinical columns are not known again.
        """
        models = {
            block.name: model for block, model in zip(self.header.input.blocks, self.models, strict=True)
        }
        seen = {}
        for part in cohort.blocks:
            model = models[part.read.name]
            if not isinstance(model, LinearColumns):
                seen[part.read.name] = model.seen_in_training(part.read.rows), len(part.owner)
        return seen

    def _predictions(
        self, cohort: FusionCohort, logits: FloatArray, score: FloatArray, notes: tuple[str, ...]
    ) -> FusedPredictions:
        has: NDArray[np.bool_] = np.asarray(~np.isnan(logits[:, :, 0]))
        names = tuple(block.name for block in self.header.input.blocks)
        known: NDArray[np.bool_] = np.asarray(has.any(axis=0))
        probability = self.probability(self.stack.logits(logits))
        probability[~known] = np.nan
        lacking = [
            ", ".join(name for name, there in zip(names, own, strict=True) if not there)
            for own in has.T.tolist()
        ]
        patients = PatientPredictions(
            text_array(cohort.patients),
            has.sum(axis=0),
            has.sum(axis=0),
            text_array(
                [
                    ("warned" if lacks else "ok") if any_block else "refused"
                    for lacks, any_block in zip(lacking, known.tolist(), strict=True)
                ]
            ),
            text_array([f"without {lacks}" if lacks else "" for lacks in lacking]),
            tuple(self.classification.classes),
            probability,
            np.where(known, np.nanmax(score, axis=0), np.nan),
        )
        return FusedPredictions(patients, names, has, self.stack.says(logits), notes)


@dataclass(frozen=True, eq=False)
class _Said:
    """What a block's model says of rows that could be used."""

    probability: FloatArray
    owner: IndexArray
    ood_score: FloatArray
    notes: tuple[str, ...] = ()


def _said(
    model: BlockModel,
    block: Any,
    part: BlockOfCohort,
    encoders: tuple[str, ...],
    store: "FeatureStore | None",
) -> _Said:
    rows, owner = part.read.rows, part.owner
    if isinstance(model, LinearColumns):
        return _Said(softmax(model.logits(design_matrix(rows))), owner, np.full(len(owner), np.nan))
    notes: tuple[str, ...] = ()
    if isinstance(model, SpectraPredictor):
        said, notes = model.predict(rows)
    else:
        said = model.predict(rows, encoders=encoders, store=store)
    used = said.status != "refused"
    return _Said(said.probability[used], owner[used], said.ood_score[used], notes)


def refuse_foreign(parts: Iterable[str], known: Iterable[str]) -> None:
    """Refuse blocks that a model does not have.

    Parameters
    ----------
    parts
        Names of a study's blocks.
    known
        Those of the model.

    Raises
    ------
    DataError
        There are some.
    """
    names = list(known)
    if foreign := [name for name in parts if name not in names]:
        raise DataError(
            f"the model knows no block {first_few(foreign)}; it has {first_few(names)}: give the blocks these names"
        )


def reference_matrix(logits: FloatArray) -> NDArray[np.float32]:
    """Return what the fusion's reference is made of, ``(m, b * (c - 1))`` float32: the blocks' logits ``(b, m, c)``, 0 where missing."""
    stacked = np.nan_to_num(logits)[:, :, 1:]
    return np.concatenate(list(stacked), axis=1).astype(np.float32)


def fusion_tensors(models: tuple[BlockModel, ...], stack: Stack) -> dict[str, np.ndarray]:
    """Return the arrays of blocks' models and weights, by name.

    Parameters
    ----------
    models
        Of each block.
    stack
        How much each counts.
    """
    tensors = {f"stack.{name}": getattr(stack, name).astype(np.float32) for name in _STACK}
    for at, model in enumerate(models):
        own = (
            {name: getattr(model, name) for name in _LINEAR}
            if isinstance(model, LinearColumns)
            else model.tensors()
        )
        tensors |= {f"block{at}.{name}": array for name, array in own.items()}
    return tensors


def _own(tensors: Mapping[str, np.ndarray], at: int) -> dict[str, np.ndarray]:
    prefix = f"block{at}."
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}


def _block_model(block: Any, tensors: Mapping[str, np.ndarray], classes: int) -> BlockModel:
    """Return a block's model from its own tensors."""
    if block.kind == "spectra":
        return SpectraPredictor.from_tensors(block.model, tensors)
    if block.kind == "tissue":
        return TissuePredictor.from_tensors(block.model, tensors)
    median, weight, missing, bias = (tensors[name] for name in _LINEAR)
    linear = LinearColumns(median, weight, missing, bias, block.powers())
    if [getattr(linear, name).dtype for name in _LINEAR] != [np.float64, *[np.float32] * 3]:
        raise RuntimeError(
            f"the weights of block {block.name!r:.60} are of another type than they are written in"
        )
    expected = ((block.width,), (classes, block.width), (classes, block.width), (classes,))
    if tuple(getattr(linear, name).shape for name in _LINEAR) != expected:
        raise RuntimeError(f"the weights of block {block.name!r:.60} are not one for each of its columns")
    return linear
