"""A signal in the interaction of two bands: each alone, and every sum of them, is distributed alike in both classes.

(z₁, z₂) is normal with variances 1 and correlation +ρ in positive, -ρ in negative patients, and a group's amplitude is
1 + s z. The log likelihood ratio is 2ρ/(1 - ρ²) z₁z₂, a quadratic discriminant. With u = (z₁ + z₂)/√2 and
v = (z₁ - z₂)/√2, independent with variances 1 ± ρ, z₁z₂ = (u² - v²)/2, and a positive patient's product exceeds a
negative's when (1 + ρ)(a + b) > (1 - ρ)(c + e) for four independent χ²₁ numbers: F(2, 2) above (1 - ρ)/(1 + ρ), whose
probability is (1 + ρ)/2. So the best AUC is (1 + ρ)/2 and ρ = 2 AUC - 1. Any linear score is distributed symmetrically
about the same centre in both classes, so its AUC is .5 exactly, whatever its weights.
"""

import math

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.spectra.simulation.families.latents import (
    WITHIN_SHARE,
    BoolArray,
    Latents,
    draw_bystanders,
    owners,
)
from spectra_dl.spectra.simulation.families.worlds import World

HEIGHT_SD = 0.3  # of an amplitude, whose mean is 1
LEAST_AMPLITUDE = 0.05  # reached by 8 patients in 10,000


class Interaction:
    """The classes differ in the sign of the correlation of two groups' amplitudes.

    Parameters
    ----------
    world
        Groups.
    best_auc
        What the signal is to allow.
    generator
        Draws the two groups.
    """

    def __init__(self, world: World, best_auc: float, generator: np.random.Generator) -> None:
        self._world = world
        self.groups = tuple(generator.permutation(np.array(world.strong, dtype=object))[:2])
        self._places = [world.index(name) for name in self.groups]
        self.correlation = 2 * best_auc - 1

    @property
    def best_auc(self) -> float:
        """(1 + ρ)/2."""
        return (1 + self.correlation) / 2

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients; see `Signal.draw`.

        Parameters
        ----------
        generator, positive, spectra_per_patient
            As there.
        """
        owner = owners(positive.size, spectra_per_patient)
        heights = draw_bystanders(generator, self._world, self._places, owner)
        first, fresh = generator.standard_normal((2, positive.size))
        signed = np.where(positive, self.correlation, -self.correlation)
        patients = np.stack([first, signed * first + math.sqrt(1 - self.correlation**2) * fresh], axis=1)
        spectra = patients[owner] + WITHIN_SHARE * generator.standard_normal((owner.size, 2))
        heights[:, self._places] = np.log(np.maximum(1 + HEIGHT_SD * spectra, LEAST_AMPLITUDE))
        return Latents(heights, None, patients, self.score(patients, positive.size))

    def score(self, carriers: FloatArray, patients: int) -> FloatArray:
        """Return the log likelihood ratios; see `Signal.score`.

        Parameters
        ----------
        carriers, patients
            As there.
        """
        slope = 2 * self.correlation / (1 - self.correlation**2)
        return np.asarray(slope * carriers[:, 0] * carriers[:, 1])
