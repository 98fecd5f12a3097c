"""Early fusion: one network on clinical columns and on what the models of other blocks say, the alternative that late fusion is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.classification.ensemble import train_ensemble
from spectra_dl.classification.parts import MemberParts, WholeNetwork
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.fusion.clinical.powers import ColumnPowers
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.estimators.blocks import BlockMemory, FittedBlock, fit_block
from spectra_dl.fusion.estimators.clinical import column_powers, design_matrix, known_columns
from spectra_dl.fusion.rows import FusionRows
from spectra_dl.models.members import mean_output
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.grouped.network import NetworkGroup

_MEMBERS = 5
_TRAINING = TrainingSettings(epochs=12, least_steps=300, learning_rate=3e-3)


@dataclass(frozen=True, eq=False)
class _Standard:
    """Means and spreads ``(q,)`` of the blocks' values."""

    mean: FloatArray
    scale: FloatArray


@dataclass(frozen=True, eq=False)
class _Columns:
    """Which clinical columns ``(q,)`` training patients know, and the powers of all."""

    known: NDArray[np.bool_]
    powers: ColumnPowers

    def values(self, rows: FusionRows, name: str) -> FloatArray:
        """Return the known columns of patients, NaN of those who lack the block."""
        block = rows.block(name)
        matrix = design_matrix(cast("ClinicalTable", block.rows))[:, self.known]
        values = np.full((len(rows), matrix.shape[1]), np.nan)
        values[block.owner] = self.powers[self.known].transform(matrix)
        return values


@dataclass(frozen=True)
class EarlyRecipe:
    """How a member of early fusion is built and trained; see `spectra_dl.classification.members.Recipe`.

    Attributes
    ----------
    widths
        Values of each block.
    training
        Settings of the loop.
    """

    widths: tuple[int, ...]
    training: TrainingSettings
    augment = None

    def prepare(self, rows: FloatArray) -> _Standard:
        """Return means and spreads of the values ``(n, q)`` that are there."""
        there = np.isfinite(rows)
        count = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, rows, 0.0).sum(axis=0) / count
        scale = np.sqrt((np.where(there, rows - mean, 0.0) ** 2).sum(axis=0) / count)
        return _Standard(mean, np.where(scale > 0, scale, 1.0))

    def inputs(self, prepared: _Standard, rows: FloatArray) -> NDArray[np.float32]:
        """Return rows as the network takes them: whether each block is there, and its standardised values, 0 where missing.

        Parameters
        ----------
        prepared
            From `prepare`.
        rows
            ``(n, q)`` values, NaN where missing.
        """
        standard = (rows - prepared.mean) / prepared.scale
        parts = []
        for block in np.split(standard, np.cumsum(self.widths)[:-1], axis=1):
            parts += [np.isfinite(block).any(axis=1, keepdims=True), np.nan_to_num(block)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def build(self, prepared: _Standard, n_classes: int) -> "nn.Module":
        """Return an untrained member.

        Parameters
        ----------
        prepared
            From `prepare`.
        n_classes
            The width of its output.
        """
        from spectra_dl.fusion.estimators.early_network import ModalityNetwork

        return ModalityNetwork(self.widths, n_classes)

    def parts(self, network: "nn.Module", inputs: Any, target: IndexArray, patient: TextArray) -> MemberParts:
        """Return the trained member as its own only part.

        Parameters
        ----------
        network
            Trained.
        inputs, target, patient
            Not looked at.
        """
        return WholeNetwork(network)

    def together(self, rows: FloatArray) -> int:
        """Return 1: each member is trained alone."""
        return 1

    def group(self, networks: "Sequence[nn.Module]") -> "NetworkGroup":
        """Refuse, since no members are trained together."""
        raise NotImplementedError("members of early fusion are trained one by one")


class EarlyFusion(ClassifierMixin, BaseEstimator):
    """Classify patients by one network on all blocks: clinical columns as they are, and logits of the models of other blocks.

    Training patients' logits are those of copies that never saw them. The network is an ensemble, each member trained without one fold of the
    patients.

    Parameters
    ----------
    blocks, seed, memory
        As of `spectra_dl.fusion.estimators.late.LateFusion`.
    training
        Settings of the loop; None takes the default ones.
    """

    def __init__(
        self,
        blocks: Sequence[tuple[str, Any]],
        seed: int = 0,
        memory: BlockMemory[FittedBlock] | None = None,
        training: TrainingSettings | None = None,
    ) -> None:
        self.blocks = blocks
        self.seed = seed
        self.memory = memory
        self.training = training

    def fit(self, X: FusionRows, y: Any) -> Self:
        """Fit to patients with their classes.

        Parameters
        ----------
        X
            ``m`` patients.
        y
            ``(m,)`` classes.

        Raises
        ------
        DataError
            A class has fewer than two patients.
        TrainingDivergedError
            The loss is no longer finite.
        """
        label, memory = text_array(np.asarray(y)), self.memory or BlockMemory(fit_block)
        people = read_patients(X.patients, label)
        self.classes_ = np.array(people.classes)
        self.fitted_: list[FittedBlock | _Columns] = [
            _Columns(known_columns(table), column_powers(table))
            if isinstance(table := X.block(name).rows, ClinicalTable)
            else memory.fitted(
                model, X.block(name), text_array(X.patients), label.astype(np.str_), seed=self.seed
            )
            for name, model in self.blocks
        ]
        values = [
            fitted.unseen if isinstance(fitted, FittedBlock) else fitted.values(X, name)
            for (name, _), fitted in zip(self.blocks, self.fitted_, strict=True)
        ]
        training = replace(self.training or _TRAINING, seed=self.seed)
        self.recipe_ = EarlyRecipe(tuple(each.shape[1] for each in values), training)
        target = people.class_of_row.astype(np.int64)
        data = TrainingData(
            np.concatenate(values, axis=1), label, text_array(X.patients), target, len(people.classes)
        )
        members = min(_MEMBERS, *(people.count(code) for code in range(len(people.classes))))
        self.ensemble_ = train_ensemble(data, self.recipe_, max(2, members))
        logits = self.ensemble_.out_of_fold_logits
        self.temperature_ = fit_temperature(logits, people.class_of_row)
        self.out_of_fold_probability_ = softmax(logits / self.temperature_)
        return self

    def predict_proba(self, X: FusionRows) -> FloatArray:
        """Return ``(m, c)`` probabilities of patients."""
        values = [
            fitted.logits(X.block(name), len(X))
            if isinstance(fitted, FittedBlock)
            else fitted.values(X, name)
            for (name, _), fitted in zip(self.blocks, self.fitted_, strict=True)
        ]
        rows = np.concatenate(values, axis=1)
        inputs = [self.recipe_.inputs(prepared, rows) for prepared in self.ensemble_.prepared]
        return softmax(mean_output(self.ensemble_.networks, inputs) / self.temperature_)
