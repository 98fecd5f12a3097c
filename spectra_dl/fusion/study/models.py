"""The models of a study of several blocks: every set of blocks, and gradient boosting of clinical columns beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.estimators.blocks import BlockMemory, fit_block
from spectra_dl.fusion.estimators.clinical import ClinicalClassifier
from spectra_dl.fusion.estimators.early import EarlyFusion
from spectra_dl.fusion.estimators.late import LateFusion
from spectra_dl.fusion.estimators.model_names import BOOSTING
from spectra_dl.fusion.study.settings import FusionStudySettings
from spectra_dl.spectra.estimators.classical import classical_models as spectra_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.tissue.estimators.classical import classical_models as tissue_models
from spectra_dl.tissue.estimators.model_names import chosen_models
from spectra_dl.tissue.study.models import network_of
from spectra_dl.tissue.study.settings import TissueStudySettings

ALL_BLOCKS, EARLY = "all blocks", "early fusion"
_FEWEST_FOLDS = 5  # of the patients, that members leave out where a class has as many


def block_order(cohort: FusionCohort) -> list[str]:
    """Return the blocks' names, clinical columns first: they are what everything else must add to."""
    named = sorted(cohort.study.blocks, key=lambda block: block.kind != "clinical")
    return [block.name for block in named]


def fusion_name(blocks: Sequence[str], every: Sequence[str]) -> str:
    """Return what reports call a fusion of some blocks.

    Parameters
    ----------
    blocks
        Those it sees, in the order of `block_order`.
    every
        All blocks of the study.
    """
    return ALL_BLOCKS if 1 < len(blocks) == len(every) else " + ".join(blocks)


def fusion_models(cohort: FusionCohort, settings: FusionStudySettings) -> list[ModelEntry[Estimator]]:
    """Return unfitted fusions of every set of blocks, the reference first: the clinical columns alone, or the first block.

    Parameters
    ----------
    cohort
        The patients.
    settings
        Of the study.
    """
    memory, seed, order = BlockMemory(fit_block), settings.evaluation.seed, block_order(cohort)
    parts = {part.read.name: part for part in cohort.blocks}
    models = {name: block_model(parts[name], cohort, settings) for name in order}
    entries: list[ModelEntry[Estimator]] = []
    for subset in block_subsets(order):
        names = [name for name in order if name in subset]
        fusion = LateFusion([(name, models[name]) for name in names], seed, memory)
        entries.append(ModelEntry(fusion_name(names, order), fusion, "classical", fusion_words(names, parts)))
    if settings.early and len(order) > 1:
        early = EarlyFusion([(name, models[name]) for name in order], seed, memory, settings.training)
        entries.append(
            ModelEntry(EARLY, early, "network", "one network on all blocks, with blocks left out at random")
        )
    first = parts[order[0]].read.stated
    if first.kind == "clinical" and first.model != BOOSTING:
        boosted = LateFusion([(order[0], ClinicalClassifier(BOOSTING, seed))], seed, memory)
        entries.append(
            ModelEntry(f"{order[0]}, boosted", boosted, "classical", "trees that know missing values")
        )
    return entries


def fusion_words(names: Sequence[str], parts: Mapping[str, BlockOfCohort]) -> str:
    """Return what a fusion is made of, in words.

    Parameters
    ----------
    names
        The blocks that it sees.
    parts
        All blocks, by name.
    """
    named = ", ".join(f"{name} by {parts[name].read.stated.model}" for name in names)
    return f"late fusion of {named}" if len(names) > 1 else named


def block_model(part: BlockOfCohort, cohort: FusionCohort, settings: FusionStudySettings) -> Any:
    """Return the unfitted model of a block's rows.

    Parameters
    ----------
    part
        The block.
    cohort
        Whose it is.
    settings
        Of the study.
    """
    stated, seed = part.read.stated, settings.evaluation.seed
    members = _members(part, cohort, settings)
    if stated.kind == "clinical":
        return ClinicalClassifier(stated.model, seed)
    if stated.kind == "tissue":
        networks, titles = chosen_models((stated.model,))
        if not networks:
            return tissue_models(seed)[titles[0]]
        return network_of(
            networks[0],
            TissueStudySettings(members=members, training=settings.training, evaluation=settings.evaluation),
        )
    axis = part.read.rows.wavenumber
    if stated.model not in CLASS_MODELS.stored:
        return spectra_models(axis, Preprocessing.default(), seed)[CLASS_MODELS.classical[stated.model]]
    return SpectraClassifier(
        axis,
        network=stated.model,
        members=members,
        training=settings.training,
        positive=cohort.study.positive,
        seed=seed,
        memory=FoldMemory(),
    )


def _members(part: BlockOfCohort, cohort: FusionCohort, settings: FusionStudySettings) -> int:
    """Return how many members the patients of a fold allow: each leaves some of every class out."""
    if cohort.label is None:
        return settings.members
    _, patients = np.unique(cohort.label[np.unique(part.owner)], return_counts=True)
    folds = settings.evaluation.folds
    left = int(min(count - -(-count // folds) for count in patients))
    return settings.members if left >= min(_FEWEST_FOLDS, settings.members) else max(2, left)
