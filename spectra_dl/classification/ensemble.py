"""Train the members of an ensemble, each without one fold of the patients, whatever their rows are."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.classification.checkpoints import CheckpointKeeper, CheckpointPlace, checkpoint_file
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.executor import Executor, SerialExecutor
from spectra_dl.execution.run import Execution
from spectra_dl.models.members import network_output
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.loop import Augment

_EARLY_STOPPING_FOLDS = 6
# Keeps a network from growing ever surer of the few patients it knows; the temperature undoes what it costs.
LABEL_SMOOTHING = 0.1
Prepared = TypeVar("Prepared")


class Recipe(Protocol[Prepared]):
    """How a modality builds a member, and how its rows become what the member takes."""

    @property
    def training(self) -> TrainingSettings:
        """Settings of the loop."""

    @property
    def augment(self) -> "Augment | None":
        """Random changes to training rows; None makes none."""

    def prepare(self, rows: Any) -> Prepared:
        """Return what is fitted on the rows a member learns from."""

    def inputs(self, prepared: Prepared, rows: Any) -> NDArray[np.float32]:
        """Return rows as the member takes them.

        Parameters
        ----------
        prepared
            From `prepare`, on the member's own rows.
        rows
            ``(n,)`` any rows.

        Returns
        -------
        inputs
            ``(n, ...)`` float32.
        """

    def build(self, prepared: Prepared, n_classes: int) -> "nn.Module":
        """Return an untrained member, with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            From `prepare`, on the member's own rows.
        n_classes
            Classes, at least 2: the width of its output.
        """

    def with_training(self, training: TrainingSettings) -> Self:
        """Return the same recipe with other settings of the loop."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Rows with the class and patient of each.

    Attributes
    ----------
    rows
        See `Rows`.
    label, patient
        ``(n,)`` text.
    target
        ``(n,)`` int64, the class's number.
    n_classes
        How many classes there are.
    """

    rows: Rows
    label: TextArray
    patient: TextArray
    target: NDArray[np.int64]
    n_classes: int


@dataclass(frozen=True, eq=False)
class Ensemble(Generic[Prepared]):
    """Trained members, and what each predicts for the patients it never saw.

    Attributes
    ----------
    networks, prepared
        One of each per member; the latter is what the recipe fitted on the member's rows.
    out_of_fold_logits
        ``(n, c)`` float64: each row's logits by the member that never saw its patient.
    """

    networks: "tuple[nn.Module, ...]"
    prepared: tuple[Prepared, ...]
    out_of_fold_logits: NDArray[np.float64]


def train_ensemble(
    data: TrainingData,
    recipe: Recipe[Prepared],
    members: int,
    *,
    checkpoints: Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
) -> Ensemble[Prepared]:
    """Train ``members`` networks; member k never sees the patients of fold k.

    Parameters
    ----------
    data
        The training rows.
    recipe
        How a member is built and trained.
    members
        Networks in the ensemble, at least 2.
    checkpoints
        A folder that keeps one checkpoint per member. Where members are trained on other machines it gets those of finished members.
    resume
        Go on from the checkpoints found there; finished members are taken as they are.
    executor
        Where members are trained; in this process if None.
    """
    seed = recipe.training.seed
    executor = executor or SerialExecutor()
    folds = patient_folds(data.patient, data.label, folds=members, seed=seed, parts="members")
    jobs = []
    for member, fold in enumerate(folds):
        seeded = recipe.with_training(replace(recipe.training, seed=seed * 1000 + member))
        path = checkpoints / checkpoint_file(member) if checkpoints else None
        place = CheckpointPlace.of(path, resume=resume, local=executor.local)
        jobs.append(_MemberJob(data, fold, seeded, place, f"member {member + 1} of {members}"))
    trained = Execution(executor, CheckpointKeeper(jobs)).run(jobs)
    logits = np.full((len(data.rows), data.n_classes), np.nan)
    for fold, finished in zip(folds, trained, strict=True):
        logits[fold.test] = finished.logits
    return Ensemble(
        tuple(member.network for member in trained), tuple(member.prepared for member in trained), logits
    )


@dataclass(frozen=True, eq=False)
class _TrainedMember(Generic[Prepared]):
    """A trained network, what was prepared for it, the logits of the rows it never saw, and its checkpoint if it is to be sent home."""

    network: "nn.Module"
    prepared: Prepared
    logits: NDArray[np.float64]
    checkpoint: bytes | None


@dataclass(frozen=True, eq=False)
class _MemberJob(Generic[Prepared]):
    """A member to be trained."""

    data: TrainingData
    fold: Fold
    recipe: Recipe[Prepared]
    place: CheckpointPlace
    title: str
    record_types = ()

    def run(self) -> _TrainedMember[Prepared]:
        with self.place.opened() as (checkpoint, goes_on):
            network, prepared = _train_member(
                self.data, self.fold.train, self.recipe, checkpoint, resume=goes_on
            )
            content = self.place.to_send(checkpoint)
        rows = self.data.rows[self.fold.test]
        return _TrainedMember(
            network, prepared, network_output(network, self.recipe.inputs(prepared, rows)), content
        )


def _train_member(
    data: TrainingData, rows: IndexArray, recipe: Recipe[Prepared], checkpoint: Path | None, *, resume: bool
) -> "tuple[nn.Module, Prepared]":
    """Train one network on ``rows``, of which some patients only decide when to stop."""
    import torch

    from spectra_dl.training.losses import cross_entropy
    from spectra_dl.training.member import Examples, train_member

    learn, stop = early_stopping_split(data, rows, recipe.training.seed)
    prepared = recipe.prepare(data.rows[learn])

    def examples(index: IndexArray) -> "Examples":
        return Examples(recipe.inputs(prepared, data.rows[index]), data.target[index])

    counts = np.bincount(data.target[learn], minlength=data.n_classes)
    weight = torch.tensor(len(learn) / (data.n_classes * counts), dtype=torch.float32)
    network = train_member(
        lambda: recipe.build(prepared, data.n_classes),
        cross_entropy(weight, LABEL_SMOOTHING),
        examples(learn),
        examples(stop) if len(stop) else None,
        recipe.training,
        weights_seed=recipe.training.seed,
        augment=recipe.augment,
        checkpoint=checkpoint,
        resume=resume,
        progress=False,
    )
    return network, prepared


def early_stopping_split(data: TrainingData, rows: IndexArray, seed: int) -> tuple[IndexArray, IndexArray]:
    """Split ``rows`` by patient into those learned from and those that stop the training; the latter may be none.

    Parameters
    ----------
    data
        All training rows.
    rows
        ``(m,)`` the numbers of those that are split.
    seed
        Of the folds; the first of up to six stops the training.
    """
    class_of = dict(zip(data.patient[rows], data.label[rows], strict=True))
    smallest = min(Counter(class_of.values()).values())
    if smallest < 2:
        return rows, rows[:0]
    folds = min(_EARLY_STOPPING_FOLDS, smallest)
    fold = patient_folds(data.patient[rows], data.label[rows], folds=folds, repeats=1, seed=seed)[0]
    return rows[fold.train], rows[fold.test]
