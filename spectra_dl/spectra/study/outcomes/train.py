"""Train networks that predict what comes of patients on their spectra, and write the model file."""

from pathlib import Path
from typing import Any, ClassVar

from spectra_dl.classification.assembly import TrainingProvenance
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.outcomes.assembly import FittedOutcome, fitted_outcome
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.models.members import member_tensors
from spectra_dl.spectra.cohort import Cohort
from spectra_dl.spectra.estimators.outcomes.network import NumberNetwork
from spectra_dl.spectra.estimators.outcomes.survival import CoxNetwork
from spectra_dl.spectra.input_part import describe_input
from spectra_dl.spectra.outcome_cohort import outcome_cohort, survival_cohort
from spectra_dl.spectra.outcomes.input_part import OUTPUTS, SpectraOutcomeInput
from spectra_dl.spectra.outcomes.predictor import SpectraOutcomePredictor
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.simulation.patients import SIMULATED_ORIGIN
from spectra_dl.spectra.study.patient_study import PatientStudySettings
from spectra_dl.spectra.study.train import TrainedOnSpectra
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes


class TrainedOutcome(TrainedOnSpectra[SpectraOutcomePredictor]):
    """A trained model of what comes of patients; attributes as of `TrainedModel`."""

    unreported: ClassVar[Any] = {"input": {"training": {"spectrum_hashes"}}}


def train_outcome(
    table: SpectraTable, settings: PatientStudySettings, *, source: str, folder: Path | None = None
) -> TrainedOutcome:
    """Train the first network of the settings on every patient, and write the model file.

    Parameters
    ----------
    table
        Raw spectra with patients and the columns of what came of them.
    settings
        What is predicted, and how.
    source
        What the spectra are, in a few words; never a path.
    folder
        Where ``model.safetensors`` is written; None writes nothing.

    Raises
    ------
    DataError
        Patients or what came of them are missing or impossible, or patients are too few.
    UsageError
        There is no such column, or the network has no risk.
    TrainingDivergedError
        The loss is no longer finite.
    """
    cohort, came, target = _cohort(table, settings)
    model = _network(settings)(
        cohort.table.wavenumber,
        settings.preprocessing,
        network=settings.networks[0],
        members=settings.members,
        training=settings.training,
        seed=settings.evaluation.seed,
    )
    model.fit(cohort.table, target, groups=came.patient_of_row)
    predictor = _assembled(model, cohort, _fitted(model, cohort, came, settings), settings, source)
    return TrainedOutcome.written(folder, predictor, cohort)


def _cohort(table: SpectraTable, settings: PatientStudySettings) -> tuple[Cohort, Any, Any]:
    """Return usable spectra, what came of their patients, and that of each spectrum as networks take it."""
    asked, within = settings.evaluation, used_range(settings.preprocessing.steps)
    if isinstance(asked, OutcomeSettings):
        numbers = outcome_cohort(table, asked.target, within=within)
        return numbers.cohort, numbers.outcomes, numbers.outcomes.value_of_row
    assert isinstance(asked, SurvivalSettings)
    times = survival_cohort(table, asked.time, asked.event, within=within)
    return times.cohort, times.survival, times.survival.target


def _network(settings: PatientStudySettings) -> type[NumberNetwork] | type[CoxNetwork]:
    if isinstance(settings.evaluation, OutcomeSettings):
        return NumberNetwork
    if settings.networks[0].endswith("-hazard"):
        raise UsageError(
            f"{settings.networks[0]} has hazards of intervals and no risk, and can't be written as a model file; take {settings.networks[0].removesuffix('-hazard')}"
        )
    return CoxNetwork


def _fitted(
    model: NumberNetwork | CoxNetwork, cohort: Cohort, came: Any, settings: PatientStudySettings
) -> FittedOutcome:
    cleaning = model.members_[0].prepared
    return fitted_outcome(
        model,
        cohort.table,
        came,
        OutOfDistribution.fit(cleaning.transform(cohort.table).matrix, list(came.patient_of_row)),
        audit_inputs=spectra_audit_inputs(cohort.table),
        settings=settings.evaluation,
    )


def _assembled(
    model: NumberNetwork | CoxNetwork,
    cohort: Cohort,
    fitted: FittedOutcome,
    settings: PatientStudySettings,
    source: str,
) -> SpectraOutcomePredictor:
    """Return trained networks as a model with its description."""
    table = cohort.table
    read = settings.preprocessing.reads(table.wavenumber)
    described, _ = describe_input(
        settings.networks[0],
        [member.prepared for member in model.members_],
        n_classes=OUTPUTS,
        spectrum_hashes=spectrum_hashes(table.points(read)),
        laser_nm=table.laser_nm,
        calibration=table.axis_calibration,
        transfer=table.instrument_transfer,
    )
    part = SpectraOutcomeInput.model_validate(described.model_dump(exclude={"kind", "version"}))
    tensors = {**fitted.tensors(), **member_tensors([member.network for member in model.members_])}
    simulated = set(table.metadata.get("origin", [])) == {SIMULATED_ORIGIN}
    header = fitted.header(
        TrainingProvenance(source, simulated, cohort.notes), part, tensors, settings.evaluation.seed
    )
    return SpectraOutcomePredictor.from_tensors(header, tensors)
