"""A simulated serum study in which a band says who has the event sooner, and the best possible C-index is known."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.simulated_times import (
    EVENT_COLUMN,
    TIME_COLUMN,
    expected_c_index,
    followed,
)
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable

GROUP = "carotenoid"  # whose bands say it
_PAIRS = 400_000
_TIMES, _MONTE_CARLO = 7, 8  # streams of random numbers


@dataclass(frozen=True, kw_only=True)
class SimulatedSurvivalSettings:
    """What a simulated study of times to an event is to hold.

    Attributes
    ----------
    study
        Patients, spectra, axis, fluorescence and seed; there are no classes, so that ``prevalence`` and ``distance`` say nothing.
    hazard_ratio
        By how much the hazard grows with one standard deviation of the carotenoid bands, from 1, which makes a study without any signal.

    Raises
    ------
    UsageError
        The hazard ratio is below 1.
    """

    study: StudySettings = field(default_factory=StudySettings)
    hazard_ratio: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.hazard_ratio < math.inf:
            raise UsageError(f"hazard_ratio is {self.hazard_ratio}; give 1 or more")


@dataclass(frozen=True, eq=False)
class SimulatedSurvival:
    """Simulated spectra with months and events, and the truth behind them.

    Attributes
    ----------
    table
        The spectra; ``months`` and ``event`` stand among the other columns.
    log_hazard
        ``(m,)`` of each patient, in the order of the table: the best possible risk.
    best_c_index
        The highest expected C-index that any method can reach, from simulated pairs; its error is below .001.
    """

    table: SpectraTable
    log_hazard: FloatArray
    best_c_index: float


def simulate_survival(settings: SimulatedSurvivalSettings | None = None) -> SimulatedSurvival:
    """Simulate serum spectra of patients who are followed for at most 60 months.

    The time to the event is exponential, with a median of 24 months at the mean band; patients leave the study at a time drawn evenly from 6 to
    60 months.

    Parameters
    ----------
    settings
        What to simulate; None takes the defaults.

    Examples
    --------
    >>> study = simulate_survival(SimulatedSurvivalSettings(study=StudySettings(patients=40), hazard_ratio=3.0))
    >>> study.table.metadata["event"][:3].tolist(), round(study.best_c_index, 2)
    (['1', '1', '1'], 0.75)
    """
    settings = settings or SimulatedSurvivalSettings()
    drawn = simulate_study(replace(settings.study, distance=0.0))
    number = [group.name for group in SERUM_BANDS].index(GROUP)
    spread = math.sqrt(drawn.truth.covariance[number, number])
    log_hazard = math.log(settings.hazard_ratio) * drawn.truth.latents[:, number] / spread
    generator = np.random.default_rng((settings.study.seed, _TIMES))
    months, event = followed(generator, log_hazard)
    each = settings.study.spectra_per_patient
    columns = {
        TIME_COLUMN: np.repeat(text_array([f"{value:.2f}" for value in months]), each),
        EVENT_COLUMN: np.repeat(text_array([str(int(value)) for value in event]), each),
    }
    table = replace(drawn.table, label=None, metadata={**drawn.table.metadata, **columns})
    return SimulatedSurvival(table, log_hazard, best_c_index(settings.hazard_ratio))


def best_c_index(hazard_ratio: float) -> float:
    """Return the expected C-index of the true hazard, from 400,000 pairs of patients."""
    generator = np.random.default_rng(_MONTE_CARLO)
    return expected_c_index(generator, math.log(hazard_ratio) * generator.standard_normal((2, _PAIRS)))
