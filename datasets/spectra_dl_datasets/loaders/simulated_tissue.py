"""The simulated tissue study, not measured, so its truth is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection

PATIENTS = 4


def simulate(patients: int | None, seed: int) -> "tuple[TissueSection, ...]":
    """Return one simulated section of each patient, as `spectra_dl.expression.simulation.tissue_study` draws them.

    Parameters
    ----------
    patients
        4 if None.
    seed
        Of all random numbers, at least 0.

    Raises
    ------
    UsageError
        A number is out of its range.
    """
    from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue

    settings = TissueSettings(patients=PATIENTS if patients is None else patients, seed=seed)
    return tuple(simulated.section for simulated in simulate_tissue(settings))
