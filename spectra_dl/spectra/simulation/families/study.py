"""A simulated study of a family, and new patients of the same world."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.spectra.simulation.families.interaction import Interaction
from spectra_dl.spectra.simulation.families.latents import BoolArray, Latents, Signal
from spectra_dl.spectra.simulation.families.normal_signals import Heights, Positions, Ratio
from spectra_dl.spectra.simulation.families.settings import (
    SIGNALS,
    VARIANTS,
    FamilySettings,
    SignalName,
    check_whole,
)
from spectra_dl.spectra.simulation.families.spectra import Batches, axis, draw_batches, draw_spectra
from spectra_dl.spectra.simulation.families.subset import Subset
from spectra_dl.spectra.simulation.families.worlds import WORLDS, World
from spectra_dl.spectra.simulation.patients import draw_classes, patients_table
from spectra_dl.spectra.table import SpectraTable

POSITIVE_LABEL = "case"
NEGATIVE_LABEL = "control"

_BUILDERS: dict[SignalName, Callable[[World, FamilySettings, np.random.Generator], Signal]] = {
    "heights": lambda world, settings, generator: Heights(world, settings.best_auc, generator),
    "positions": lambda world, settings, generator: Positions(world, settings.best_auc, generator),
    "ratio": lambda world, settings, generator: Ratio(world, settings.best_auc, generator),
    "interaction": lambda world, settings, generator: Interaction(world, settings.best_auc, generator),
    "subset": lambda world, settings, generator: Subset(
        world, settings.best_auc, generator, settings.spectra_per_patient
    ),
}
# Streams of random numbers of one study.
_WORLD, _TRAIN, _FRESH = range(3)


@dataclass(frozen=True, eq=False)
class SimulatedPatients:
    """Simulated spectra of patients, and what they were drawn from.

    Attributes
    ----------
    table
        The spectra.
    positive
        ``(m,)`` class of each patient, in the order of the table.
    latents
        With the best possible score of each patient.
    batches
        What their batches did.
    """

    table: SpectraTable
    positive: BoolArray
    latents: Latents
    batches: Batches


@dataclass(frozen=True, eq=False)
class FamilyStudy:
    """A simulated study whose best patient AUC is known.

    Attributes
    ----------
    settings
        What it was simulated from.
    world
        Bands, background and noise.
    signal
        What differs between the classes.
    patients
        The training patients with their truth.
    """

    settings: FamilySettings
    world: World
    signal: Signal
    patients: SimulatedPatients

    @property
    def train(self) -> SpectraTable:
        """The training patients' spectra."""
        return self.patients.table

    @property
    def best_auc(self) -> float:
        """The highest patient AUC that any method can reach, computed from the signal's strength."""
        return self.signal.best_auc

    @property
    def best_auc_of_these(self) -> float:
        """What the true likelihood ratio reaches on the training patients: it scatters around `best_auc`, as any method does."""
        return auc(self.patients.positive, self.patients.latents.log_likelihood_ratio)

    def fresh(self, patients: int, seed: int) -> SpectraTable:
        """Return spectra of new patients of the same world, in new batches of the training batches' size.

        Parameters
        ----------
        patients
            How many, at least 4.
        seed
            Of these patients; another seed gives others.

        Raises
        ------
        UsageError
            A value is out of its range.
        """
        return self.fresh_patients(patients, seed).table

    def fresh_patients(self, patients: int, seed: int) -> SimulatedPatients:
        """Return new patients as `fresh` does, with their truth.

        Parameters
        ----------
        patients, seed
            As there.
        """
        check_whole("patients", patients, 4)
        check_whole("seed", seed, 0)
        batches = self.settings.batches
        if batches > 1:
            batches = max(2, round(patients * batches / self.settings.patients))
        names = [f"N{seed}-{number:04d}" for number in range(1, patients + 1)]
        return _draw_patients(self.settings, self.signal, text_array(names), batches, (_FRESH, seed))


def simulate_family(settings: FamilySettings) -> FamilyStudy:
    """Simulate a study of patients whose best possible AUC is known.

    Which groups of bands carry the signal, and in which direction, is drawn from the seed; so are the patients.

    Parameters
    ----------
    settings
        What to simulate.

    Raises
    ------
    UsageError
        The signal can't allow the best AUC asked for.

    Examples
    --------
    >>> study = simulate_family(FamilySettings(signal="heights", patients=6, best_auc=0.85))
    >>> len(study.train), round(study.best_auc, 4)
    (18, 0.85)
    >>> study.fresh(4, seed=1).intensity.shape
    (12, 600)
    """
    world = WORLDS[settings.variant]
    signal = _BUILDERS[settings.signal](world, settings, _generator(settings, _WORLD))
    names = text_array([f"P{number:04d}" for number in range(1, settings.patients + 1)])
    patients = _draw_patients(settings, signal, names, settings.batches, (_TRAIN,))
    return FamilyStudy(settings, world, signal, patients)


def _draw_patients(
    settings: FamilySettings, signal: Signal, names: TextArray, batches: int, stream: tuple[int, ...]
) -> SimulatedPatients:
    world = WORLDS[settings.variant]
    people, sessions, light = (_generator(settings, *stream, cause) for cause in range(3))
    positive = draw_classes(people, len(names), settings.positive_share)
    latents = signal.draw(people, positive, settings.spectra_per_patient)
    grouped = draw_batches(sessions, len(names), batches, world)
    counts = draw_spectra(light, world, latents, grouped, settings.points, spikes=settings.spikes)
    fresh = stream[0] == _FRESH
    table = patients_table(
        counts,
        axis(world, settings.points),
        names,
        label=[POSITIVE_LABEL if each else NEGATIVE_LABEL for each in positive],
        batch=[f"{'new ' if fresh else ''}batch {number + 1:03d}" for number in grouped.of_patient],
        source=f"simulated family {settings.signal} {settings.variant}, seed {settings.seed}",
        notes=(f"These spectra are simulated (seed {settings.seed}); no patient was measured.",),
    )
    return SimulatedPatients(table, positive, latents, grouped)


def _generator(settings: FamilySettings, *stream: int) -> np.random.Generator:
    """Return the random numbers of one cause, its own for each variant, signal and seed."""
    place = (VARIANTS.index(settings.variant), SIGNALS.index(settings.signal), *stream)
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=place))
