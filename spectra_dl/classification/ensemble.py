"""Train the members of an ensemble, each without one fold of the patients, whatever their rows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.checkpoints import CheckpointKeeper, CheckpointPlace, checkpoint_file
from spectra_dl.classification.members import GroupJob, Prepared, Recipe, TrainedMember
from spectra_dl.classification.parts import FittedModel, FittedParts, UnseenLogits
from spectra_dl.classification.shares import learn_shares
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.execution.executor import Executor, SerialExecutor
from spectra_dl.execution.run import Execution

if TYPE_CHECKING:
    from torch import nn

_FOLDS = 5  # each leaves four fifths of the patients to learn from


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
    for group in _groups(members, recipe.together(data.rows)):
        path = checkpoints / checkpoint_file(group[0]) if checkpoints else None
        place = CheckpointPlace.of(path, resume=resume, local=executor.local)
        own = [folds[member] for member in group]
        jobs.append(GroupJob(data, own, recipe, seed * 1000 + group[0], place, _title(group, members)))
    groups = Execution(executor, CheckpointKeeper(jobs)).run(jobs)
    trained = [member for group in groups for member in group.members]
    models = Execution(executor).run([_FittedJob(data, model, model.title) for model in beside])
    return _combined(data, folds, trained, models)


def _groups(members: int, together: int) -> list[range]:
    """Return the numbers of the members that are trained together, in groups whose sizes differ by one at most."""
    count = -(-members // together)
    starts = [members * group // count for group in range(count + 1)]
    return [range(*ends) for ends in pairwise(starts)]


def _title(group: range, members: int) -> str:
    if len(group) == 1:
        return f"member {group[0] + 1} of {members}"
    return f"members {group[0] + 1} to {group[-1] + 1} of {members}"


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
    trained: Sequence[TrainedMember[Prepared]],
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
class _FittedJob:
    """A model to be fitted beside the members."""

    data: TrainingData
    model: FittedModel
    title: str
    record_types = ()

    def run(self) -> FittedParts:
        return self.model.fit(self.data)
