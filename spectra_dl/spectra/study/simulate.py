"""Write a simulated serum study whose truth is known."""

from dataclasses import asdict, dataclass
from pathlib import Path

from spectra_dl.evaluation.outcomes.survival.simulated_times import EVENT_COLUMN
from spectra_dl.spectra.simulation.serum_study import SimulatedStudy, StudySettings, simulate_study
from spectra_dl.spectra.simulation.survival_study import (
    SimulatedSurvival,
    SimulatedSurvivalSettings,
    simulate_survival,
)
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.table_files import write_table
from spectra_dl.storage.run_folder import RunResult, make_run_folder

SPECTRA_FILE = "spectra.csv"


@dataclass(frozen=True, eq=False)
class WrittenSimulation(RunResult):
    """A simulated study that was written.

    Attributes
    ----------
    settings
        How it was drawn.
    study
        Spectra and truth.
    """

    settings: StudySettings
    study: SimulatedStudy

    @property
    def report(self) -> dict[str, object]:
        """Settings and the best that any method can reach, ready for JSON."""
        truth = self.study.truth
        return {
            "simulated": True,
            "notes": list(self.study.table.notes),
            "settings": asdict(self.settings),
            "results": {"best_auc": truth.best_auc, "best_accuracy": truth.best_accuracy},
        }


def write_simulation(settings: StudySettings, folder: Path) -> WrittenSimulation:
    """Draw a study and write its spectra.

    Parameters
    ----------
    settings
        How many patients, how far the classes lie apart, and the seed.
    folder
        Made unless it is there; ``spectra.csv`` is written to it.

    Raises
    ------
    EnvironmentFault
        The folder or the file can't be written.
    """
    study = simulate_study(settings)
    _write(study.table, folder)
    return WrittenSimulation(settings, study)


@dataclass(frozen=True, eq=False)
class WrittenSurvival(RunResult):
    """A simulated study of times to an event that was written.

    Attributes
    ----------
    settings
        How it was drawn.
    study
        Spectra and truth.
    """

    settings: SimulatedSurvivalSettings
    study: SimulatedSurvival

    @property
    def events(self) -> int:
        """How many patients had the event."""
        cells = self.study.table.metadata[EVENT_COLUMN]
        return sum(cell == "1" for cell in cells[:: self.settings.study.spectra_per_patient])

    @property
    def report(self) -> dict[str, object]:
        """Settings and the best that any method can reach, ready for JSON."""
        return {
            "simulated": True,
            "notes": list(self.study.table.notes),
            "settings": asdict(self.settings),
            "results": {"events": self.events, "best_c_index": self.study.best_c_index},
        }


def write_survival_simulation(settings: SimulatedSurvivalSettings, folder: Path) -> WrittenSurvival:
    """Draw a study of times to an event and write its spectra.

    Parameters
    ----------
    settings
        How many patients, how much a band says, and the seed.
    folder
        Made unless it is there; ``spectra.csv`` is written to it.

    Raises
    ------
    EnvironmentFault
        The folder or the file can't be written.
    """
    study = simulate_survival(settings)
    _write(study.table, folder)
    return WrittenSurvival(settings, study)


def _write(table: SpectraTable, folder: Path) -> None:
    make_run_folder(folder)
    write_table(folder / SPECTRA_FILE, table)
