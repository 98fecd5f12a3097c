"""A simulated study of several blocks in which a number, or the time to an event, is spread over the blocks, and the best that can be reached is known."""

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.simulated_times import (
    EVENT_COLUMN,
    TIME_COLUMN,
    expected_c_index,
    followed,
)
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.simulation.blocks import SITES, SimulatedBlocks, draw_presence, with_facts
from spectra_dl.fusion.simulation.clinical_columns import clinical_information, draw_columns
from spectra_dl.fusion.simulation.fusion_study import TILES
from spectra_dl.fusion.simulation.information import Subset
from spectra_dl.spectra.simulation.serum_bands import SERUM_BANDS
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

NUMBER_COLUMN = "score"
GROUP = "carotenoid"  # whose bands say it
_FEATURES = 8
_MEAN, _SPREAD = 50.0, 10.0
_AGE, _PSA = 2.0, 1.0  # how the score of the clinical columns is made of theirs
_PAIRS = 200_000


@dataclass(frozen=True, kw_only=True)
class FusionOutcomeSettings:
    """What a simulated study of several blocks with a number or times is to hold.

    Attributes
    ----------
    patients, seed
        How many.
    spectra_per_patient, n_wavenumbers
        Of the serum spectra.
    clinical, spectra, tissue
        How much each block says beside the others: parts of the variance that all explain together, 0 for a block that says nothing; without ``tissue``
        there is none.
    explained
        The share of the number's variance that all blocks explain together: the best R2.
    hazard_ratio
        By how much the hazard grows with one standard deviation of what all blocks say together; None: a number, in place of times.
    images
        Whether tissue is images, of which some are viable tumour and some necrotic, or features, of which one says something.
    missing
        The share of patients who lack a block, of each block alike, at random.

    Raises
    ------
    UsageError
        A value is out of its range.
    """

    patients: int = 120
    seed: int = 0
    spectra_per_patient: int = 2
    n_wavenumbers: int = 300
    clinical: float = 1.0
    spectra: float = 1.0
    tissue: float | None = None
    explained: float = 0.5
    hazard_ratio: float | None = None
    images: bool = False
    missing: float = 0.0

    def __post_init__(self) -> None:
        parts = [part for part in (self.clinical, self.spectra, self.tissue) if part is not None]
        if min(parts) < 0 or not sum(parts) > 0:
            raise UsageError(f"parts of blocks are {parts}; give 0 or more, not all of them 0")
        if not 0 <= self.explained < 1:
            raise UsageError(f"explained is {self.explained}; give a share from 0 to below 1")
        if self.hazard_ratio is not None and not 1 <= self.hazard_ratio < math.inf:
            raise UsageError(f"hazard_ratio is {self.hazard_ratio}; give 1 or more")
        if not 0 <= self.missing < 1:
            raise UsageError(f"missing is {self.missing}; give a share from 0 to below 1")
        if self.images and self.tissue is None:
            raise UsageError("images are of tissue; give tissue too")

    @property
    def weight(self) -> dict[str, float]:
        """Each block's weight in what all say together, whose variance is 1."""
        parts = {"clinical": self.clinical, "spectra": self.spectra}
        parts |= {} if self.tissue is None else {"tissue": self.tissue}
        total = sum(parts.values())
        return {name: math.sqrt(part / total) for name, part in parts.items()}


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedFusionOutcome(SimulatedBlocks):
    """Simulated patients with a number or times, and the truth behind them.

    Attributes
    ----------
    settings
        How they were drawn.
    target
        ``(m,)`` numbers, or ``(m, 2)`` times and events.
    best
        The highest R2, or expected C-index, that any method can reach from each set of blocks, of patients who have all of these.
    """

    settings: FusionOutcomeSettings
    target: FloatArray
    best: dict[Subset, float]

    @property
    def columns(self) -> dict[str, TextArray]:
        """``(m,)`` text by column: what came of patients, as files have it."""
        if self.target.ndim == 1:
            return {NUMBER_COLUMN: text_array([f"{value:.2f}" for value in self.target])}
        return {
            TIME_COLUMN: text_array([f"{value:.2f}" for value in self.target[:, 0]]),
            EVENT_COLUMN: text_array([str(int(value)) for value in self.target[:, 1]]),
        }


