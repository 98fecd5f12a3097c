"""A simulated study of several blocks: serum spectra, clinical columns and tissue of the same patients."""

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.fusion.clinical.table import ClinicalTable
from spectra_dl.fusion.simulation.blocks import SITES, SimulatedBlocks, draw_presence, with_facts
from spectra_dl.fusion.simulation.clinical_columns import (
    clinical_information,
    draw_columns,
    draw_levels,
)
from spectra_dl.fusion.simulation.information import (
    BlockInformation,
    Information,
    Subset,
    of_auc,
    presence_patterns,
    probit_levels,
)
from spectra_dl.spectra.simulation.serum_study import (
    NEGATIVE_LABEL,
    POSITIVE_LABEL,
    SimulatedStudy,
    StudySettings,
    simulate_study,
)

#: Tiles of a patient; so many of them are viable tumour as the patient's level says.
TILES = 6
_FEATURES = 8
_HIGHEST_AUC = 0.999


@dataclass(frozen=True, kw_only=True)
class FusionSimulationSettings:
    """What a simulated study of several blocks is to hold.

    Attributes
    ----------
    patients, prevalence, seed
        How many, and the share of them with bone metastasis.
    spectra_per_patient, n_wavenumbers
        Of the serum spectra.
    spectra_auc, clinical_auc, tissue_auc
        The AUC of the best score of each block alone, from 0.5; without ``tissue_auc`` there is no tissue.
    images
        Whether tissue is images, of which some are viable tumour and some necrotic, or features, of which one says something.
    correlation
        Of what spectra say and PSA, within a class.
    missing
        The share of patients who lack a block, of each block alike, at random.

    Raises
    ------
    UsageError
        A value is out of its range.
    """

    patients: int = 120
    prevalence: float = 0.5
    seed: int = 0
    spectra_per_patient: int = 2
    n_wavenumbers: int = 300
    spectra_auc: float = 0.8
    clinical_auc: float = 0.75
    tissue_auc: float | None = None
    images: bool = False
    correlation: float = 0.0
    missing: float = 0.0

    def __post_init__(self) -> None:
        for name in ("spectra_auc", "clinical_auc", "tissue_auc"):
            value = getattr(self, name)
            if value is not None and not 0.5 <= value <= _HIGHEST_AUC:
                raise UsageError(f"{name} is {value}; give an AUC from 0.5 to {_HIGHEST_AUC}")
        if not -1 < self.correlation < 1 or (self.correlation and self.spectra_auc == 0.5):
            raise UsageError(
                f"correlation is {self.correlation}: give one above -1 and below 1, and spectra that say something"
            )
        if not 0 <= self.missing < 1:
            raise UsageError(f"missing is {self.missing}; give a share from 0 to below 1")
        if self.images and self.tissue_auc is None:
            raise UsageError("images are of tissue; give tissue_auc too")

    @property
    def blocks(self) -> tuple[str, ...]:
        """The blocks' names."""
        return ("clinical", "spectra") + (() if self.tissue_auc is None else ("tissue",))


@dataclass(frozen=True, eq=False)
class FusionTruth:
    """The truth behind a simulated study of ``m`` patients.

    Attributes
    ----------
    best_auc
        The highest AUC that any score of a set of blocks can reach, of patients who have all of these.
    best_auc_as_missing
        The same of all blocks, where patients lack some as these do.
    log_likelihood_ratio
        ``(m,)`` of what each patient has: the best possible score.
    information
        What each block says.
    """

    best_auc: dict[Subset, float]
    best_auc_as_missing: float
    log_likelihood_ratio: FloatArray
    information: Information


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedFusion(SimulatedBlocks):
    """Simulated patients with classes, and the truth behind them.

    Attributes
    ----------
    settings
        How they were drawn.
    label
        ``(m,)`` text.
    truth
        What can be reached.
    """

    settings: FusionSimulationSettings
    label: TextArray
    truth: FusionTruth


