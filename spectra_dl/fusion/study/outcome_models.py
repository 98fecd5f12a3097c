"""The models of a number, or of the time to an event, from several blocks: every set of blocks, and the control."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.contributions.shapley import block_subsets
from spectra_dl.fusion.estimators.blocks import BlockMemory
from spectra_dl.fusion.estimators.model_names import BOOSTING
from spectra_dl.fusion.estimators.outcomes.blocks import fit_outcome_block
from spectra_dl.fusion.estimators.outcomes.clinical import clinical_cox, clinical_number
from spectra_dl.fusion.estimators.outcomes.late import LateNumber, LateRisk
from spectra_dl.fusion.rows import FusionRows
from spectra_dl.fusion.study.models import block_order, fusion_name, fusion_words
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import NUMBER_MODELS, SURVIVAL_MODELS
from spectra_dl.spectra.estimators.outcomes.regressions import outcome_models
from spectra_dl.spectra.estimators.outcomes.survival import survival_models
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.tissue.estimators.model_names import NUMBERS, TIMES
from spectra_dl.tissue.estimators.outcomes import models as tissue_models


class TrainingMean(DummyRegressor):
    """The control: every patient has the training patients' mean, whatever blocks there are."""

    def fit(self, X: FusionRows, y: Any) -> "TrainingMean":
        """Keep the mean.

        Parameters
        ----------
        X
            ``m`` patients, not looked at.
        y
            ``(m,)`` numbers.
        """
        super().fit(np.zeros((len(X), 1)), y)
        return self

    def predict(self, X: FusionRows) -> FloatArray:
        """Return ``(m,)`` the mean for each patient."""
        return np.asarray(super().predict(np.zeros((len(X), 1))))


def outcome_fusions(cohort: FusionCohort, seed: int) -> list[ModelEntry[Fittable]]:
    """Return unfitted fusions of every set of blocks, the reference first: the clinical columns alone, or the first block.

    Parameters
    ----------
    cohort
        Patients with what came of them.
    seed
        Of inner folds.
    """
    memory, order, kind = BlockMemory(fit_outcome_block), block_order(cohort), cohort.study.outcome.kind
    late = LateNumber if kind == "number" else LateRisk
    parts = {part.read.name: part for part in cohort.blocks}
    models = {name: outcome_block_model(parts[name], seed) for name in order}
    entries: list[ModelEntry[Fittable]] = []

    def add(title: str, names: Sequence[str], words: str, **given: BaseEstimator) -> None:
        blocks = [(name, given.get("model", models[name])) for name in names]
        entries.append(ModelEntry(title, late(blocks, seed, memory), "classical", words))

    for subset in block_subsets(order):
        names = [name for name in order if name in subset]
        add(fusion_name(names, order), names, fusion_words(names, parts))
    first = parts[order[0]].read.stated
    if kind == "number" and first.kind == "clinical" and first.model != BOOSTING:
        trees = clinical_number(BOOSTING, seed)
        add(f"{order[0]}, boosted", order[:1], "trees that know missing values", model=trees)
    control, words = (
        (TrainingMean(), NUMBER_MODELS.control)
        if kind == "number"
        else (KaplanMeierOnly(), SURVIVAL_MODELS.control)
    )
    entries.append(ModelEntry(words, control, "control", "looks at no block"))
    return entries


def outcome_block_model(part: BlockOfCohort, seed: int) -> Any:
    """Return the unfitted model of a block's rows.

    Parameters
    ----------
    part
        The block.
    seed
        Of inner folds.
    """
    stated = part.read.stated
    of_number = stated.outcome == "number"
    if stated.kind == "clinical":
        return clinical_number(stated.model, seed) if of_number else clinical_cox(seed)
    if stated.kind == "tissue":
        if of_number:
            return tissue_models.number_models(seed)[NUMBERS.classical[stated.model]]
        return tissue_models.survival_models(seed)[TIMES.classical[stated.model]]
    axis, steps = part.read.rows.wavenumber, Preprocessing.default()
    if of_number:
        return outcome_models(axis, steps, seed, FoldMemory())[NUMBER_MODELS.classical[stated.model]]
    return survival_models(axis, steps, seed, FoldMemory())[SURVIVAL_MODELS.classical[stated.model]]
