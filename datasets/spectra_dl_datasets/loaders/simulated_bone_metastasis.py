"""The simulated serum study, not measured, so its truth is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.spectra.table import SpectraTable

PATIENTS = 427


def simulate(patients: int | None, seed: int) -> "SpectraTable":
    """Return simulated spectra, three of each patient, as `spectra_dl.spectra.simulation.serum_study` draws them.

    Parameters
    ----------
    patients
        427 if None.
    seed
        Of all random numbers, at least 0.

    Raises
    ------
    UsageError
        A number is out of its range.
    """
    from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

    return simulate_study(StudySettings(patients=PATIENTS if patients is None else patients, seed=seed)).table
