"""A trained model of spectra that predicts what comes of patients: what a model file becomes when it is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from spectra_dl.classification.outcomes.answers import RowOutcomes
from spectra_dl.classification.outcomes.predictor import OutcomePredictor, stored_outcome
from spectra_dl.models.members import network_output, restore_member
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.predictor import axis_notes, prepared_spectra, seen_spectra
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing
from spectra_dl.spectra.report_context import SPECTRA_WORDS
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from spectra_dl.models.header import ModelHeader
    from spectra_dl.spectra.outcomes.input_part import SpectraOutcomeInput


@dataclass(frozen=True, eq=False)
class SpectraOutcomePredictor(OutcomePredictor["SpectraOutcomeInput"]):
    """An ensemble of networks on spectra; see `spectra_dl.classification.outcomes.predictor.OutcomePredictor`.

    Attributes
    ----------
    preprocessing
        One for all members, or one for each.
    """

    preprocessing: tuple[FittedPreprocessing, ...]
    words = SPECTRA_WORDS

    @classmethod
    def input_part(cls) -> "type[SpectraOutcomeInput]":
        """Return the class of the header's input part."""
        from spectra_dl.spectra.outcomes.input_part import SpectraOutcomeInput

        return SpectraOutcomeInput

    @classmethod
    def from_tensors(
        cls,
        header: "ModelHeader[SpectraOutcomeInput]",
        tensors: Mapping[str, np.ndarray],
        *,
        sha256: str = "",
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
        build = partial(build_network, network.name, network.n_wavenumbers, network.n_classes, earlier=True)
        reference, resampled = stored_outcome(header, tensors)
        return cls(
            header,
            tuple(restore_member(build, tensors, member) for member in range(network.members)),
            reference=reference,
            resampled=resampled,
            preprocessing=tuple(FittedPreprocessing.from_json(steps) for steps in header.input.preprocessing),
            sha256=sha256,
        )

    def predict(self, table: SpectraTable, *, batch_size: int = 256) -> tuple[RowOutcomes, tuple[str, ...]]:
        """Return what is said of every spectrum, in input order, and notes on the whole table.

        Parameters
        ----------
        table
            ``(n, p)`` spectra on an axis that covers the model's.
        batch_size
            Spectra at a time; changes no result.

        Raises
        ------
        DataError
            The axis of ``table`` does not cover the model's.
        UsageError
            It is no table.
        """
        ready, part = prepared_spectra(self.preprocessing, self.reference, table), self.header.input
        said = np.full(len(table), np.nan)
        if ready.usable.any():
            said[ready.usable] = self.said(
                [
                    network_output(network, ready.matrices[used], batch_size)
                    for network, used in zip(self.networks, part.preprocessing_of_member, strict=True)
                ]
            )
        rows = RowOutcomes(
            ready.table.sample_id,
            ready.table.patient,
            ready.status,
            ready.reason,
            said,
            ready.ood_score,
            ready.damaged,
        )
        return rows, (*ready.notes, *axis_notes(part.axis, ready.table))

    def seen_in_training(self, table: SpectraTable) -> int:
        """Count the spectra of ``table`` that the model was trained on."""
        return seen_spectra(table, self.header.input.training.spectrum_hashes, self.preprocessing[0])
