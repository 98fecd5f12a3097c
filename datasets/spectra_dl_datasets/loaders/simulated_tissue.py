"""The simulated tissue study: made, not measured, so its truth is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection

PATIENTS = 4


def make(patients: int | None, seed: int) -> "tuple[TissueSection, ...]":
    """Return one section of each of ``patients`` (4 if None), as `spectra_dl.expression.simulation.tissue_study` draws them.

    Raises
    ------
    UsageError
        A number is out of its range.
    """
    from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue

    settings = TissueSettings(patients=PATIENTS if patients is None else patients, seed=seed)
    return tuple(one.section for one in simulate_tissue(settings))
