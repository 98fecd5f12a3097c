"""Signals in normal latents of equal covariance: heights of bands, their positions, the ratio of two.

Two normal classes whose means lie at the Mahalanobis distance d, d² = (μ₁ - μ₀)ᵀ Σ⁻¹ (μ₁ - μ₀), have the log likelihood ratio
(μ₁ - μ₀)ᵀ Σ⁻¹ x + constant, and so the best AUC Φ(d/√2) (Fukunaga 1990, Introduction to Statistical Pattern Recognition,
doi 10.1016/C2009-0-27872-X, chapter 3; Su and Liu 1993, doi 10.1080/01621459.1993.10476417). d = √2 Φ⁻¹(AUC).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.spectra.simulation.families.latents import (
    WITHIN_SHARE,
    BoolArray,
    Latents,
    draw_bystanders,
    owners,
)
from spectra_dl.spectra.simulation.families.worlds import World
from spectra_dl.spectra.simulation.log_ratios import (
    centring,
    draw_relative,
    relative_covariance,
    relative_inverse,
    square_root,
)

POSITION_CARRIERS = 4
RATIO_SD = 0.2  # of the logarithm of the ratio, within a class
TOGETHER_SD = 0.7  # of what the two groups' log-amplitudes have in common


def distance_for(best_auc: float) -> float:
    """Return the Mahalanobis distance at which two normal classes of equal covariance allow an AUC.

    Examples
    --------
    >>> round(distance_for(0.85), 4)
    1.4657
    """
    return math.sqrt(2) * NormalDist().inv_cdf(best_auc)


@dataclass(frozen=True, eq=False)
class NormalLatents:
    """Normal carriers of the signal, one vector per patient.

    Attributes
    ----------
    shift
        ``(d,)`` difference of the class means.
    covariance
        ``(d, d)`` within a class; it may have no variance in some direction.
    """

    shift: FloatArray
    covariance: FloatArray

    @property
    def best_auc(self) -> float:
        """Φ(d/√2)."""
        squared = float(self.shift @ relative_inverse(self.covariance) @ self.shift)
        return NormalDist().cdf(math.sqrt(squared / 2))

    def draw(
        self, generator: np.random.Generator, positive: BoolArray, owner: IndexArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the ``(m, d)`` numbers of patients and the ``(n, d)`` of their spectra.

        Parameters
        ----------
        generator
            Source of random numbers.
        positive
            ``(m,)`` class of each patient.
        owner
            ``(n,)`` patient of each spectrum.
        """
        spread = square_root(self.covariance)
        patients = draw_relative(generator, positive.size, spread) + (positive[:, None] - 0.5) * self.shift
        return patients, patients[owner] + WITHIN_SHARE * draw_relative(generator, owner.size, spread)

    def score(self, values: FloatArray) -> FloatArray:
        """Return the log likelihood ratio of each row of ``values`` ``(m, d)``."""
        return np.asarray(values @ relative_inverse(self.covariance) @ self.shift)


class _InNormalLatents:
    """A signal whose carriers are normal latents."""

    def __init__(self, world: World, latents: NormalLatents, groups: tuple[str, ...]) -> None:
        self._world, self._latents, self.groups = world, latents, groups
        self.best_auc = latents.best_auc

    def score(self, carriers: FloatArray, patients: int) -> FloatArray:
        """Return the log likelihood ratios; see `Signal.score`.

        Parameters
        ----------
        carriers, patients
            As there.
        """
        return self._latents.score(carriers)


