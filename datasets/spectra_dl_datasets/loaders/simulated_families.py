"""Simulated studies of other signals than band heights, not measured, so their truth is known."""

from functools import partial
from typing import TYPE_CHECKING

from spectra_dl_datasets.known_best import KnownBest

if TYPE_CHECKING:
    from spectra_dl.spectra.simulation.families.settings import SignalName
    from spectra_dl.spectra.simulation.families.study import FamilyStudy
    from spectra_dl.spectra.table import SpectraTable

PATIENTS = 200
BEST_AUC = 0.95


def _study(signal: "SignalName", patients: int | None, seed: int) -> "FamilyStudy":
    from spectra_dl.spectra.simulation.families.settings import FamilySettings
    from spectra_dl.spectra.simulation.families.study import simulate_family

    count = PATIENTS if patients is None else patients
    return simulate_family(FamilySettings(signal=signal, patients=count, best_auc=BEST_AUC, seed=seed))


def _simulate(signal: "SignalName", patients: int | None, seed: int) -> "SpectraTable":
    return _study(signal, patients, seed).train


def _best(signal: "SignalName") -> KnownBest:
    study = _study(signal, None, 0)
    return KnownBest(study.best_auc, study.best_auc_of_these)


#: Three spectra of each patient, of a number of patients (200 if None) and a seed; the best that can be reached on the set of seed 0.
simulate_interaction, best_of_interaction = partial(_simulate, "interaction"), partial(_best, "interaction")
simulate_ratio, best_of_ratio = partial(_simulate, "ratio"), partial(_best, "ratio")
