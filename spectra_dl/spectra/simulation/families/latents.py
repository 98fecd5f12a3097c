"""What is drawn for patients before any light is: log-amplitudes and displacements of band groups, and the best score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.spectra.simulation.families.worlds import World
from spectra_dl.spectra.simulation.log_ratios import draw_relative, relative_covariance, square_root

BoolArray = NDArray[np.bool_]

# Spectra of one patient differ in their latents by this share of the variation between patients.
WITHIN_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Latents:
    """The latents of m patients with n spectra on k band groups.

    Attributes
    ----------
    log_amplitude
        ``(n, k)``, 0 for a group as in the mean spectrum.
    displacement
        ``(n, k)`` cm⁻¹ by which a group's bands are moved; None if none is.
    carriers
        ``(m, d)`` numbers whose distribution depends on the class; ``(n, d)`` where spectra carry the signal one by one.
    log_likelihood_ratio
        ``(m,)`` of the carriers, positive class over negative: no score of patients has a higher expected AUC (Neyman and
        Pearson 1933, doi 10.1098/rsta.1933.0009).
    """

    log_amplitude: FloatArray
    displacement: FloatArray | None
    carriers: FloatArray
    log_likelihood_ratio: FloatArray


class Signal(Protocol):
    """What differs between the classes, at the strength that allows the AUC asked for."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the band groups that carry it."""

    @property
    def best_auc(self) -> float:
        """The highest AUC it allows, computed from its strength."""

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients.

        Parameters
        ----------
        generator
            Source of random numbers.
        positive
            ``(m,)`` class of each patient.
        spectra_per_patient
            How many spectra each has.
        """

    def score(self, carriers: FloatArray, patients: int) -> FloatArray:
        """Return the ``(m,)`` log likelihood ratios of patients.

        Parameters
        ----------
        carriers
            As in `Latents`.
        patients
            How many, ``m``.
        """


def owners(patients: int, spectra_per_patient: int) -> IndexArray:
    """Return the ``(n,)`` patient number of each spectrum.

    Parameters
    ----------
    patients, spectra_per_patient
        How many.
    """
    return np.repeat(np.arange(patients), spectra_per_patient)


def draw_bystanders(
    generator: np.random.Generator, world: World, carriers: Sequence[int], owner: IndexArray
) -> FloatArray:
    """Return ``(n, k)`` log-amplitudes of the groups that know nothing of the class, 0 for the carriers.

    The other groups vary relative to one another, so that a factor common to a spectrum can't hide what carriers do.

    Parameters
    ----------
    generator
        Source of random numbers.
    world
        Groups and their covariance.
    carriers
        Places of the groups that are drawn elsewhere.
    owner
        ``(n,)`` patient of each spectrum.
    """
    others = [place for place in range(len(world.groups)) if place not in carriers]
    spread = square_root(
        relative_covariance(
            [world.groups[place] for place in others], world.within_family, world.between_families
        )
    )
    values = np.zeros((owner.size, len(world.groups)))
    between = draw_relative(generator, owner[-1] + 1, spread)[owner]
    values[:, others] = between + WITHIN_SHARE * draw_relative(generator, owner.size, spread)
    return values