def simulate_fusion(settings: FusionSimulationSettings | None = None) -> SimulatedFusion:
    """Simulate patients with and without bone metastasis.

    Parameters
    ----------
    settings
        What to simulate; None takes the defaults.

    Examples
    --------
    >>> study = simulate_fusion(FusionSimulationSettings(patients=6, spectra_auc=0.8, clinical_auc=0.75))
    >>> {" and ".join(sorted(blocks)): round(auc, 2) for blocks, auc in study.truth.best_auc.items()}
    {'clinical': 0.75, 'spectra': 0.8, 'clinical and spectra': 0.86}
    """
    settings = settings or FusionSimulationSettings()
    seeds = np.random.SeedSequence((settings.seed, 23)).spawn(4)
    columns, tissue, missing, sites = map(np.random.default_rng, seeds)
    distance = math.sqrt(2) * NormalDist().inv_cdf(settings.spectra_auc)
    serum = _serum(settings, distance)
    positive = serum.truth.positive
    score = serum.truth.log_likelihood_ratio / distance if distance else np.zeros(settings.patients)
    information = _information(settings, distance)
    drawn = draw_columns(
        columns,
        information.blocks["clinical"],
        positive,
        follows=score - (positive - 0.5) * distance,
        correlation=settings.correlation,
    )
    values, scores, levels = _tissue(tissue, settings, information, positive)
    have = draw_presence(missing, settings.blocks, settings.patients, settings.missing)
    names = tuple(serum.truth.patient.tolist())
    owner = np.repeat(np.arange(settings.patients), settings.spectra_per_patient)
    ratio = _ratios(
        information,
        have,
        {"clinical": drawn.scores, "spectra": score[:, None], "tissue": scores},
        {"clinical": drawn.levels, "spectra": (), "tissue": levels},
    )
    label = text_array([POSITIVE_LABEL if each else NEGATIVE_LABEL for each in positive])
    return SimulatedFusion(
        settings=settings,
        patients=names,
        label=label,
        spectra=with_facts(serum.table, drawn, sites.integers(0, len(SITES), settings.patients), owner),
        owner=owner,
        latents=serum.truth.latents,
        clinical=ClinicalTable(names, drawn.columns, label),
        tissue=values,
        have=have,
        truth=_truth(settings, information, ratio),
    )


def _serum(settings: FusionSimulationSettings, distance: float) -> SimulatedStudy:
    return simulate_study(
        StudySettings(
            patients=settings.patients,
            spectra_per_patient=settings.spectra_per_patient,
            n_wavenumbers=settings.n_wavenumbers,
            prevalence=settings.prevalence,
            distance=distance,
            seed=settings.seed,
        )
    )


def _information(settings: FusionSimulationSettings, distance: float) -> Information:
    """Return what the blocks say: PSA and age, then spectra, then tissue."""
    blocks = {
        "clinical": clinical_information(settings.clinical_auc),
        "spectra": BlockInformation(np.array([distance])),
    }
    if settings.tissue_auc is not None:
        blocks["tissue"] = of_auc(settings.tissue_auc, _viable_tiles if settings.images else _one_feature)
    correlation = np.eye(sum(len(block.shift) for block in blocks.values()))
    correlation[0, 2] = correlation[2, 0] = settings.correlation  # PSA and spectra
    return Information(blocks, correlation)


def _one_feature(shift: float) -> BlockInformation:
    return BlockInformation(np.array([shift]))


def _viable_tiles(shift: float) -> BlockInformation:
    """Return the information of how many of a patient's tiles are viable."""
    normal = NormalDist()
    cuts = np.array([normal.inv_cdf((number + 1) / (TILES + 1)) for number in range(TILES)])
    return BlockInformation(np.empty(0), (probit_levels(shift, cuts),))


def _tissue(
    generator: np.random.Generator,
    settings: FusionSimulationSettings,
    information: Information,
    positive: NDArray[np.bool_],
) -> tuple[FloatArray | None, FloatArray, tuple[IndexArray, ...]]:
    """Return what tissue is, its scores ``(m, g)`` and its levels."""
    nothing: FloatArray = np.empty((len(positive), 0))
    if settings.tissue_auc is None:
        return None, nothing, ()
    block = information.blocks["tissue"]
    if settings.images:
        viable = draw_levels(generator, positive, block.levels[0])
        return viable[:, None].astype(np.float64), nothing, (viable,)
    features = np.asarray(generator.standard_normal((len(positive), _FEATURES)))
    features[:, 0] += (positive - 0.5) * block.shift[0]
    return features, features[:, :1], ()


def _ratios(
    information: Information,
    have: dict[str, NDArray[np.bool_]],
    scores: dict[str, FloatArray],
    levels: dict[str, tuple[IndexArray, ...]],
) -> FloatArray:
    """Return each patient's log-likelihood ratio, by the blocks the patient has."""
    patients = len(have["clinical"])
    subset_of = [frozenset(name for name in have if have[name][number]) for number in range(patients)]
    ratio = np.empty(patients)
    for subset in set(subset_of):
        at = np.array([number for number, each in enumerate(subset_of) if each == subset])
        ratio[at] = information.evidence(
            subset,
            {name: scores[name][at] for name in have},
            {name: tuple(each[at] for each in levels[name]) for name in have},
        )
    return ratio


def _truth(settings: FusionSimulationSettings, information: Information, ratio: FloatArray) -> FusionTruth:
    blocks = settings.blocks
    subsets = [frozenset(each) for size in range(1, len(blocks) + 1) for each in combinations(blocks, size)]
    return FusionTruth(
        {subset: information.best_auc({subset: 1.0}) for subset in subsets},
        information.best_auc(presence_patterns(blocks, settings.missing, "clinical")),
        ratio,
        information,
    )
