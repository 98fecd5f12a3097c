"""What each kind of block says of patients in a fusion that predicts a number or the time to an event, and its tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.errors import DataError
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.estimators.clinical import LinearColumns, design_matrix
from spectra_dl.fusion.outcomes.linear_sum import LinearSum
from spectra_dl.fusion.rows import patient_means, patient_medians
from spectra_dl.imaging.bags.standard import Standard
from spectra_dl.models.members import refuse_misshapen
from spectra_dl.spectra.predictor import axis_notes, prepared_spectra, seen_spectra
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.tissue.image_networks import described_features, scale_notes, seen_images, usable_images
from spectra_dl.tissue.images import TissueImages

if TYPE_CHECKING:
    from spectra_dl.fusion.input_part import FusedClinical
    from spectra_dl.fusion.outcomes.input_part import SummedBlock, SummedSpectra, SummedTissue
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.models.header import OutOfDistributionLimits

_HIGHEST = 50.0  # of a log risk, as of a Cox regression
Features = tuple[Sequence[str], "FeatureStore | None"]


@dataclass(frozen=True, eq=False)
class BlockSays:
    """What a block says of patients.

    Attributes
    ----------
    said
        ``(m,)`` number or log risk; NaN where a patient has no row that could be used.
    ood_score
        ``(m,)`` median over the patient's rows of how far each is beyond the limit of the training rows; NaN where nothing is compared.
    notes
        On the whole block.
    """

    said: FloatArray
    ood_score: FloatArray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SpectraSum:
    """Spectra, cleaned and summed up; a patient's answer is the mean over spectra.

    Attributes
    ----------
    described
        In the header.
    total
        The weighted sum.
    reference
        What cleaned training spectra looked like.
    preprocessing
        The cleaning.
    clips
        Whether log risks are predicted, which end at 50.
    """

    described: "SummedSpectra"
    total: LinearSum
    reference: OutOfDistribution
    preprocessing: FittedPreprocessing
    clips: bool

    @classmethod
    def from_tensors(cls, block: "SummedSpectra", tensors: Mapping[str, np.ndarray], *, clips: bool) -> Self:
        """Build the model.

        Parameters
        ----------
        block, tensors, clips
            As of `block_model`.
        """
        try:
            preprocessing = FittedPreprocessing.from_json(block.preprocessing)
        except DataError as err:
            raise RuntimeError(str(err)) from err
        width = len(preprocessing.wavenumber)
        reference = _reference(tensors, block.out_of_distribution, width)
        return cls(block, _stored_sum(tensors, width), reference, preprocessing, clips)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array by name."""
        return {**_sum_tensors(self.total), **self.reference.tensors()}

    def says(self, rows: SpectraTable, owner: IndexArray, patients: int, features: Features) -> BlockSays:
        """Return what is said of patients.

        Parameters
        ----------
        rows
            ``n`` rows of the block.
        owner
            ``(n,)`` number of each row's patient.
        patients
            ``m``.
        features
            Encoders of images that a model file alone may not call for, and where features are looked up and kept.
        """
        ready = prepared_spectra((self.preprocessing,), self.reference, rows)
        used, said = owner[ready.usable], np.empty(0)
        if len(used):
            said = _clipped(self.total.of(ready.matrices[0].astype(np.float64)), clips=self.clips)
        notes = (*ready.notes, *axis_notes(self.described.axis, ready.table))
        return _of_patients(said, ready.ood_score[ready.usable], used, patients, notes)

    def seen_in_training(self, rows: SpectraTable) -> int | None:
        """Count the spectra that the model was trained on."""
        return seen_spectra(rows, self.described.training.spectrum_hashes, self.preprocessing)


