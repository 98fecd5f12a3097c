"""One model for each block, fitted on the patients who have it, and what it says of patients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.estimator import class_probability, fit_copy, unseen_probability
from spectra_dl.evaluation.rows import RowSubset
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.rows import FusionBlock, patient_means
from spectra_dl.spectra.recently_used import RecentlyUsed, content_digest
from spectra_dl.spectra.table import SpectraTable

_FEWEST = 2  # patients of a class who have a block: one can't be left out
_SMALLEST = 1e-12
_MOST_BYTES, _BYTES_OF_MODEL = 256 << 20, 1 << 20

Fitted = TypeVar("Fitted")


@dataclass(frozen=True, eq=False)
class FittedBlock:
    """A block's model.

    Attributes
    ----------
    model
        None where too few training patients have the block to learn anything from it.
    classes
        In the order of the columns.
    unseen
        ``(m, c)`` logits of the training patients by copies that never saw them; NaN where a patient lacks the block.
    """

    model: Any
    classes: tuple[str, ...]
    unseen: FloatArray

    def logits(self, block: FusionBlock, patients: int) -> FloatArray:
        """Return ``(m, c)`` logits of patients, the mean over a patient's rows; NaN where a patient lacks the block.

        Parameters
        ----------
        block
            Rows of ``m`` patients.
        patients
            ``m``.
        """
        if self.model is None or not len(block.owner):
            return np.full((patients, len(self.classes)), np.nan)
        return patient_logits(
            class_probability(block.name, self.model, block.rows, self.classes), block.owner, patients
        )


def patient_logits(probability: FloatArray, owner: IndexArray, patients: int) -> FloatArray:
    """Return ``(m, c)`` mean logits of patients, centred over classes; NaN of patients without rows.

    Parameters
    ----------
    probability
        ``(n, c)`` of rows.
    owner
        ``(n,)`` number of each row's patient.
    patients
        ``m``.
    """
    logits = np.log(np.maximum(probability, _SMALLEST))
    return patient_means(logits - logits.mean(axis=1, keepdims=True), owner, patients)


class BlockMemory(Generic[Fitted]):
    """Fitted models of blocks, so that no fusion fits again what another has fitted on the same patients.

    Everything is known by its content: the model's parameters, the rows, whose they are and what is learnt. Clones by scikit-learn share
    one memory; a pickled one arrives empty.

    Parameters
    ----------
    fit
        What fits: `fit_block`, or another with its parameters.
    """

    def __init__(self, fit: Callable[..., Fitted]) -> None:
        self._fit = fit
        self._fits = RecentlyUsed[Fitted](_MOST_BYTES)

    def __sklearn_clone__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[Callable[..., Fitted]]]:
        return type(self), (self._fit,)

    def fitted(
        self, estimator: Any, block: FusionBlock, patients: Texts, target: NDArray[Any], *, seed: int
    ) -> Fitted:
        """Return a block's model, which is fitted once.

        Parameters
        ----------
        estimator
            Unfitted.
        block
            Rows of ``m`` training patients.
        patients, target
            ``(m, ...)`` ids, and classes or what else is learnt.
        seed
            Of the inner folds.
        """
        text = repr(
            (
                block.name,
                seed,
                _described(estimator),
                list(patients),
                target.tolist(),
            )
        )
        key = content_digest(text, block.owner, *_numbers(block.rows))
        known = self._fits.get(key)
        if known is None:
            known = self._fit(estimator, block, patients, target, seed=seed)
            self._fits.put(key, known, _BYTES_OF_MODEL)
        return known


def fit_block(
    estimator: Any, block: FusionBlock, patients: Texts, label: NDArray[np.str_], *, seed: int
) -> FittedBlock:
    """Fit a block's model on the patients who have it, and ask copies about patients they never saw.

    Parameters
    ----------
    estimator
        Unfitted; of the block's rows.
    block
        Rows of ``m`` training patients.
    patients, label
        ``(m,)`` ids and classes.
    seed
        Of the inner folds.
    """
    classes = tuple(np.unique(label).tolist())
    unseen = np.full((len(label), len(classes)), np.nan)
    have = np.unique(block.owner)
    if min(np.count_nonzero(label[have] == name) for name in classes) < _FEWEST:
        return FittedBlock(None, classes, unseen)
    label_of_row, patient_of_row = label[block.owner], np.asarray(patients)[block.owner]
    model = fit_copy(estimator, block.rows, label_of_row, patient_of_row)
    rows = RowSubset(block.rows, np.arange(len(block.owner)))
    probability = unseen_probability(
        block.name, model, rows, label_of_row, patient_of_row, classes=classes, seed=seed
    )
    if probability is None:
        return FittedBlock(None, classes, unseen)
    return FittedBlock(model, classes, patient_logits(probability, block.owner, len(label)))


def _described(part: Any) -> object:
    """Return all parameters of an unfitted model, as plain data that are written in no time; arrays by their content."""
    if hasattr(part, "get_params") and not isinstance(part, type):
        named = sorted(part.get_params(deep=False).items())
        return type(part).__qualname__, [(name, _described(value)) for name, value in named]
    if isinstance(part, np.ndarray):
        return content_digest("", part).hex()
    if isinstance(part, Mapping):
        return [(name, _described(value)) for name, value in part.items()]
    if isinstance(part, list | tuple):
        return [_described(each) for each in part]
    return part


def _numbers(rows: Any) -> list[NDArray[Any]]:
    """Return the numbers that rows are made of."""
    if isinstance(rows, SpectraTable):
        return [rows.wavenumber, rows.intensity]
    if isinstance(rows, ClinicalTable):
        return [np.stack([column.values for column in rows.columns])]
    return [np.asarray(rows)]
