"""Train a classifier of spectra on all labelled patients, and describe it."""

from pathlib import Path
from typing import Any, ClassVar

from spectra_dl.classification.checkpoints import CHECKPOINT_FILES, CHECKPOINTS
from spectra_dl.execution.executor import Executor
from spectra_dl.models.trained import PredictorT, TrainedModel
from spectra_dl.spectra.cohort import Cohort, labelled_cohort
from spectra_dl.spectra.estimators.assembly import Provenance
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.probes.study import audit_cohort
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.simulation.patients import SIMULATED_ORIGIN
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable, spectrum_hashes
from spectra_dl.storage.run_folder import make_run_folder

_SAMPLES_NOTE = (
    "Classes are of samples: a patient in these figures is a patient's spectra of one class. For prediction name the column of the samples with --patient, "
    "or samples of several classes are pooled."
)


class TrainedOnSpectra(TrainedModel[PredictorT, Cohort]):
    """A model that was trained on spectra; attributes as of `TrainedModel`."""

    def more_reported(self) -> dict[str, object]:
        """Return the spectra that were refused."""
        return {"refused": list(self.cohort.refused)}


class TrainedSpectra(TrainedOnSpectra[SpectraPredictor]):
    """A trained classifier; attributes as of `TrainedModel`."""

    unreported: ClassVar[Any] = {"input": {"training": {"spectrum_hashes"}}}


def train_study(
    table: SpectraTable,
    settings: SpectraStudySettings | None = None,
    *,
    source: str,
    folder: Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
) -> TrainedSpectra:
    """Train the first network of the settings on every patient, and write checkpoints and the model file.

    Parameters
    ----------
    table
        Raw spectra with labels and patients, as a reader or a dataset gives them.
    settings
        The default if None.
    source
        What the spectra are, in a few words; never a path.
    folder
        Where ``model.safetensors`` and the checkpoints are written; None writes nothing, as in all processes but the first.
    resume
        Go on from the checkpoints in ``folder``.
    executor
        Where members are trained; in this process if None.

    Raises
    ------
    DataError
        Labels or patients are missing, or too few for the number of members.
    TrainingDivergedError
        The loss is no longer finite.
    """
    settings = settings or SpectraStudySettings()
    cohort = labelled_cohort(
        table,
        within=used_range(settings.preprocessing.steps),
        label_per_sample=settings.label_per_sample,
    )
    classifier = SpectraClassifier(
        cohort.table.wavenumber,
        settings.preprocessing,
        network=settings.networks[0],
        members=settings.members,
        training=settings.training,
        seed=settings.seed,
        positive=settings.evaluation.positive,
        threshold=settings.evaluation.threshold_rule,
    )
    provenance = _described(cohort, source, settings)
    checkpoints = _checkpoint_folder(folder, resume=resume) if folder else None
    classifier.fit(
        cohort.table.intensity,
        cohort.label,
        cohort.patient,
        provenance=provenance,
        checkpoints=checkpoints,
        resume=resume,
        executor=executor,
    )
    return TrainedSpectra.written(folder, classifier.predictor_, cohort)


def _described(cohort: Cohort, source: str, settings: SpectraStudySettings) -> Provenance:
    simulated = set(cohort.table.metadata.get("origin", [])) == {SIMULATED_ORIGIN}
    audit = audit_cohort(cohort, seed=settings.seed)
    notes = (*cohort.notes, _SAMPLES_NOTE) if list(cohort.subject) != list(cohort.patient) else cohort.notes
    # Of the part that is used, so that a spectrum is known again in a file of that part alone.
    read = settings.preprocessing.reads(cohort.table.wavenumber)
    hashes = tuple(spectrum_hashes(cohort.table.points(read)))
    return Provenance(
        source,
        simulated,
        notes=notes,
        audit=audit.findings,
        spectrum_hashes=hashes,
        laser_nm=cohort.table.laser_nm,
        calibration=cohort.table.axis_calibration,
        transfer=cohort.table.instrument_transfer,
    )


def _checkpoint_folder(folder: Path, *, resume: bool) -> Path:
    checkpoints = folder / CHECKPOINTS
    make_run_folder(folder)
    make_run_folder(checkpoints)
    if not resume:
        for old in checkpoints.glob(CHECKPOINT_FILES):
            old.unlink()
    return checkpoints
