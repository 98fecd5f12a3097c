"""A simulated study of tumours after chemotherapy: slides of tiles, of which each patient's share of necrosis is known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.simulated_times import expected_c_index, followed
from spectra_dl.tissue.simulation.image_study import CLASSES, SimulatedImage, simulated_pixels

_NONE, _NECROTIC, _VIABLE = range(3)
_RESPONSE = (0.9, 0.7)  # of the beta distribution of patients' shares: most respond hardly or well
_WITHIN = 10.0  # a slide's share is drawn around its patient's as if that were known from so many images
_PAIRS = 400_000
_OTHER = (2.0, 5.0)  # of the beta distribution of tissue without tumour on a slide


@dataclass(frozen=True)
class ShareStudySettings:
    """What is simulated.

    Attributes
    ----------
    patients, slides, tiles
        How many; slides of a patient, tiles of a slide.
    side
        Of a tile, in pixels.
    stain
        Standard deviation of the patients' stains, in grey levels of 255.
    seed
        The same seed gives the same study.
    hazard_ratio
        By how much the hazard of an event grows where necrosis is one standard deviation of the patients' shares less, from 1, which makes times without any signal; None
        draws no times.
    """

    patients: int = 60
    slides: int = 10
    tiles: int = 30
    side: int = 64
    stain: float = 8.0
    seed: int = 0
    hazard_ratio: float | None = None

    def __post_init__(self) -> None:
        if self.hazard_ratio is not None and not 1 <= self.hazard_ratio < math.inf:
            raise UsageError(f"hazard_ratio is {self.hazard_ratio}; give 1 or more")
        if min(self.patients, self.slides, self.tiles) < 1 or self.side < 32 or self.seed < 0:
            raise UsageError(
                "a simulated study of necrosis has one patient, slide and tile or more, tiles of 32 pixels or more, and a seed from 0"
            )


@dataclass(frozen=True, eq=False)
class SimulatedTimes:
    """What came of ``m`` patients.

    Attributes
    ----------
    months, event
        ``(m,)`` how long each was followed, and whether the event came then.
    log_hazard
        ``(m,)`` the best possible risk.
    best_c_index
        The highest expected C-index that any method can reach, of 400,000 simulated pairs.
    """

    months: FloatArray
    event: NDArray[np.bool_]
    log_hazard: FloatArray
    best_c_index: float


@dataclass(frozen=True, eq=False)
class SimulatedShares:
    """Tiles of patients, patient after patient and slide after slide.

    Attributes
    ----------
    settings
        How they were drawn.
    truth
        ``(m,)`` share of necrosis in each patient's tumour, of which the slides are a sample.
    patient, slide, label
        ``(n,)`` text of each tile.
    position
        ``(n, 2)`` x and y of each tile's upper left corner in its slide's pixels.
    followed
        What came of each patient; None where no times were drawn.
    """

    settings: ShareStudySettings
    truth: FloatArray
    patient: TextArray
    slide: TextArray
    label: TextArray
    position: FloatArray
    followed: SimulatedTimes | None = None

    @property
    def patients(self) -> list[str]:
        """``(m,)`` ids, in the order of ``truth``."""
        return list(dict.fromkeys(self.patient))

    def features(self, *, distance: float = 4.0, width: int = 8, patient_shift: float = 0.3) -> FloatArray:
        """Return ``(n, width)`` numbers in place of images, as an encoder might give: fast enough for many studies.

        Parameters
        ----------
        distance
            Between the classes, in standard deviations of a tile.
        width
            Numbers of a tile.
        patient_shift
            Standard deviation of each number's shift in a patient.
        """
        generator = np.random.default_rng((1, self.settings.seed))
        code = np.array([CLASSES.index(name) for name in self.label])
        owner = np.unique(self.patient.astype(str), return_inverse=True)[1]
        centre = np.zeros((len(CLASSES), width))
        centre[:, : len(CLASSES)] = distance / np.sqrt(2) * np.eye(len(CLASSES))
        shift = patient_shift * generator.normal(size=(owner.max() + 1, width))
        features: FloatArray = centre[code] + shift[owner] + generator.normal(size=(len(code), width))
        return features

    def images(self) -> Iterator[SimulatedImage]:
        """Yield the tiles as images."""
        generator = np.random.default_rng((2, self.settings.seed))
        stain = {name: generator.normal(0, self.settings.stain, size=3) for name in self.patients}
        for label, patient, slide in zip(self.label, self.patient, self.slide, strict=True):
            pixels = simulated_pixels(label, stain[patient], self.settings.side, generator)
            yield SimulatedImage(label, patient, slide, pixels)


def simulate_shares(settings: ShareStudySettings | None = None) -> SimulatedShares:
    """Return a simulated study, of which images or features are made when they are asked for.

    Examples
    --------
    >>> study = simulate_shares(ShareStudySettings(patients=2, slides=2, tiles=4))
    >>> len(study.label), list(study.slide[:5]), study.position[1].tolist()
    (16, ['SIM01-1', 'SIM01-1', 'SIM01-1', 'SIM01-1', 'SIM01-2'], [64.0, 0.0])
    """
    settings = settings or ShareStudySettings()
    generator = np.random.default_rng(settings.seed)
    truth = generator.beta(*_RESPONSE, size=settings.patients)
    names, slides, labels, places = [], list[str](), list[str](), []
    for number, share in enumerate(truth):
        patient = f"SIM{number + 1:02d}"
        for slide in range(settings.slides):
            code, place = _slide(float(share), settings, generator)
            names += [patient] * settings.tiles
            slides += [f"{patient}-{slide + 1}"] * settings.tiles
            labels += [CLASSES[each] for each in code]
            places.append(place)
    return SimulatedShares(
        settings,
        truth,
        text_array(names),
        text_array(slides),
        text_array(labels),
        np.concatenate(places),
        None if settings.hazard_ratio is None else _times(truth, settings.hazard_ratio, settings.seed),
    )


def _times(share: FloatArray, hazard_ratio: float, seed: int) -> SimulatedTimes:
    """Return what came of patients with these shares of necrosis."""
    log_hazard = _log_hazard(share, hazard_ratio)
    months, event = followed(np.random.default_rng((3, seed)), log_hazard)
    pairs = np.random.default_rng(4)
    best = expected_c_index(pairs, _log_hazard(pairs.beta(*_RESPONSE, size=(2, _PAIRS)), hazard_ratio))
    return SimulatedTimes(months, event, log_hazard, best)


def _log_hazard(share: FloatArray, hazard_ratio: float) -> FloatArray:
    first, second = _RESPONSE
    total = first + second
    spread = math.sqrt(first * second / (total**2 * (total + 1)))
    return np.asarray(math.log(hazard_ratio) * (first / total - share) / spread)


def _slide(
    share: float, settings: ShareStudySettings, generator: np.random.Generator
) -> tuple[list[int], FloatArray]:
    """Return the classes of a slide's tiles and their places on a grid; tiles of one class lie together."""
    necrotic = generator.beta(max(1e-6, _WITHIN * share), max(1e-6, _WITHIN * (1 - share)))
    other = generator.beta(*_OTHER)
    amounts = [other, (1 - other) * necrotic, (1 - other) * (1 - necrotic)]
    counts = generator.multinomial(settings.tiles, amounts)
    wide = int(np.ceil(np.sqrt(settings.tiles)))
    place = settings.side * np.stack(np.divmod(np.arange(settings.tiles), wide)[::-1], axis=1).astype(float)
    towards = generator.normal(size=2)
    order = np.argsort(place @ towards + settings.side * generator.normal(size=settings.tiles) / 2)
    code = np.empty(settings.tiles, dtype=np.intp)
    code[order] = np.repeat([_NONE, _NECROTIC, _VIABLE], counts)
    return code.tolist(), place
