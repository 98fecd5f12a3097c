"""Turn a trained ensemble of networks for spectra into a predictor with its description."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spectra_dl.classification.assembly import TrainingProvenance, fit_decision, model_header
from spectra_dl.classification.ensemble import Ensemble
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.classes.threshold import ThresholdRule
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.models.members import member_tensors
from spectra_dl.spectra.class_spectra import ClassSpectra
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.input_part import describe_input
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes


@dataclass(frozen=True)
class Provenance(TrainingProvenance):
    """Where training spectra came from, for the model file.

    Attributes
    ----------
    source
        What the spectra are, in a few words; never a path.
    simulated
        Whether they come from a simulation.
    notes
        Sentences a user of the model must see.
    audit
        What the audit found in them; empty if it wasn't run.
    spectrum_hashes
        From `spectra_dl.spectra.table.spectrum_hashes`, when the spectra were changed after reading; else None.
    laser_nm
        With which all of them were measured; None takes what the training spectra say.
    calibration
        By what the axis of all of them was corrected; None takes what the training spectra say.
    transfer
        By what they were brought to another instrument's; None takes what the training spectra say.
    """

    source: str = "unnamed spectra"
    spectrum_hashes: tuple[str, ...] | None = None
    laser_nm: float | None = None
    calibration: str | None = None
    transfer: str | None = None


def assemble_predictor(
    table: SpectraTable,
    data: TrainingData,
    ensemble: Ensemble[FittedPreprocessing],
    recipe: SpectraRecipe,
    provenance: Provenance,
    *,
    beside: Sequence[Literal["minirocket"]] = (),
    positive: str | None,
    threshold_rule: ThresholdRule,
) -> SpectraPredictor:
    """Fit temperature, threshold, conformal sets and limits, score the left-out patients, and describe it all.

    Parameters
    ----------
    table
        The training spectra.
    data
        The same spectra with class and patient of each.
    ensemble
        The trained members and their out-of-fold logits.
    recipe
        How they were trained.
    provenance
        Where the spectra came from.
    beside
        Names of the models fitted beside the members.
    positive
        The class whose sensitivity is reported, or None for the usual rule.
    threshold_rule
        How the decision threshold is chosen with two classes.
    """
    seed = recipe.training.seed
    cleaned = ensemble.prepared[0].transform(table)
    class_spectra = ClassSpectra.fit(cleaned.matrix, read_patients(list(data.patient), list(data.label)))
    part, preprocessing = describe_input(
        recipe.network,
        ensemble.prepared,
        beside=beside,
        n_classes=data.n_classes,
        spectrum_hashes=provenance.spectrum_hashes
        or spectrum_hashes(table.points(recipe.preprocessing.reads(table.wavenumber))),
        laser_nm=provenance.laser_nm or table.laser_nm,
        calibration=provenance.calibration or table.axis_calibration,
        transfer=provenance.transfer or table.instrument_transfer,
        class_spectra=class_spectra,
    )
    decision = fit_decision(
        data,
        ensemble.out_of_fold_logits,
        cleaned.matrix,
        parts=ensemble.parts,
        positive=positive,
        threshold_rule=threshold_rule,
        seed=seed,
    )
    tensors = {**decision.reference.tensors(), **member_tensors(ensemble.networks)}
    tensors |= class_spectra.tensors() if class_spectra else {}
    notes = (*preprocessing[0].notes, *cleaned.convergence_notes())
    header = model_header(decision, provenance, part, tensors, notes=notes, seed=seed)
    return SpectraPredictor.from_tensors(header, tensors)
