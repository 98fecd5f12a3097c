"""Train the members of an ensemble, each without one fold of the patients, whatever their rows are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.checkpoints import CheckpointKeeper, CheckpointPlace, checkpoint_file
from spectra_dl.classification.parts import MemberParts
from spectra_dl.classification.shares import learn_shares
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.rows import Rows
from spectra_dl.execution.executor import Executor, SerialExecutor
from spectra_dl.execution.run import Execution
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.loop import Augment

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

    def parts(
        self, network: "nn.Module", inputs: NDArray[np.float32], target: IndexArray, patient: TextArray
    ) -> MemberParts:
        """Return a trained member by its parts, of which those that need no training steps are fitted here.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            ``(n, ...)`` the member's own rows, from `inputs`.
        target
            ``(n,)`` class numbers.
        patient
            ``(n,)`` whose each row is.
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
    shares
        By the name of each part of the members, what its logits were multiplied by.
    """

    networks: "tuple[nn.Module, ...]"
    prepared: tuple[Prepared, ...]
    out_of_fold_logits: NDArray[np.float64]
    shares: Mapping[str, float]


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
    names = trained[0].parts.names
    logits = np.full((len(names), len(data.rows), data.n_classes), np.nan)
    for fold, finished in zip(folds, trained, strict=True):
        logits[:, fold.test] = finished.logits
    shares = _shares(logits, data) if len(names) > 1 else np.ones(1)
    return Ensemble(
        tuple(member.parts.combined(shares) for member in trained),
        tuple(member.prepared for member in trained),
        np.tensordot(shares, logits, axes=1),
        dict(zip(names, shares.tolist(), strict=True)),
    )


def _shares(logits: FloatArray, data: TrainingData) -> FloatArray:
    """Return how much each part counts, from its out-of-fold logits ``(p, n, c)``, averaged by patient."""
    patients = read_patients(data.patient, data.label)
    mean = np.stack([patients.mean(part) for part in logits])  # (p, n, c) -> (p, m, c)
    truth = np.zeros(len(patients.names), dtype=np.intp)
    truth[patients.of_row] = data.target
    return learn_shares(mean, truth)


@dataclass(frozen=True, eq=False)
class _TrainedMember(Generic[Prepared]):
    """A trained member's parts, what was prepared for it, the parts' logits of the rows it never saw, and its checkpoint if it is to be sent home."""

    parts: MemberParts
    prepared: Prepared
    logits: FloatArray
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
            parts, prepared = _train_member(
                self.data, self.fold.train, self.recipe, checkpoint, resume=goes_on
            )
            content = self.place.to_send(checkpoint)
        rows = self.data.rows[self.fold.test]
        return _TrainedMember(parts, prepared, parts.logits(self.recipe.inputs(prepared, rows)), content)


def _train_member(
    data: TrainingData, rows: IndexArray, recipe: Recipe[Prepared], checkpoint: Path | None, *, resume: bool
) -> tuple[MemberParts, Prepared]:
    """Train one network on ``rows``, for a number of steps that is fixed: patients who only stop a training are lost to it."""
    import torch

    from spectra_dl.training.losses import cross_entropy
    from spectra_dl.training.member import Examples, train_member

    prepared = recipe.prepare(data.rows[rows])
    examples = Examples(recipe.inputs(prepared, data.rows[rows]), data.target[rows])
    counts = np.bincount(data.target[rows], minlength=data.n_classes)
    weight = torch.tensor(len(rows) / (data.n_classes * counts), dtype=torch.float32)
    network = train_member(
        lambda: recipe.build(prepared, data.n_classes),
        cross_entropy(weight, LABEL_SMOOTHING),
        examples,
        None,
        recipe.training.for_rows(len(rows)),
        weights_seed=recipe.training.seed,
        augment=recipe.augment,
        checkpoint=checkpoint,
        resume=resume,
        progress=False,
    )
    return recipe.parts(network, examples.inputs, data.target[rows], data.patient[rows]), prepared
