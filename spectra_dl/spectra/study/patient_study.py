"""What studies of what comes of patients share: their choices, their networks, and what they write."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.spectra.cohort import Cohort
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import ModelNames
from spectra_dl.spectra.estimators.outcomes.ensemble import OutcomeNetwork
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.storage.run_folder import RunResult
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class PatientStudySettings:
    """The choices of a study.

    Attributes
    ----------
    evaluation
        What is predicted, folds, seed and resamples.
    preprocessing
        Cleaning steps, fitted anew on the training rows of each fold.
    networks
        By name; an empty tuple evaluates none. The first model is the reference of the differences.
    classical
        Models evaluated beside them, by title; None takes all. ``chosen`` of the table of names gives both from the names that users type.
    members
        Networks in the ensemble.
    training
        Settings of the loop.
    """

    evaluation: PatientSettings
    preprocessing: Preprocessing = field(default_factory=Preprocessing.default)
    networks: tuple[str, ...] = ()
    classical: tuple[str, ...] | None = None
    members: int = 5
    training: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(frozen=True, eq=False)
class EvaluatedPatients(RunResult):
    """Models, evaluated.

    Attributes
    ----------
    cohort
        The spectra that were used, with every note.
    evaluation
        Scores, folds, differences and audit.
    """

    cohort: Cohort
    evaluation: Any

    @abstractmethod
    def results(self) -> dict[str, object]:
        """Return the evaluation, ready for JSON."""

    @abstractmethod
    def results_text(self) -> str:
        """Return the evaluation for a terminal."""

    @abstractmethod
    def split(self) -> str:
        """Return the folds as CSV text."""

    @property
    def report(self) -> dict[str, object]:
        """Notes, refused spectra and results, ready for JSON."""
        return {
            "notes": list(self.cohort.notes),
            "refused": list(self.cohort.refused),
            "results": self.results(),
        }

    def text(self) -> str:
        """Return the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        return "\n".join([*notes, "", self.results_text().rstrip()])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(self.split(), report)


def study_networks(
    settings: PatientStudySettings,
    wavenumber: FloatArray,
    memory: FoldMemory,
    *,
    names: ModelNames,
    kind: Callable[[str], tuple[type[OutcomeNetwork], str]],
) -> dict[str, Fittable]:
    """Return the unfitted networks that the settings name, by title.

    Parameters
    ----------
    settings
        Which, and how they clean and train.
    wavenumber
        ``(p,)`` in cm⁻¹, the axis of the rows they will be given.
    memory
        What models share.
    names
        The table of names.
    kind
        Returns the estimator and the architecture of a name.
    """
    networks: dict[str, Fittable] = {}
    for name in dict.fromkeys(settings.networks):
        estimator, architecture = kind(name)
        networks[names.network_title(name)] = estimator(
            wavenumber,
            settings.preprocessing,
            network=architecture,
            members=settings.members,
            training=settings.training,
            seed=settings.evaluation.seed,
            memory=memory,
        )
    return networks
