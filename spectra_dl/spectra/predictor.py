"""A trained model of spectra: what a model file becomes when it is loaded.

This is the predicting half. It imports nothing of the training loop, and torch only for networks that can't be folded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import OOD_LIMIT, RowPredictions
from spectra_dl.classification.predictor import ClassPredictor, stored_reference
from spectra_dl.errors import UsageError
from spectra_dl.models.members import UnbuiltNetworks, mean_output, restore_member, tensors_of_member
from spectra_dl.plugins import load_plugin
from spectra_dl.spectra.intensity_calibration.response import BEGINS
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.networks.folded import FoldedMembers, can_be_folded, folded_network
from spectra_dl.spectra.preprocessing.cosmic_rays import FoundRays
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessed, transformed_by_each
from spectra_dl.spectra.preprocessing.resampling import points_within
from spectra_dl.spectra.quality import inspect, used_range
from spectra_dl.spectra.report_context import SPECTRA_WORDS
from spectra_dl.spectra.table import PROJECTED, SpectraTable, spectrum_hashes

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ModelHeader
    from spectra_dl.spectra.class_spectra import ClassSpectra
    from spectra_dl.spectra.input_part import AxisContract, SpectraInput


NOT_CONVERGED = "baseline did not converge"
SPIKES_REMOVED = "spikes removed"


@dataclass(frozen=True, eq=False)
class SpectraPredictor(ClassPredictor["SpectraInput"]):
    """An ensemble of networks with everything needed to predict the class of a spectrum and of a patient.

    Attributes
    ----------
    header
        The model file's description.
    networks
        The members, in evaluation mode and float64, so that no result depends on the batch it stood in.
    reference
        What the training spectra looked like.
    preprocessing
        One for all members, or one for each.
    folded
        The same members as matrix products, where all can be: then nothing that is predicted takes torch.
    class_spectra
        What the training spectra of each class look like; None where the file doesn't say.
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

    preprocessing: tuple[FittedPreprocessing, ...]
    folded: FoldedMembers | None = field(default=None, kw_only=True)
    class_spectra: "ClassSpectra | None" = field(default=None, kw_only=True)
    words = SPECTRA_WORDS

    @classmethod
    def input_part(cls) -> "type[SpectraInput]":
        """Return the class of the header's input part."""
        from spectra_dl.spectra.input_part import SpectraInput

        return SpectraInput

    @classmethod
    def from_tensors(
        cls, header: "ModelHeader[SpectraInput]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
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
        from spectra_dl.spectra.class_spectra import ClassSpectra

        part = header.input
        network, kept = part.network, part.class_spectra

        names = [network.name] * network.members + [model.name for model in part.beside]
        sizes = network.n_wavenumbers, network.n_classes
        builds = [partial(build_network, name, *sizes, earlier=part.version == 1) for name in names]
        preprocessing = tuple(FittedPreprocessing.from_json(steps) for steps in part.preprocessing)
        folded = None
        if part.version > 1 and all(map(can_be_folded, names)):
            each = [
                folded_network(name, tensors_of_member(tensors, number), *sizes)
                for number, name in enumerate(names)
            ]
            # Pipelines of the same effect give the same spectra.
            effects = [own.effect for own in preprocessing]
            folded = FoldedMembers.of(
                each, [effects.index(effects[used]) for used in part.preprocessing_of_member]
            )
        networks: Sequence[nn.Module] = (
            UnbuiltNetworks(builds, tensors)
            if folded
            else tuple(restore_member(build, tensors, number) for number, build in enumerate(builds))
        )
        reference = stored_reference(header, tensors)
        return cls(
            header,
            networks,
            reference=reference,
            preprocessing=preprocessing,
            folded=folded,
            class_spectra=ClassSpectra.from_tensors(kept, tensors, network.n_wavenumbers) if kept else None,
            sha256=sha256,
        )

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array the model file keeps, by name; weights in float32."""
        return {**super().tensors(), **(self.class_spectra.tensors() if self.class_spectra else {})}

    def predict(
        self, table: SpectraTable, *, batch_size: int = 256
    ) -> tuple[RowPredictions, tuple[str, ...]]:
        """Predict every spectrum of ``table`` and return the predictions in input order, and notes on the whole table.

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
        ready = prepared_spectra(self.preprocessing, self.reference, table)
        usable, logits = ready.usable, np.full((len(table), len(self.classification.classes)), np.nan)
        if usable.any():
            logits[usable] = self.prepared_logits(ready.matrices, batch_size)
        probability = logits.copy()
        probability[usable] = self.probability(logits[usable])
        classes = tuple(self.classification.classes)
        spectra = RowPredictions(
            ready.table.sample_id,
            ready.table.patient,
            ready.status,
            ready.reason,
            classes,
            logits,
            probability,
            ready.ood_score,
            ready.damaged,
        )
        return spectra, (*ready.notes, *axis_notes(self.header.input.axis, ready.table))

    def mean_logits(self, table: SpectraTable, *, batch_size: int = 256) -> NDArray[np.float64]:
        """Return the members' mean logits ``(n, c)`` for spectra already found usable.

        Parameters
        ----------
        table
            ``(n, p)`` spectra on an axis that covers the model's.
        batch_size
            Spectra at a time; changes no result.
        """
        cleaned = transformed_by_each(self.preprocessing, table)
        return self.prepared_logits([each.matrix for each in cleaned], batch_size)

    def prepared_logits(
        self, matrices: Sequence[NDArray[np.float32]], batch_size: int = 256
    ) -> NDArray[np.float64]:
        """Return the members' mean logits ``(n, c)`` for spectra after all cleaning steps.

        Parameters
        ----------
        matrices
            ``(n, q)`` of each preprocessing in turn.
        batch_size
            Spectra at a time; changes no result.
        """
        if self.folded:
            return self.folded.mean_logits(matrices)
        inputs = [matrices[used] for used in self.header.input.preprocessing_of_member]
        return mean_output(self.networks, inputs, batch_size=batch_size)

    def __reduce__(self) -> tuple[Callable[..., "SpectraPredictor"], tuple[object, ...]]:
        """Return how a copy is made, here or in another process: as it is from a model file, with all its checks."""
        return _rebuilt, (self.header.model_dump_json(), self.tensors(), self.sha256)

    def seen_in_training(self, table: SpectraTable) -> int:
        """Count the spectra of ``table`` that the model was trained on."""
        return seen_spectra(table, self.header.input.training.spectrum_hashes, self.preprocessing[0])


def _rebuilt(header: str, tensors: Mapping[str, np.ndarray], sha256: str) -> SpectraPredictor:
    from spectra_dl.models.header import ModelHeader
    from spectra_dl.spectra.input_part import SpectraInput

    checked = ModelHeader[SpectraInput].model_validate_json(header)
    for plugin in checked.input.plugins():  # whoever loaded the model allowed them
        load_plugin(plugin.kind, plugin.name)
    return SpectraPredictor.from_tensors(checked, tensors, sha256=sha256)


@dataclass(frozen=True, eq=False)
class PreparedSpectra:
    """Spectra as networks take them, with what was found of each.

    Attributes
    ----------
    table
        ``n`` spectra, those that could be mended mended.
    usable
        ``(n,)`` bool: not refused.
    status, reason
        ``(n,)`` text: ok, warned or refused, and why.
    damaged
        ``(n,)`` bool: what was measured is missing or broken in part.
    ood_score
        ``(n,)`` as a multiple of the limit of the training spectra; NaN in refused rows.
    matrices
        ``(k, q)`` usable spectra after each preprocessing; none where no spectrum is usable.
    notes
        On the whole table.
    """

    table: SpectraTable
    usable: NDArray[np.bool_]
    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    damaged: NDArray[np.bool_]
    ood_score: NDArray[np.float64]
    matrices: list[NDArray[np.float32]]
    notes: tuple[str, ...]


def prepared_spectra(
    preprocessing: Sequence[FittedPreprocessing], reference: OutOfDistribution, table: SpectraTable
) -> PreparedSpectra:
    """Check spectra, clean those that can be used, and compare them with the training spectra.

    Parameters
    ----------
    preprocessing
        One for all members, or one for each.
    reference
        What the training spectra looked like.
    table
        ``(n, p)`` spectra on an axis that covers the model's.

    Raises
    ------
    DataError
        The axis of ``table`` does not cover the model's.
    UsageError
        It is no table.
    """
    if not isinstance(table, SpectraTable):
        raise UsageError(
            f"a {type(table).__name__} has no axis in cm⁻¹ that is checked; give SpectraTable.from_pandas(frame), or "
            "SpectraTable(intensity, wavenumber, sample_id)"
        )
    cleaning, rays = preprocessing[0], FoundRays()
    cleaning.require_cover(table.wavenumber)
    kept = cleaning.kept_points(table.wavenumber)
    table, verdicts = inspect(table, kept, within=used_range(cleaning.steps), rays=rays)
    usable = np.array([verdict.status != "refused" for verdict in verdicts], dtype=bool)
    ood_score = np.full(len(table), np.nan)
    status = np.array([verdict.status for verdict in verdicts], dtype=object)
    reason = np.array(["; ".join(verdict.reasons) for verdict in verdicts], dtype=object)
    damaged = np.array([verdict.status != "ok" for verdict in verdicts], dtype=bool)
    if not usable.any():
        return PreparedSpectra(table, usable, status, reason, damaged, ood_score, [], ())
    cleaned = transformed_by_each(preprocessing, table.select(usable), rays)
    ood_score[usable] = reference.exceedance(cleaned[0].matrix)
    remarks = _remarks(cleaned[0], ood_score[usable])
    for row, (warned, remark) in zip(np.flatnonzero(usable), remarks, strict=True):
        status[row] = "warned" if warned else status[row]
        reason[row] = "; ".join(part for part in (reason[row], remark) if part)
    matrices = [result.matrix for result in cleaned]
    return PreparedSpectra(table, usable, status, reason, damaged, ood_score, matrices, cleaned[0].notes)


def seen_spectra(table: SpectraTable, known: Iterable[str], cleaning: FittedPreprocessing) -> int:
    """Count the spectra that a model was trained on.

    Parameters
    ----------
    table
        Any spectra.
    known
        Digests of the training spectra.
    cleaning
        The model's, which says what part of the axis it looks at.
    """
    hashes, digests = set(known), [spectrum_hashes(table)]
    part = table.points(points_within(table.wavenumber, cleaning.axis))
    if part.wavenumber.size < table.wavenumber.size:
        digests.append(spectrum_hashes(part))
    return sum(not hashes.isdisjoint(each) for each in zip(*digests, strict=True))


def axis_notes(axis: "AxisContract", table: SpectraTable) -> tuple[str, ...]:
    """Return what to say where training spectra and these were not corrected or transferred alike.

    Parameters
    ----------
    axis
        Of the training spectra.
    table
        These.
    """
    of_axis = _on_calibration(axis.calibration, table.axis_calibration)
    return (*of_axis, *_on_transfer(axis.transfer, table.instrument_transfer))


def _on_calibration(model: str | None, table: str | None) -> tuple[str, ...]:
    """Return what to say where the axis of the training spectra was corrected, and that of these was not, or the other way."""
    if model and not table:
        return (
            f"of the training spectra: {model}; the axis of these was not corrected: measure a standard on this instrument and give its file as "
            "--standard, or what 'spectra-dl calibrate-axis' made of it as --calibration",
        )
    if table and not model:
        return (f"{table}; that of the training spectra was not corrected by a standard",)
    if model and table and (BEGINS in model) != (BEGINS in table):
        return (
            (
                f"of the training spectra: {model}; the relative intensity of these was not corrected: measure an intensity standard on this instrument and give what "
                "'spectra-dl calibrate-axis --intensity-standard' made of it as --calibration",
            )
            if BEGINS in model
            else (f"{table}; the relative intensity of the training spectra was not corrected",)
        )
    return ()


def _on_transfer(model: str | None, table: str | None) -> tuple[str, ...]:
    """Return what to say where training spectra and these were not projected alike; a projection takes something away that both must lack."""
    if model == table:
        return ()
    if not any(words and words.startswith(PROJECTED) for words in (model, table)):
        return _on_other_instruments(model, table)
    if table is None:
        return (f"the training spectra were {model}, and these were not; give the same file as --transfer",)
    return (
        f"these spectra were {table}, and the training spectra were {model or 'not'}: a projection must be the same on both, so train with the "
        "same --transfer",
    )


def _on_other_instruments(model: str | None, table: str | None) -> tuple[str, ...]:
    """Return what to say where spectra were brought to one instrument for training and were not here, or to another one."""
    if model is None or (table and model.rpartition(" by ")[0] == table.rpartition(" by ")[0]):
        return ()
    return (
        f"training spectra of a second instrument were {model}; these were {table or 'not: give the transfer of the instrument that they come from as --transfer, unless they are of that one already'}",
    )


def _remarks(cleaned: Preprocessed, ood_score: NDArray[np.float64]) -> list[tuple[bool, str]]:
    """Say for each spectrum whether to warn, and what the cleaning and the comparison with training found."""
    spikes = cleaned.remarks.get("spikes_removed", np.zeros(len(ood_score)))
    places = cleaned.remarks.get("spikes_at", np.full(len(ood_score), ""))
    converged = cleaned.remarks.get("baseline_converged", np.ones(len(ood_score), dtype=bool))
    remarks = []
    for row, unlike in enumerate(ood_score > OOD_LIMIT):
        at = f"{str(places[row]).replace(';', ',')} cm-1"
        parts = [f"{int(spikes[row])} {SPIKES_REMOVED} at {at}"] if spikes[row] else []
        parts += [] if converged[row] else [NOT_CONVERGED]
        parts += [f"unlike the training spectra ({ood_score[row]:.1f} x the limit)"] if unlike else []
        remarks.append((not converged[row] or bool(unlike), "; ".join(parts)))
    return remarks
