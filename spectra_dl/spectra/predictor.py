"""A trained model of spectra: what a model file becomes when it is loaded.

This is the predicting half. It imports torch and nothing of the training loop.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.classification.decision import OOD_LIMIT, DecisionRule
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import SpectrumPredictions, softmax
from spectra_dl.errors import ModelFileError
from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.models.file import load_model, save_model
from spectra_dl.models.members import (
    member_tensors,
    network_output,
    rebuilding,
    refuse_unused,
    restore_member,
)
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessed
from spectra_dl.spectra.quality import inspect
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ExpressionHeader, ModelHeader


NOT_CONVERGED = "baseline did not converge"
SPIKES_REMOVED = "spikes removed"


@dataclass(frozen=True, eq=False)
class SpectraPredictor:
    """An ensemble of networks with everything needed to judge a spectrum.

    Attributes
    ----------
    header
        The model file's description.
    networks
        The members, in evaluation mode and float64, so that no result depends on the batch it stood in.
    preprocessing
        One for all members, or one for each.
    reference
        What the training spectra looked like.
    sha256
        The digest that seals the model file; empty before it is saved.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=8, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = sdl.SpectraClassifier(table.wavenumber, members=2, training=sdl.TrainingSettings(epochs=2))
    >>> predictor = model.fit(table.intensity, table.label, groups=table.patient).predictor_
    >>> spectra, notes = predictor.predict(table)
    >>> spectra.probability.shape, spectra.classes
    ((16, 2), ('bone metastasis', 'no metastasis'))
    """

    header: "ModelHeader"
    networks: tuple["nn.Module", ...]
    preprocessing: tuple[FittedPreprocessing, ...]
    reference: OutOfDistribution
    sha256: str = ""

    def predict(
        self, table: SpectraTable, *, batch_size: int = 256
    ) -> tuple[SpectrumPredictions, tuple[str, ...]]:
        """Judge every spectrum of ``table`` and return the verdicts in input order, and notes on the whole table.

        Raises
        ------
        DataError
            The axis of ``table`` does not cover the model's.
        """
        table, verdicts = inspect(table)
        usable = np.array([verdict.status != "refused" for verdict in verdicts], dtype=bool)
        logits = np.full((len(table), len(self.header.classes)), np.nan)
        ood_score = np.full(len(table), np.nan)
        status = np.array([verdict.status for verdict in verdicts], dtype=object)
        reason = np.array(["; ".join(verdict.reasons) for verdict in verdicts], dtype=object)
        notes: tuple[str, ...] = ()
        if usable.any():
            cleaned = [one.transform(table.select(usable)) for one in self.preprocessing]
            notes = cleaned[0].notes
            logits[usable] = self._mean_logits([one.matrix for one in cleaned], batch_size)
            ood_score[usable] = self.reference.exceedance(cleaned[0].matrix)
            remarks = _remarks(cleaned[0], ood_score[usable])
            for row, (warned, remark) in zip(np.flatnonzero(usable), remarks, strict=True):
                status[row] = "warned" if warned else status[row]
                reason[row] = "; ".join(part for part in (reason[row], remark) if part)
        probability = logits.copy()
        probability[usable] = softmax(logits[usable] / self.header.calibration.temperature)
        classes = tuple(self.header.classes)
        damaged = np.array([verdict.status != "ok" for verdict in verdicts], dtype=bool)
        patient = table.patient
        spectra = SpectrumPredictions(
            table.sample_id, patient, status, reason, classes, logits, probability, ood_score, damaged
        )
        return spectra, notes

    def mean_logits(self, table: SpectraTable, *, batch_size: int = 256) -> NDArray[np.float64]:
        """Return the members' mean logits ``(n, c)`` for spectra already found usable."""
        return self._mean_logits([one.transform(table).matrix for one in self.preprocessing], batch_size)

    def _mean_logits(self, matrices: list[NDArray[np.float32]], batch_size: int) -> NDArray[np.float64]:
        total = np.zeros((len(matrices[0]), len(self.header.classes)))
        for network, used in zip(self.networks, self.header.preprocessing_of_member, strict=True):
            total += network_output(network, matrices[used], batch_size)
        return total / len(self.networks)

    @property
    def decision(self) -> DecisionRule:
        """How the model decides, and when it abstains."""
        header = self.header
        conformal = ConformalSets(header.conformal.coverage, tuple(header.conformal.limit))
        return DecisionRule(
            tuple(header.classes), header.positive_class, header.decision_threshold, conformal
        )

    def seen_in_training(self, table: SpectraTable) -> int:
        """Count the spectra of ``table`` that the model was trained on."""
        known = set(self.header.training.spectrum_hashes)
        return sum(one in known for one in spectrum_hashes(table))

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the model file, whole or not at all, and return the SHA-256 that seals it."""
        return save_model(path, self.header, model_tensors(self.networks, self.reference))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "SpectraPredictor":
        """Load a model file.

        Raises
        ------
        UnsafeError
            The file is of a kind that can run code; nothing was executed.
        ModelFileError
            The file is damaged, altered, or not a model of spectra.
        """
        return cls.rebuilt(path, *load_model(path))

    @classmethod
    def rebuilt(
        cls,
        path: str | os.PathLike[str],
        header: "ModelHeader | ExpressionHeader",
        tensors: dict[str, np.ndarray],
        sha256: str,
    ) -> "SpectraPredictor":
        """Build the model from what `load_model` read; ``path`` is for messages.

        Raises
        ------
        ModelFileError
            It is not a model of spectra, or its tensors don't fit.
        """
        if header.modality != "spectra":
            raise ModelFileError(f"{path}: a model of {header.modality}, not of spectra; name another model")
        limits = header.out_of_distribution
        with rebuilding(path):
            networks = tuple(_rebuild(header, tensors, member) for member in range(header.network.members))
            reference = OutOfDistribution.from_tensors(tensors, limits.residual, limits.distance)
        refuse_unused(path, tensors, model_tensors(networks, reference))
        preprocessing = tuple(FittedPreprocessing.from_json(one) for one in header.preprocessing)
        return cls(header, networks, preprocessing, reference, sha256)


def _remarks(cleaned: Preprocessed, ood_score: NDArray[np.float64]) -> list[tuple[bool, str]]:
    """Say for each spectrum whether to warn, and what the cleaning and the comparison with training found."""
    spikes = cleaned.remarks.get("spikes_removed", np.zeros(len(ood_score)))
    converged = cleaned.remarks.get("baseline_converged", np.ones(len(ood_score), dtype=bool))
    remarks = []
    for row, unlike in enumerate(ood_score > OOD_LIMIT):
        parts = [f"{int(spikes[row])} {SPIKES_REMOVED}"] if spikes[row] else []
        parts += [] if converged[row] else [NOT_CONVERGED]
        parts += [f"unlike the training spectra ({ood_score[row]:.1f} x the limit)"] if unlike else []
        remarks.append((not converged[row] or bool(unlike), "; ".join(parts)))
    return remarks


def model_tensors(networks: tuple["nn.Module", ...], reference: OutOfDistribution) -> dict[str, np.ndarray]:
    """Return every array a model file keeps, by name; weights in float32."""
    return {**reference.tensors(), **member_tensors(networks)}


def _rebuild(header: "ModelHeader", tensors: dict[str, np.ndarray], member: int) -> "nn.Module":
    network = header.network
    return restore_member(
        lambda: build_network(network.name, network.n_wavenumbers, network.n_classes), tensors, member
    )
