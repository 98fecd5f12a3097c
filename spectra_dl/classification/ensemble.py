"""Train the members of an ensemble, each without one fold of the patients, whatever their rows are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.checkpoints import CheckpointKeeper, CheckpointPlace, checkpoint_file
from spectra_dl.classification.parts import FittedModel, FittedParts, MemberParts, UnseenLogits
from spectra_dl.classification.shares import learn_shares
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.executor import Executor, SerialExecutor
from spectra_dl.execution.run import Execution
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.loop import Augment

# Keeps a network from growing ever surer of the few patients it knows; the temperature undoes what it costs.
LABEL_SMOOTHING = 0.1
_FOLDS = 5  # each leaves four fifths of the patients to learn from
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
class Ensemble(Generic[Prepared]):
    """Trained members with the models beside them, and what they predict for patients they never saw.

    Attributes
    ----------
    networks, prepared
        One of each per member, then per model beside them; the latter is what was fitted on its rows to prepare others. The mean of all
        networks' logits is the ensemble's.
    out_of_fold_logits
        ``(n, c)`` float64: each row's mean logits by the members, and models beside them, that never saw its patient.
    parts
        Each part's own out-of-fold logits, as they were before they were added.
    """

    networks: "tuple[nn.Module, ...]"
    prepared: tuple[Prepared, ...]
    out_of_fold_logits: NDArray[np.float64]
    parts: tuple[UnseenLogits, ...]


def train_ensemble(
    data: TrainingData,
    recipe: Recipe[Prepared],
    members: int,
    *,
    beside: Sequence[FittedModel] = (),
    checkpoints: Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
) -> Ensemble[Prepared]:
    """Train ``members`` networks; member k never sees the patients of fold k.

    What is said of a patient by members that never saw it is the mean over divisions of the patients into folds: with one
    division it is what a single member says, which is less than what the ensemble knows.

    Parameters
    ----------
    data
        The training rows.
    recipe
        How a member is built and trained.
    members
        Networks in the ensemble, at least 2; see `divisions`.
    beside
        Models that are fitted on all rows beside the members, and have their share in the ensemble.
    checkpoints
        A folder that keeps one checkpoint per member. Where members are trained on other machines it gets those of finished members.
    resume
        Go on from the checkpoints found there; finished members are taken as they are.
    executor
        Where members are trained; in this process if None.
    """
    seed = recipe.training.seed
    executor = executor or SerialExecutor()
    folds_of_one, repeats = divisions(members)
    folds = patient_folds(
        data.patient, data.label, folds=folds_of_one, repeats=repeats, seed=seed, parts="members"
    )
    jobs = []
    for member, fold in enumerate(folds):
        seeded = recipe.with_training(replace(recipe.training, seed=seed * 1000 + member))
        path = checkpoints / checkpoint_file(member) if checkpoints else None
        place = CheckpointPlace.of(path, resume=resume, local=executor.local)
        jobs.append(_MemberJob(data, fold, seeded, place, f"member {member + 1} of {members}"))
    trained = Execution(executor, CheckpointKeeper(jobs)).run(jobs)
    models = Execution(executor).run([_FittedJob(data, model, model.title) for model in beside])
    return _combined(data, folds, trained, models)


def divisions(members: int) -> tuple[int, int]:
    """Return into how many folds the patients are divided for so many members, and how often: five or more, as often as that allows.

    Examples
    --------
    >>> [divisions(members) for members in (2, 5, 10, 12, 20)]
    [(2, 1), (5, 1), (5, 2), (6, 2), (5, 4)]
    """
    repeats = max(count for count in range(1, max(members // _FOLDS, 1) + 1) if members % count == 0)
    return members // repeats, repeats


def fit_alone(data: TrainingData, model: FittedModel, executor: Executor | None = None) -> Ensemble[Any]:
    """Fit a model that needs no training steps on all rows, and return it as an ensemble of one.

    Parameters
    ----------
    data
        The training rows.
    model
        What is fitted.
    executor
        Where it is fitted; in this process if None.
    """
    (fitted,) = Execution(executor or SerialExecutor()).run([_FittedJob(data, model, model.title)])
    (logits,) = fitted.out_of_fold_logits
    return Ensemble(
        (fitted.combined(np.ones(1)),),
        (fitted.prepared,),
        logits,
        (UnseenLogits(fitted.names[0], logits, 1.0),),
    )


def _combined(
    data: TrainingData,
    folds: Sequence[Fold],
    trained: "Sequence[_TrainedMember[Prepared]]",
    models: Sequence[FittedParts],
) -> Ensemble[Prepared]:
    """Let each part of the members, and of the models beside them, count for what it is worth on patients it never saw."""
    names = trained[0].parts.names
    logits = np.zeros((len(names), len(data.rows), data.n_classes))
    for fold, member in zip(folds, trained, strict=True):
        logits[:, fold.test] += member.logits
    logits /= 1 + max(fold.repeat for fold in folds)
    logits = np.concatenate([logits, *(model.out_of_fold_logits for model in models)])
    every = [(name, 1.0) for name in names]
    every += [(name, model.trust) for model in models for name in model.names]
    parts = tuple(UnseenLogits(name, each, trust) for (name, trust), each in zip(every, logits, strict=True))
    shares = _shares(parts, data) if len(parts) > 1 else np.ones(1)
    ends = np.cumsum([len(names), *(len(model.names) for model in models)])
    first, *others = np.split(shares, ends[:-1])
    # The mean over all networks is to be the mean over members, plus what stands beside them.
    count = len(trained) + len(models)
    networks = [member.parts.combined(first * count / len(trained)) for member in trained]
    networks += [model.combined(share * count) for model, share in zip(models, others, strict=True)]
    return Ensemble(
        tuple(networks),
        (*(member.prepared for member in trained), *(model.prepared for model in models)),
        np.tensordot(shares, logits, axes=1),
        parts,
    )


def _shares(parts: Sequence[UnseenLogits], data: TrainingData) -> FloatArray:
    """Return how much each part counts, from its out-of-fold logits, averaged by patient."""
    patients = read_patients(data.patient, data.label)
    logits = np.stack([patients.mean(part.logits) for part in parts])
    return learn_shares(logits, patients.class_of_patient, np.array([part.trust for part in parts]))


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


@dataclass(frozen=True, eq=False)
class _FittedJob:
    """A model to be fitted beside the members."""

    data: TrainingData
    model: FittedModel
    title: str
    record_types = ()

    def run(self) -> FittedParts:
        return self.model.fit(self.data)


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