@dataclass(frozen=True, eq=False)
class TissueSum:
    """Images, encoded; the mean features of a patient's images are summed up.

    Attributes
    ----------
    described
        In the header.
    total
        The weighted sum.
    reference
        What standardised features of training images looked like.
    standard
        By which they are standardised for that.
    clips
        Whether log risks are predicted, which end at 50.
    """

    described: "SummedTissue"
    total: LinearSum
    reference: OutOfDistribution
    standard: Standard
    clips: bool

    @classmethod
    def from_tensors(cls, block: "SummedTissue", tensors: Mapping[str, np.ndarray], *, clips: bool) -> Self:
        """Build the model.

        Parameters
        ----------
        block, tensors, clips
            As of `block_model`.
        """
        width = block.images.width
        standard = Standard.from_tensors(tensors, width)
        reference = _reference(tensors, block.out_of_distribution, width)
        return cls(block, _stored_sum(tensors, width), reference, standard, clips)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array by name."""
        return {**_sum_tensors(self.total), **self.standard.tensors(), **self.reference.tensors()}

    def says(self, rows: TissueImages, owner: IndexArray, patients: int, features: Features) -> BlockSays:
        """Return what is said of patients.

        Parameters
        ----------
        rows, owner, patients, features
            As of `SpectraSum.says`.
        """
        part, (encoders, store) = self.described.images, features
        usable, _, _ = usable_images(rows, part.image_um)
        used, notes = owner[usable], scale_notes(part, rows)
        if refused := int((~usable).sum()):
            notes = [*notes, f"{refused} of {len(rows)} images could not be used"]
        if not len(used):
            return _of_patients(np.empty(0), np.empty(0), used, patients, tuple(notes))
        values = described_features(rows[usable], part.encoders, encoders, store, on_disk=False)
        means = patient_means(values.astype(np.float64), used, patients)
        unlike = self.reference.exceedance(self.standardised(values))
        said = _clipped(self.total.of(means), clips=self.clips)
        return BlockSays(said, patient_medians(unlike, used, patients), tuple(notes))

    def standardised(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features ``(n, d)`` as they are compared with those of training images."""
        return np.asarray((values - self.standard.mean) / self.standard.scale, dtype=np.float32)

    def seen_in_training(self, rows: TissueImages) -> int | None:
        """Count the images that the model was trained on."""
        return seen_images(rows, self.described.images.training.image_hashes)


@dataclass(frozen=True, eq=False)
class ClinicalSum:
    """Clinical columns, summed up.

    Attributes
    ----------
    linear
        The weighted sum, with what stands for a missing value.
    clips
        Whether log risks are predicted, which end at 50.
    """

    linear: LinearColumns
    clips: bool

    @classmethod
    def from_tensors(cls, block: "FusedClinical", tensors: Mapping[str, np.ndarray], *, clips: bool) -> Self:
        """Build the model.

        Parameters
        ----------
        block, tensors, clips
            As of `block_model`.
        """
        names = ("median", "weight", "missing", "bias")
        median, weight, missing, bias = each = tuple(tensors[name] for name in names)
        width = block.width
        refuse_misshapen(each, ((width,), (1, width), (1, width), (1,)), np.float64)
        return cls(LinearColumns(median, weight, missing, bias, block.powers()), clips)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array by name."""
        return {name: getattr(self.linear, name) for name in ("median", "weight", "missing", "bias")}

    def says(self, rows: ClinicalTable, owner: IndexArray, patients: int, features: Features) -> BlockSays:
        """Return what is said of patients.

        Parameters
        ----------
        rows, owner, patients, features
            As of `SpectraSum.says`.
        """
        said = _clipped(self.linear.logits(design_matrix(rows))[:, 0], clips=self.clips)
        return _of_patients(said, np.full(len(owner), np.nan), owner, patients, ())

    def seen_in_training(self, rows: ClinicalTable) -> int | None:
        """Return None: clinical columns are not known again."""
        return None


BlockModel = SpectraSum | TissueSum | ClinicalSum


def block_model(block: "SummedBlock", tensors: Mapping[str, np.ndarray], *, clips: bool) -> BlockModel:
    """Return a block's model from its own tensors.

    Parameters
    ----------
    block
        Its description.
    tensors
        By name.
    clips
        Whether log risks are predicted.

    Raises
    ------
    KeyError, RuntimeError
        Tensors are missing, mis-shaped or of another type, or the cleaning is damaged.
    """
    if block.kind == "spectra":
        return SpectraSum.from_tensors(block, tensors, clips=clips)
    if block.kind == "tissue":
        return TissueSum.from_tensors(block, tensors, clips=clips)
    return ClinicalSum.from_tensors(block, tensors, clips=clips)


def _stored_sum(tensors: Mapping[str, np.ndarray], width: int) -> LinearSum:
    each = tuple(tensors[name] for name in ("centre", "weight", "bias"))
    refuse_misshapen(each, ((width,), (width,), (1,)), np.float64)
    return LinearSum(*each)


def _sum_tensors(total: LinearSum) -> dict[str, np.ndarray]:
    return {name: getattr(total, name) for name in ("centre", "weight", "bias")}


def _reference(
    tensors: Mapping[str, np.ndarray], limits: "OutOfDistributionLimits", width: int
) -> OutOfDistribution:
    return OutOfDistribution.from_tensors(tensors, limits.residual, limits.distance, width)


def _clipped(said: FloatArray, *, clips: bool) -> FloatArray:
    return np.asarray(np.clip(said, -_HIGHEST, _HIGHEST)) if clips else said


def _of_patients(
    said: FloatArray, ood_score: FloatArray, owner: IndexArray, patients: int, notes: tuple[str, ...]
) -> BlockSays:
    means = patient_means(said[:, None], owner, patients)[:, 0] if len(owner) else np.full(patients, np.nan)
    return BlockSays(means, patient_medians(ood_score, owner, patients), notes)