class Heights(_InNormalLatents):
    """The classes differ in the mean log-amplitudes of some groups, all of which vary between patients.

    Parameters
    ----------
    world
        Groups and their covariance.
    best_auc
        What the signal is to allow.
    generator
        Draws which groups differ, and how.
    """

    def __init__(self, world: World, best_auc: float, generator: np.random.Generator) -> None:
        size = len(world.groups)
        places = np.sort(generator.permutation(size)[: world.height_carriers])
        direction = np.zeros(size)
        direction[places] = generator.choice([-1.0, 1.0], len(places)) * generator.uniform(
            0.5, 1.0, len(places)
        )
        direction = centring(size) @ (direction * [group.variation for group in world.groups])
        covariance = relative_covariance(world.groups, world.within_family, world.between_families)
        length = math.sqrt(float(direction @ relative_inverse(covariance) @ direction))
        latents = NormalLatents(distance_for(best_auc) / length * direction, covariance)
        super().__init__(world, latents, tuple(world.groups[place].name for place in places))

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients; see `Signal.draw`.

        Parameters
        ----------
        generator, positive, spectra_per_patient
            As there.
        """
        owner = owners(positive.size, spectra_per_patient)
        patients, spectra = self._latents.draw(generator, positive, owner)
        return Latents(spectra, None, patients, self.score(patients, positive.size))


class Positions(_InNormalLatents):
    """The classes differ in the mean positions of some groups' bands; heights vary and know nothing of the class.

    As many groups move up as down, so that no displacement of the whole axis looks like the signal.

    Parameters
    ----------
    world
        Groups, and how far positions vary.
    best_auc
        What the signal is to allow.
    generator
        Draws which groups move, and where to.
    """

    def __init__(self, world: World, best_auc: float, generator: np.random.Generator) -> None:
        groups = tuple(generator.permutation(np.array(world.strong, dtype=object))[:POSITION_CARRIERS])
        direction = generator.permutation([1.0, -1.0] * (POSITION_CARRIERS // 2)) / math.sqrt(
            POSITION_CARRIERS
        )
        latents = NormalLatents(
            distance_for(best_auc) * world.position_sd * direction,
            world.position_sd**2 * np.eye(POSITION_CARRIERS),
        )
        super().__init__(world, latents, groups)
        self._places = [world.index(name) for name in groups]

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients; see `Signal.draw`.

        Parameters
        ----------
        generator, positive, spectra_per_patient
            As there.
        """
        owner = owners(positive.size, spectra_per_patient)
        heights = draw_bystanders(generator, self._world, [], owner)
        patients, spectra = self._latents.draw(generator, positive, owner)
        displacement = np.zeros_like(heights)
        displacement[:, self._places] = spectra
        return Latents(heights, displacement, patients, self.score(patients, positive.size))


class Ratio(_InNormalLatents):
    """The classes differ in the mean log ratio of two groups whose amplitudes vary far more together.

    With log-amplitudes c + r/2 and c - r/2, c has standard deviation .7 and r .2. A difference of the two intensities is
    exp(c) times a function of r, so a linear model weighs patients by a factor that says nothing.

    Parameters
    ----------
    world
        Groups.
    best_auc
        What the signal is to allow.
    generator
        Draws the two groups and the direction.
    """

    def __init__(self, world: World, best_auc: float, generator: np.random.Generator) -> None:
        groups = tuple(generator.permutation(np.array(world.strong, dtype=object))[:2])
        shift = distance_for(best_auc) * RATIO_SD * generator.choice([-1.0, 1.0])
        super().__init__(world, NormalLatents(np.array([shift]), np.array([[RATIO_SD**2]])), groups)
        self._places = [world.index(name) for name in groups]

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients; see `Signal.draw`.

        Parameters
        ----------
        generator, positive, spectra_per_patient
            As there.
        """
        owner = owners(positive.size, spectra_per_patient)
        heights = draw_bystanders(generator, self._world, self._places, owner)
        patients, spectra = self._latents.draw(generator, positive, owner)  # (m, 1), (n, 1)
        together = TOGETHER_SD * generator.standard_normal(positive.size)[owner]
        together += WITHIN_SHARE * TOGETHER_SD * generator.standard_normal(owner.size)
        heights[:, self._places] = together[:, None] + spectra * [0.5, -0.5]
        return Latents(heights, None, patients, self.score(patients, positive.size))