def simulate_fusion_outcome(settings: FusionOutcomeSettings | None = None) -> SimulatedFusionOutcome:
    """Simulate patients with several blocks, and a number each or months of follow-up.

    Each block has a score of variance 1, independent of the others': a mixture of age and PSA, the carotenoid bands, and a feature of tissue or how
    many tiles are viable. The number is their weighted sum and noise; the log hazard is their weighted sum, and times are drawn as by
    `spectra_dl.evaluation.outcomes.survival.simulated_times.followed`.

    Parameters
    ----------
    settings
        What to simulate; None takes the defaults.

    Examples
    --------
    >>> study = simulate_fusion_outcome(FusionOutcomeSettings(patients=6, clinical=1, spectra=3, explained=0.4))
    >>> {" and ".join(sorted(blocks)): round(best, 2) for blocks, best in study.best.items()}
    {'clinical': 0.1, 'spectra': 0.3, 'clinical and spectra': 0.4}
    """
    settings = settings or FusionOutcomeSettings()
    seeds = np.random.SeedSequence((settings.seed, 41)).spawn(5)
    of_columns, of_tissue, missing, sites, came = map(np.random.default_rng, seeds)
    nobody: NDArray[np.bool_] = np.zeros(settings.patients, dtype=np.bool_)
    drawn = draw_columns(
        of_columns, clinical_information(0.5), nobody, follows=np.zeros(settings.patients), correlation=0.0
    )
    serum = simulate_study(
        StudySettings(
            patients=settings.patients,
            spectra_per_patient=settings.spectra_per_patient,
            n_wavenumbers=settings.n_wavenumbers,
            distance=0.0,
            seed=settings.seed,
        )
    )
    number = [group.name for group in SERUM_BANDS].index(GROUP)
    tissue, of_block = _tissue(of_tissue, settings)
    scores = {
        "clinical": drawn.scores @ np.array([_PSA, _AGE]) / math.hypot(_PSA, _AGE),
        "spectra": serum.truth.latents[:, number] / math.sqrt(serum.truth.covariance[number, number]),
        "tissue": of_block,
    }
    together = np.sum([weight * scores[name] for name, weight in settings.weight.items()], axis=0)
    names = tuple(serum.truth.patient.tolist())
    owner = np.repeat(np.arange(settings.patients), settings.spectra_per_patient)
    spectra = with_facts(serum.table, drawn, sites.integers(0, len(SITES), settings.patients), owner)
    return SimulatedFusionOutcome(
        settings=settings,
        patients=names,
        spectra=replace(spectra, label=None),
        owner=owner,
        latents=serum.truth.latents,
        clinical=ClinicalTable(names, drawn.columns),
        tissue=tissue,
        have=draw_presence(missing, tuple(settings.weight), settings.patients, settings.missing),
        target=_came(came, settings, together),
        best=_best(settings),
    )


def _tissue(
    generator: np.random.Generator, settings: FusionOutcomeSettings
) -> tuple[FloatArray | None, FloatArray]:
    """Return what tissue is, and its score of each patient."""
    if settings.tissue is None:
        return None, np.zeros(settings.patients)
    if settings.images:
        viable = generator.binomial(TILES, 0.5, settings.patients).astype(np.float64)
        return viable[:, None], (viable - TILES / 2) / math.sqrt(TILES / 4)
    features = np.asarray(generator.standard_normal((settings.patients, _FEATURES)))
    return features, features[:, 0]


def _came(
    generator: np.random.Generator, settings: FusionOutcomeSettings, together: FloatArray
) -> FloatArray:
    if settings.hazard_ratio is None:
        signal, noise = math.sqrt(settings.explained), math.sqrt(1 - settings.explained)
        return np.asarray(
            _MEAN + _SPREAD * (signal * together + noise * generator.standard_normal(len(together)))
        )
    months, event = followed(generator, math.log(settings.hazard_ratio) * together)
    return np.stack([np.maximum(months.round(2), 0.01), event], axis=1)


def _best(settings: FusionOutcomeSettings) -> dict[Subset, float]:
    """Return what each set of blocks can reach; the C-index from simulated pairs, with an error below .002."""
    weight = settings.weight
    subsets = [frozenset(each) for size in range(1, len(weight) + 1) for each in combinations(weight, size)]
    if settings.hazard_ratio is None:
        return {subset: settings.explained * sum(weight[name] ** 2 for name in subset) for subset in subsets}
    generator = np.random.default_rng(8)
    slope = math.log(settings.hazard_ratio)
    score = {name: slope * weight[name] * generator.standard_normal((2, _PAIRS)) for name in weight}
    log_hazard = np.sum(list(score.values()), axis=0)
    return {
        subset: expected_c_index(
            np.random.default_rng(9),
            log_hazard,
            np.sum([score[name] for name in weight if name in subset], axis=0),
        )
        for subset in subsets
    }
