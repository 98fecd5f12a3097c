"""The simulated serum study: made, not measured, so its truth is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

PATIENTS = 427


def make(patients: int | None, seed: int) -> "SpectraTable":
    """Return the spectra of ``patients`` (427 if None), three of each, as `spectra_dl.spectra.simulation.serum_study` draws them.

    Raises
    ------
    UsageError
        A number is out of its range.
    """
    from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

    return simulate_study(StudySettings(patients=PATIENTS if patients is None else patients, seed=seed)).table
