"""Simulated slides as features of tiles, with bulk profiles whose rates are a known function of the tiles; nothing in it is real."""

import math
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.simulation.tissue_study import draw_counts
from spectra_dl.expression.slides.profiles import BulkProfiles, log_scaled
from spectra_dl.expression.slides.rows import SlideRows
from spectra_dl.imaging.bags.rows import Bags


@dataclass(frozen=True)
class SlideStudySimulation:
    """What is simulated.

    A tile has ``programs`` hidden numbers: those of its patient, and its own, of standard deviation 1. A gene's rate in a tile is exponential in them with known slopes, and a patient's
    bulk is the mean rate over the tiles, counted. Features are linear in the hidden numbers, with noise of standard deviation 1 and the patient's stain, which says nothing.

    Attributes
    ----------
    patients
        5 or more.
    tiles
        That a patient has on average; from half to one and a half times as many.
    genes, programs, width
        How many genes, hidden numbers and features.
    between
        Standard deviation between patients of the hidden numbers.
    slope
        Standard deviation of the genes' slopes.
    unseen
        Standard deviation between patients of the logarithm of a gene's rate that no tile shows.
    stain
        Standard deviation between patients of features' levels.
    depth
        Counts of a patient.
    overdispersion
        Of the counts; see `spectra_dl.expression.simulation.tissue_study.draw_counts`.
    seed
        The same seed gives the same study.
    """

    patients: int = 120
    tiles: int = 100
    genes: int = 100
    programs: int = 4
    width: int = 32
    between: float = 0.6
    slope: float = 0.35
    unseen: float = 0.1
    stain: float = 0.2
    depth: float = 1e6
    overdispersion: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if self.patients < 5 or self.tiles < 2 or min(self.genes, self.programs) < 1 or self.seed < 0:
            raise UsageError(
                "simulated slides have 5 patients, 2 tiles a patient and a gene and a program or more, and a seed from 0"
            )
        if (
            self.width < self.programs
            or min(self.between, self.slope, self.unseen, self.stain) < 0
            or not self.depth > 0
        ):
            raise UsageError(
                "simulated slides have as many features as programs or more, and no negative spread or depth"
            )


@dataclass(frozen=True, eq=False)
class SimulatedSlides:
    """A simulated study.

    Attributes
    ----------
    rows
        Features of all tiles in bags of patients, and facts of the slides.
    profiles
        The patients' counts.
    expected
        ``(m, g)`` log(1 + counts per million) that the tiles let expect: what a model knows that knows their hidden numbers.
    """

    rows: SlideRows
    profiles: BulkProfiles
    expected: FloatArray

    @property
    def ceiling(self) -> FloatArray:
        """``(g,)`` the correlation across patients of what the tiles let expect and what was counted."""
        return pearson_per_column(self.expected, self.profiles.values)


def simulate_slides(settings: SlideStudySimulation | None = None) -> SimulatedSlides:
    """Return a simulated study of patients with slides and bulk profiles.

    Examples
    --------
    >>> study = simulate_slides(SlideStudySimulation(patients=8, tiles=10, genes=5))
    >>> len(study.rows), study.profiles.values.shape, bool(study.ceiling.mean() > 0.5)
    (8, (8, 5), True)
    """
    settings = settings or SlideStudySimulation()
    generator = np.random.default_rng((settings.seed, 0))
    slope = generator.normal(0.0, settings.slope, (settings.programs, settings.genes))
    level = np.exp(generator.normal(0.0, 1.0, settings.genes))
    shown = np.linalg.qr(generator.normal(size=(settings.width, settings.programs)))[0].T * math.sqrt(
        settings.width / settings.programs
    )
    blocks, rates, facts = [], [], []
    for patient in range(settings.patients):
        person = np.random.default_rng((settings.seed, 1, patient))
        count = int(person.integers(math.ceil(settings.tiles / 2), settings.tiles * 3 // 2, endpoint=True))
        hidden = person.normal(0.0, settings.between, settings.programs) + person.normal(
            size=(count, settings.programs)
        )
        stain = person.normal(0.0, settings.stain, settings.width)
        noise = person.normal(size=(count, settings.width))
        blocks.append((hidden @ shown + stain + noise).astype(np.float32))
        rates.append((level * np.exp(hidden @ slope)).mean(axis=0))
        facts.append((math.log(count), 1.0, 200.0 + 10.0 * person.normal()))
    ends = np.cumsum([len(block) for block in blocks])
    names = text_array(f"SIM{number + 1:03d}" for number in range(settings.patients))
    images = tuple(np.split(np.arange(ends[-1]), ends[:-1]))
    rows = SlideRows(Bags(np.concatenate(blocks), names, images), np.array(facts))
    return _counted(settings, rows, np.array(rates))


def _counted(settings: SlideStudySimulation, rows: SlideRows, rate: FloatArray) -> SimulatedSlides:
    """Return the study with counts drawn around these rates ``(m, g)``."""
    generator = np.random.default_rng((settings.seed, 2))
    library = np.full(len(rate), settings.depth)
    expected = log_scaled(library[:, None] * rate / rate.sum(axis=1, keepdims=True), library)
    hidden = rate * np.exp(generator.normal(0.0, settings.unseen, rate.shape))
    mean = settings.depth * hidden / hidden.sum(axis=1, keepdims=True)
    counts = draw_counts(mean, settings.overdispersion, generator)
    gene = text_array(f"GENE{number + 1}" for number in range(settings.genes))
    return SimulatedSlides(rows, BulkProfiles.of_counts(counts, counts.sum(axis=1), gene), expected)
