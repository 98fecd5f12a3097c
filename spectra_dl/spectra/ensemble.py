"""Train the members of an ensemble, each without one fold of the patients."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.models.members import network_output
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.batches import TensorBatches

_EARLY_STOPPING_FOLDS = 6
# Keeps a network from growing ever surer of the few patients it knows; the temperature undoes what it costs.
LABEL_SMOOTHING = 0.1
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Spectra with the class and patient of each.

    Attributes
    ----------
    table
        The spectra.
    label, patient
        ``(n,)`` text.
    target
        ``(n,)`` int64, the class's number.
    n_classes
        How many classes there are.
    """

    table: SpectraTable
    label: TextArray
    patient: TextArray
    target: NDArray[np.int64]
    n_classes: int


@dataclass(frozen=True)
class MemberRecipe:
    """How each member is built and trained.

    Attributes
    ----------
    network
        The architecture's name.
    preprocessing
        Cleaning steps, fitted on the member's own training rows.
    training
        Settings of the loop.
    augmentation
        Random changes to training rows.
    """

    network: str
    preprocessing: Preprocessing
    training: TrainingSettings
    augmentation: Augmentation


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Trained members, and what each says of the patients it never saw.

    Attributes
    ----------
    networks, preprocessing
        One of each per member.
    out_of_fold_logits
        ``(n, c)``: each row's logits by the member that never saw its patient.
    """

    networks: tuple["nn.Module", ...]
    preprocessing: tuple[FittedPreprocessing, ...]
    out_of_fold_logits: NDArray[np.float64]


def train_ensemble(
    data: TrainingData,
    recipe: MemberRecipe,
    members: int,
    *,
    checkpoints: Path | None = None,
    resume: bool = False,
    say: Callable[[str], None] | None = None,
) -> Ensemble:
    """Train ``members`` networks; member k never sees the patients of fold k.

    Parameters
    ----------
    checkpoints
        A folder that keeps one checkpoint per member.
    resume
        Go on from the checkpoints found there; finished members are taken as they are.
    say
        Takes one line for each member that is finished.
    """
    seed = recipe.training.seed
    folds = patient_folds(data.patient, data.label, folds=members, repeats=1, seed=seed)
    logits = np.full((len(data.table), data.n_classes), np.nan)
    networks, fitted = [], []
    for member, fold in enumerate(folds):
        checkpoint = checkpoints / f"member-{member}.safetensors" if checkpoints else None
        own = replace(recipe, training=replace(recipe.training, seed=seed * 1000 + member))
        goes_on = resume and checkpoint is not None and checkpoint.exists()
        network, preprocessing = _train_member(data, fold.train, own, checkpoint, resume=goes_on)
        logits[fold.test] = network_output(
            network, preprocessing.transform(data.table.select(fold.test)).matrix
        )
        networks.append(network)
        fitted.append(preprocessing)
        if say:
            say(f"member {member + 1} of {members} trained")
    return Ensemble(tuple(networks), tuple(fitted), logits)


def _train_member(
    data: TrainingData, rows: Rows, recipe: MemberRecipe, checkpoint: Path | None, *, resume: bool
) -> tuple["nn.Module", FittedPreprocessing]:
    """Train one network on ``rows``, of which some patients only tell it when to stop."""
    import torch

    from spectra_dl.training.loop import fit
    from spectra_dl.training.losses import cross_entropy

    learn, stop = _early_stopping(data, rows, recipe.training.seed)
    preprocessing = recipe.preprocessing.fit(data.table.select(learn))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.training.seed)
        network = build_network(recipe.network, len(preprocessing.wavenumber), data.n_classes)
    counts = np.bincount(data.target[learn], minlength=data.n_classes)
    weight = torch.tensor(len(learn) / (data.n_classes * counts), dtype=torch.float32)
    fit(
        network,
        cross_entropy(weight, LABEL_SMOOTHING),
        _batches(data, learn, preprocessing, recipe.training),
        _batches(data, stop, preprocessing, recipe.training) if len(stop) else None,
        recipe.training,
        augment=recipe.augmentation,
        checkpoint=checkpoint,
        resume=resume,
    )
    return network.cpu(), preprocessing


def _batches(
    data: TrainingData, rows: Rows, preprocessing: FittedPreprocessing, settings: TrainingSettings
) -> "TensorBatches":
    import torch

    from spectra_dl.training.batches import TensorBatches

    inputs = torch.from_numpy(preprocessing.transform(data.table.select(rows)).matrix)
    targets = torch.from_numpy(data.target[rows])
    return TensorBatches(inputs, targets, batch_size=settings.batch_size, seed=settings.seed)


def _early_stopping(data: TrainingData, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Split ``rows`` by patient into those learned from and those that stop the training; the latter may be none."""
    class_of = dict(zip(data.patient[rows], data.label[rows], strict=True))
    smallest = min(Counter(class_of.values()).values())
    if smallest < 2:
        return rows, rows[:0]
    folds = min(_EARLY_STOPPING_FOLDS, smallest)
    fold = patient_folds(data.patient[rows], data.label[rows], folds=folds, repeats=1, seed=seed)[0]
    return rows[fold.train], rows[fold.test]
