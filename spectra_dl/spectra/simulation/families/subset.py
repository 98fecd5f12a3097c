"""A signal that only some spectra of a positive patient carry, the others looking like a negative patient's.

A spectrum's number t is N(0, 1); each spectrum of a positive patient is N(D, 1) instead with chance f, by itself. A spectrum's
log likelihood ratio is log(1 - f + f exp(D t - D²/2)), a patient's the sum over its spectra (a mixture; Dietterich et al.
1997, doi 10.1016/S0004-3702(96)00034-3, name the problem). The distribution of that sum follows from the distribution for
one spectrum by convolution, through Fourier transforms on a grid, and D from the AUC by bisection. A patient none of whose
spectra carries it can't be recognised, so the best AUC of n spectra stays below 1 - (1 - f)ⁿ/2.
"""

import math

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.spectra.simulation.families.latents import (
    BoolArray,
    Latents,
    draw_bystanders,
    owners,
)
from spectra_dl.spectra.simulation.families.worlds import World

SUBSET_CARRIERS = 3
MOST_DISTANCE = 6.0  # beyond it a spectrum that carries the signal is recognised anyway
_CELL = 0.01  # of the grid of log likelihood ratios
_HIGHEST = 30.0  # a spectrum of a higher ratio decides alone


def spectrum_log_ratio(value: FloatArray, distance: float, share: float) -> FloatArray:
    """Return the log likelihood ratio of single spectra.

    Parameters
    ----------
    value
        Numbers t, any shape.
    distance, share
        D and f.
    """
    return np.asarray(np.logaddexp(math.log1p(-share), math.log(share) + distance * value - distance**2 / 2))


def subset_auc(distance: float, share: float, spectra: int) -> float:
    """Return the best AUC of patients with so many spectra, to about four decimals.

    Parameters
    ----------
    distance
        D, between a spectrum that carries the signal and one that doesn't.
    share
        f, the chance that a positive patient's spectrum carries it.
    spectra
        Per patient, 1 or more.

    Examples
    --------
    >>> round(subset_auc(1.5, 1.0 - 1e-12, 1), 3)  # all carry it: two normal classes
    0.856
    >>> round(subset_auc(6.0, 0.3, 10), 3), round(1 - 0.7**10 / 2, 3)
    (0.986, 0.986)
    """
    value = np.arange(-8.0, distance + 8.0, 5e-4)
    ratio = np.minimum(spectrum_log_ratio(value, distance, share), _HIGHEST)
    negative = _normal_weights(value)
    positive = (1 - share) * negative + share * _normal_weights(value - distance)
    low = math.floor(ratio[0] / _CELL)
    sums = [_distribution_of_sums(ratio / _CELL - low, each, spectra) for each in (negative, positive)]
    below = np.cumsum(sums[0]) - sums[0] / 2  # ties count half
    return float(np.clip(sums[1] @ below, 0.0, 1.0))


def distance_for_subset(best_auc: float, share: float, spectra: int) -> float:
    """Return the distance D that allows an AUC.

    Parameters
    ----------
    best_auc
        Above .5.
    share, spectra
        As in `subset_auc`.

    Raises
    ------
    UsageError
        No distance allows it: too often none of a patient's spectra carries the signal.
    """
    most = subset_auc(MOST_DISTANCE, share, spectra)
    if best_auc >= most:
        raise UsageError(
            f"best_auc is {best_auc:g}, but with {spectra} spectra per patient of which each carries the signal with chance {share:g}, "
            f"no method can exceed {1 - (1 - share) ** spectra / 2:.3f}; give more spectra per patient or a best_auc below {most:.3f}"
        )
    low, high = 0.0, MOST_DISTANCE
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if subset_auc(middle, share, spectra) < best_auc else (low, middle)
    return (low + high) / 2


class Subset:
    """Some spectra of a positive patient differ in the log-amplitudes of three groups, which vary from spectrum to spectrum.

    Parameters
    ----------
    world
        Groups, and the chance that a spectrum carries the signal.
    best_auc
        What the signal is to allow.
    generator
        Draws the groups and the direction.
    spectra_per_patient
        How many spectra each patient has.

    Raises
    ------
    UsageError
        So few spectra can't allow that AUC.
    """

    def __init__(
        self, world: World, best_auc: float, generator: np.random.Generator, spectra_per_patient: int
    ) -> None:
        self._world = world
        self._spectra = spectra_per_patient
        self.groups = tuple(generator.permutation(np.array(world.strong, dtype=object))[:SUBSET_CARRIERS])
        self._places = [world.index(name) for name in self.groups]
        self._deviation = np.array([world.groups[place].variation for place in self._places])
        signs = generator.choice([-1.0, 1.0], SUBSET_CARRIERS)
        self._direction = signs / math.sqrt(SUBSET_CARRIERS)
        self.distance = distance_for_subset(best_auc, world.subset_share, spectra_per_patient)
        self.best_auc = subset_auc(self.distance, world.subset_share, spectra_per_patient)

    def draw(self, generator: np.random.Generator, positive: BoolArray, spectra_per_patient: int) -> Latents:
        """Draw patients; see `Signal.draw`.

        Parameters
        ----------
        generator, positive, spectra_per_patient
            As there.
        """
        owner = owners(positive.size, spectra_per_patient)
        heights = draw_bystanders(generator, self._world, self._places, owner)
        standard = generator.standard_normal((owner.size, SUBSET_CARRIERS))
        carrying = positive[owner] & (generator.random(owner.size) < self._world.subset_share)
        standard += self.distance * carrying[:, None] * self._direction
        heights[:, self._places] = standard * self._deviation
        return Latents(heights, None, standard, self.score(standard, positive.size))

    def score(self, carriers: FloatArray, patients: int) -> FloatArray:
        """Return the log likelihood ratios; see `Signal.score`.

        Parameters
        ----------
        carriers, patients
            As there.
        """
        each = spectrum_log_ratio(carriers @ self._direction, self.distance, self._world.subset_share)
        return np.asarray(each.reshape(patients, -1).sum(axis=1))


def _normal_weights(value: FloatArray) -> FloatArray:
    weights = np.exp(-(value**2) / 2)
    return np.asarray(weights / weights.sum())


def _distribution_of_sums(cell: FloatArray, weight: FloatArray, spectra: int) -> FloatArray:
    """Return the distribution of the sum of so many independent numbers on a grid, each divided over its two cells."""
    from scipy.fft import irfft, next_fast_len, rfft

    below = np.floor(cell).astype(np.intp)
    part = cell - below
    size = int(below.max()) + 2
    one = np.bincount(below, weight * (1 - part), size) + np.bincount(below + 1, weight * part, size)
    length = next_fast_len(spectra * (size - 1) + 1, real=True)
    total: FloatArray = irfft(rfft(one, length) ** spectra, length)
    return np.maximum(total, 0.0)
