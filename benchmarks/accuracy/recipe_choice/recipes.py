"""The recipes that are compared: each a function of the axis and a seed that returns an unfitted estimator.

Add a recipe by a function and a line of RECIPES. Estimators that take a FoldMemory share this process's, so that the recipes of
a cell clean each spectrum once.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import partial

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.classical import MAJORITY, classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.networks import AUTO
from spectra_dl.spectra.networks.bands import bands_of
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing

Recipe = Callable[[FloatArray, int], Estimator]

MEMORY = FoldMemory(768 << 20)


def network(name: str, axis: FloatArray, seed: int) -> Estimator:
    """Return a network by name, or the default model."""
    return SpectraClassifier(axis, network=name, seed=seed, memory=MEMORY)


def classical(name: str, axis: FloatArray, seed: int) -> Estimator:
    """Return a classical model by name."""
    return classical_models(axis, Preprocessing.default(), seed, MEMORY)[name]


def augmented(strength: float, axis: FloatArray, seed: int) -> Estimator:
    """Return the compact network with so many times the default strength of every random change."""
    usual = Augmentation()
    changed = {field.name: strength * getattr(usual, field.name) for field in fields(usual)}
    return SpectraClassifier(
        axis, network="compact", augmentation=Augmentation(**changed), seed=seed, memory=MEMORY
    )


def forest_of_bands(axis: FloatArray, seed: int) -> Estimator:
    """Return the random forest on means of neighbouring points, at most 125 of them."""
    cleaning, forest = classical(CLASS_MODELS.classical["random-forest"], axis, seed)
    return make_pipeline(cleaning, FunctionTransformer(band_means), forest)


def band_means(rows: FloatArray) -> FloatArray:
    """Return the mean of each band ``(n, b)`` of spectra ``(n, q)``."""
    width, bands = bands_of(rows.shape[1])
    starts = width * np.arange(bands)
    return np.add.reduceat(rows, starts, axis=1) / np.diff(starts, append=rows.shape[1])


CLASSICAL = tuple(
    name for name in classical_models(np.arange(2.0), Preprocessing.default()) if name != MAJORITY
)

COMPARED: dict[str, Recipe] = {
    **{name: partial(network, name) for name in (AUTO, "compact")},
    **{name: partial(classical, name) for name in CLASSICAL},
}
# Run where they are asked for by name.
TRIED: dict[str, Recipe] = {
    **{f"compact, augmentation x {strength:g}": partial(augmented, strength) for strength in (0.0, 4.0)},
    "random forest of bands": forest_of_bands,
}
RECIPES = COMPARED | TRIED
