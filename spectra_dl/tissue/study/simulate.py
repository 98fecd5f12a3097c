"""Write a simulated study of tumours after chemotherapy, of which each patient's share of necrosis is known."""

from dataclasses import asdict, dataclass
from pathlib import Path

from spectra_dl.storage.run_folder import RunResult, make_run_folder
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.tissue.simulation.image_study import write_images
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, SimulatedShares, simulate_shares

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
        return {
            "simulated": True,
            "notes": [],
            "settings": asdict(self.study.settings),
            "results": {"necrosis": truth},
        }


def write_share_study(settings: ShareStudySettings, folder: Path) -> WrittenShares:
    """Draw a study and write its tiles beside their sheet, and the shares that are true.

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
    write_images(folder / IMAGES_FOLDER, study.images(), position=study.position)
    with csv_rows(folder / TRUTH_FILE) as write_row:
        write_row(["patient", "necrosis"])
        for name, share in zip(study.patients, study.truth.tolist(), strict=True):
            write_row([name, f"{share:.6f}"])
    return WrittenShares(study)
