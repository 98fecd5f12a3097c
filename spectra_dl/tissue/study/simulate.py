"""Write a simulated study of tumours after chemotherapy, of which each patient's share of necrosis is known."""

from dataclasses import asdict, dataclass
from pathlib import Path

from spectra_dl.evaluation.outcomes.survival.simulated_times import EVENT_COLUMN, TIME_COLUMN
from spectra_dl.storage.run_folder import RunResult, make_run_folder
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.tissue.simulation.image_study import write_images
from spectra_dl.tissue.simulation.share_study import (
    ShareStudySettings,
    SimulatedShares,
    SimulatedTimes,
    simulate_shares,
)

IMAGES_FOLDER, TRUTH_FILE = "images", "truth.csv"


@dataclass(frozen=True, eq=False)
class WrittenShares(RunResult):
    """A simulated study of tissue that was written.

    Attributes
    ----------
    study
        Tiles and truth.
    """

    study: SimulatedShares

    @property
    def report(self) -> dict[str, object]:
        """Settings and each patient's share of necrosis, ready for JSON."""
        truth = dict(zip(self.study.patients, self.study.truth.round(6).tolist(), strict=True))
        followed = self.study.followed
        times = {} if followed is None else {"best_c_index": round(followed.best_c_index, 4)}
        return {
            "simulated": True,
            "notes": [],
            "settings": asdict(self.study.settings),
            "results": {"necrosis": truth, **times},
        }


def write_share_study(settings: ShareStudySettings, folder: Path) -> WrittenShares:
    """Draw a study and write its tiles beside their sheet, and the shares that are true; with a hazard ratio, times and events stand in the sheet.

    Parameters
    ----------
    settings
        How many patients, slides and tiles, and the seed.
    folder
        Made unless it is there; ``images/`` and ``truth.csv`` are written to it.

    Raises
    ------
    EnvironmentFault
        A folder or file can't be written.
    """
    study = simulate_shares(settings)
    make_run_folder(folder)
    make_run_folder(folder / IMAGES_FOLDER)
    times = study.followed
    write_images(
        folder / IMAGES_FOLDER,
        study.images(),
        position=study.position,
        of_patient=None if times is None else _columns(study.patients, times),
    )
    hazard = {} if times is None else {"log_hazard": times.log_hazard}
    with csv_rows(folder / TRUTH_FILE) as write_row:
        write_row(["patient", "necrosis", *hazard])
        for name, *values in zip(study.patients, study.truth, *hazard.values(), strict=True):
            write_row([name, *(f"{value:.6f}" for value in values)])
    return WrittenShares(study)


def _columns(patients: list[str], times: SimulatedTimes) -> dict[str, dict[str, str]]:
    """Return the columns of times and events, by patient."""
    months = (f"{value:.2f}" for value in times.months)
    event = (str(int(value)) for value in times.event)
    return {
        TIME_COLUMN: dict(zip(patients, months, strict=True)),
        EVENT_COLUMN: dict(zip(patients, event, strict=True)),
    }
