"""Simulated features of images in bags: a share of a patient's images carry the class, and how well the best model can do is known."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.imaging.bags.rows import BaggedFeatures

_LEAST_WIDTH = 2


@dataclass(frozen=True)
class BagStudySettings:
    """What is simulated.

    An image that carries the class, such as one of tumour among images of other tissue, differs from the others in one direction of the features by ``marker``, in patients of
    both classes. In a second direction the carrying images of the classes differ by ``effect``, and patients of a class by ``between``; there the other
    images differ between patients by as much, and say nothing of the class. All else is noise of standard deviation 1.

    Attributes
    ----------
    patients
        How many, half of each class.
    images
        That a patient has on average; from half to one and a half times as many.
    carrying
        Share of a patient's images that carry the class, one image at least.
    effect, marker, between
        Distances and the standard deviation between patients.
    width
        Features of an image.
    seed
        The same seed gives the same study.
    """

    patients: int = 60
    images: int = 100
    carrying: float = 0.1
    effect: float = 2.2
    marker: float = 4.0
    between: float = 1.0
    width: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if self.patients < 2 or self.images < 2 or self.width < _LEAST_WIDTH or self.seed < 0:
            raise UsageError(
                "a simulated study of bags has two patients, two images a patient and two features or more, and a seed from 0"
            )
        if not 0 < self.carrying <= 1:
            raise UsageError(f"carrying={self.carrying:g} is a share of the images, above 0 and at most 1")


@dataclass(frozen=True, eq=False)
class BagStudy:
    """A simulated study.

    Attributes
    ----------
    rows
        Features of all images, with the patient of each as its bag.
    label, patient
        ``(n,)`` text.
    carries
        ``(n,)`` whether an image carries the class.
    known
        ``(m,)`` by patient, in the order of their names: the log-likelihood ratio of the classes for who knows which images carry it.
    positive
        ``(m,)`` whether a patient is of the class that a higher ratio speaks for, ``"positive"``.
    best_auc
        That such a model reaches on average; no model without that knowledge can do better.
    """

    rows: BaggedFeatures
    label: TextArray
    patient: TextArray
    carries: NDArray[np.bool_]
    known: FloatArray
    positive: NDArray[np.bool_]
    best_auc: float


def simulate_bags(settings: BagStudySettings | None = None) -> BagStudy:
    """Return a simulated study of patients with many images each.

    Examples
    --------
    >>> study = simulate_bags(BagStudySettings(patients=6, images=20))
    >>> len(study.rows.bags), round(study.best_auc, 2), float(study.carries.mean().round(1))
    (6, 0.9, 0.1)
    """
    settings = settings or BagStudySettings()
    generator = np.random.default_rng(settings.seed)
    carrier, signal = np.linalg.qr(generator.normal(size=(settings.width, 2)))[0].T
    counts = generator.integers(
        math.ceil(settings.images / 2), settings.images * 3 // 2, size=settings.patients, endpoint=True
    )
    blocks, known, carries = [], [], []
    for number, count in enumerate(counts.tolist()):
        chosen = np.zeros(count, dtype=bool)
        chosen[generator.permutation(count)[: _carrying(settings, count)]] = True
        own, other = settings.between * generator.normal(size=2)
        own += settings.effect * (0.5 if number % 2 else -0.5)
        features = generator.normal(size=(count, settings.width))
        height = features @ signal + np.where(chosen, own, other)
        features += np.outer(np.where(chosen, own, other), signal) + settings.marker * np.outer(
            chosen, carrier
        )
        blocks.append(features.astype(np.float32))
        known.append(settings.effect * height[chosen].mean() / _variance(settings, int(chosen.sum())))
        carries.append(chosen)
    names = text_array(f"SIM{number + 1:03d}" for number in range(settings.patients))
    positive = np.arange(settings.patients) % 2 == 1
    patient = np.repeat(names, counts)
    label = np.repeat(text_array(np.where(positive, "positive", "negative")), counts)
    rows = BaggedFeatures(np.concatenate(blocks), patient)
    known_best = np.array(known)
    return BagStudy(
        rows, label, patient, np.concatenate(carries), known_best, positive, _best_auc(settings, counts)
    )


def _carrying(settings: BagStudySettings, count: int) -> int:
    return max(1, round(settings.carrying * count))


def _variance(settings: BagStudySettings, carrying: int) -> float:
    """Return the variance within a class of the mean over a patient's carrying images."""
    return settings.between**2 + 1.0 / carrying


def _best_auc(settings: BagStudySettings, counts: NDArray[np.int64]) -> float:
    """Return the mean over pairs of patients of the chance that the known means rank them rightly."""
    variance = np.array([_variance(settings, _carrying(settings, count)) for count in counts.tolist()])
    pairs = variance[1::2, None] + variance[None, ::2]
    return float(ndtr(settings.effect / np.sqrt(pairs)).mean())
