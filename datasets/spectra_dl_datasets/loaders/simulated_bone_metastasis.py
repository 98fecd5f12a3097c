"""The simulated serum study, not measured, so its truth is known."""

from typing import TYPE_CHECKING

from spectra_dl_datasets.known_best import KnownBest

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


def best() -> KnownBest:
    """Return the best that can be reached on the set of seed 0."""
    from spectra_dl.evaluation.classes.metrics import auc
    from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

    truth = simulate_study(StudySettings(patients=PATIENTS, seed=0)).truth
    return KnownBest(truth.best_auc, auc(truth.positive, truth.log_likelihood_ratio))
