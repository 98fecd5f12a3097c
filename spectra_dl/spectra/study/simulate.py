"""Write a simulated serum study whose truth is known."""

from dataclasses import asdict, dataclass
from pathlib import Path

from spectra_dl.evaluation.outcomes.survival.simulated_times import EVENT_COLUMN
from spectra_dl.spectra.simulation.families.settings import FamilySettings
from spectra_dl.spectra.simulation.families.study import FamilyStudy, simulate_family
from spectra_dl.spectra.simulation.instruments import (
    InstrumentStudy,
    InstrumentStudySettings,
    simulate_instruments,
)
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
SAMPLES_FILE = "samples_{}.csv"


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
class WrittenFamily(RunResult):
    """A simulated study of another kind of signal that was written.

    Attributes
    ----------
    study
        Spectra and truth.
    """

    study: FamilyStudy

    @property
    def report(self) -> dict[str, object]:
        """Settings, which band groups carry the signal, and the best that any method can reach, ready for JSON."""
        return {
            "simulated": True,
            "notes": list(self.study.train.notes),
            "settings": asdict(self.study.settings),
            "results": {
                "best_auc": self.study.best_auc,
                "best_auc_of_these": self.study.best_auc_of_these,
                "groups": list(self.study.signal.groups),
            },
        }


def write_family(settings: FamilySettings, folder: Path) -> WrittenFamily:
    """Draw a study of a kind of signal and write its spectra.

    Parameters
    ----------
    settings
        What carries the signal, how strong it is, how many patients, and the seed.
    folder
        Made unless it is there; ``spectra.csv`` is written to it.

    Raises
    ------
    UsageError
        The signal can't allow the best AUC asked for.
    EnvironmentFault
        The folder or the file can't be written.
    """
    study = simulate_family(settings)
    _write(study.train, folder)
    return WrittenFamily(study)


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


@dataclass(frozen=True, eq=False)
class WrittenInstruments(RunResult):
    """A simulated study of several instruments that was written.

    Attributes
    ----------
    settings
        How it was drawn.
    study
        Spectra, transfer samples and truth.
    """

    settings: InstrumentStudySettings
    study: InstrumentStudy

    @property
    def report(self) -> dict[str, object]:
        """Settings, how the instruments differ, and the best that any method can reach, ready for JSON."""
        return {
            "simulated": True,
            "notes": list(self.study.table.notes),
            "settings": asdict(self.settings),
            "results": {
                "best_auc": self.study.best_auc,
                "instruments": [asdict(instrument) for instrument in self.study.instruments],
            },
        }


def write_instrument_simulation(settings: InstrumentStudySettings, folder: Path) -> WrittenInstruments:
    """Draw a study of several instruments and write its spectra, and the transfer samples as each instrument measured them.

    Parameters
    ----------
    settings
        How many patients and instruments, and the seed.
    folder
        Made unless it is there; ``spectra.csv``, ``samples_a.csv``, ``samples_b.csv`` and so on are written to it.

    Raises
    ------
    EnvironmentFault
        The folder or a file can't be written.
    """
    study = simulate_instruments(settings)
    _write(study.table, folder)
    for instrument in study.instruments:
        name = SAMPLES_FILE.format(instrument.name[-1].lower())
        write_table(folder / name, study.transfer_of(instrument.name))
    return WrittenInstruments(settings, study)


def _write(table: SpectraTable, folder: Path) -> None:
    make_run_folder(folder)
    write_table(folder / SPECTRA_FILE, table)
