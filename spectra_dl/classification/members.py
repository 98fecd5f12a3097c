"""Members of an ensemble: what a modality says of them, and the jobs that train them, several as one network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.classification.checkpoints import CheckpointPlace
from spectra_dl.classification.parts import MemberParts
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.grouped.network import NetworkGroup
    from spectra_dl.training.loop import Augment
    from spectra_dl.training.losses import Loss
    from spectra_dl.training.member import BatchSource, Examples, RowSource

MemberInputs: TypeAlias = "NDArray[np.float32] | RowSource"
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

    def inputs(self, prepared: Prepared, rows: Any) -> "MemberInputs":
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
            ``(n, ...)`` float32, or, of members that are trained alone, a `spectra_dl.training.member.RowSource`.
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

    def parts(self, network: "nn.Module", inputs: Any, target: IndexArray, patient: TextArray) -> MemberParts:
        """Return a trained member by its parts, of which those that need no training steps are fitted here.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            The member's own ``n`` rows, from `inputs`.
        target
            ``(n,)`` class numbers.
        patient
            ``(n,)`` whose each row is.
        """

    def together(self, rows: Any) -> int:
        """Return how many members may be trained as one network, on most of these rows each; 1 if each is trained alone."""

    def group(self, networks: "Sequence[nn.Module]") -> "NetworkGroup":
        """Return members as one network; asked for where `together` allows two or more.

        Parameters
        ----------
        networks
            From `build`.
        """


@dataclass(frozen=True, eq=False)
class TrainedMember(Generic[Prepared]):
    """A trained member's parts, what was prepared for it, and the parts' logits of the rows it never saw."""

    parts: MemberParts
    prepared: Prepared
    logits: FloatArray


@dataclass(frozen=True, eq=False)
class TrainedGroup(Generic[Prepared]):
    """Members that were trained together, and their checkpoint if it is to be sent home."""

    members: tuple[TrainedMember[Prepared], ...]
    checkpoint: bytes | None


@dataclass(frozen=True, eq=False)
class GroupJob(Generic[Prepared]):
    """Members to be trained together.

    Attributes
    ----------
    data
        The training rows.
    folds
        Which rows each member learns from, and which it never sees.
    recipe
        How a member is built and trained.
    seed
        Of the first member; those that follow have the next.
    place
        Where the checkpoint lies.
    title
        What the job is called.
    """

    data: TrainingData
    folds: Sequence[Fold]
    recipe: Recipe[Prepared]
    seed: int
    place: CheckpointPlace
    title: str
    record_types = ()

    def run(self) -> TrainedGroup[Prepared]:
        """Train the members."""
        rows = self.data.rows
        prepared = [self.recipe.prepare(rows[fold.train]) for fold in self.folds]
        inputs = [
            self.recipe.inputs(one, rows[fold.train]) for one, fold in zip(prepared, self.folds, strict=True)
        ]
        with self.place.opened() as (checkpoint, goes_on):
            networks = self._networks(prepared, inputs, checkpoint, resume=goes_on)
            content = self.place.to_send(checkpoint)
        trained = zip(self.folds, prepared, networks, inputs, strict=True)
        return TrainedGroup(tuple(self._member(*one) for one in trained), content)

    def _member(
        self, fold: Fold, prepared: Prepared, network: "nn.Module", inputs: "MemberInputs"
    ) -> TrainedMember[Prepared]:
        target, patient = self.data.target[fold.train], self.data.patient[fold.train]
        parts = self.recipe.parts(network, inputs, target, patient)
        unseen = self.recipe.inputs(prepared, self.data.rows[fold.test])
        return TrainedMember(parts, prepared, parts.logits(unseen))

    def _networks(
        self,
        prepared: Sequence[Prepared],
        inputs: "Sequence[MemberInputs]",
        checkpoint: Path | None,
        *,
        resume: bool,
    ) -> "Sequence[nn.Module]":
        """Train for a number of steps that is fixed: patients who only stop a training are lost to it."""
        from spectra_dl.training.grouped.each_member import EachAugment, EachLoss
        from spectra_dl.training.member import seeded_network, train_group, train_member

        augment, seeds = self.recipe.augment, [self.seed + number for number in range(len(prepared))]
        builds = [partial(self.recipe.build, one, self.data.n_classes) for one in prepared]
        settings = replace(self.recipe.training, seed=self.seed).for_rows(max(map(len, inputs)))
        losses = tuple(self._loss(fold) for fold in self.folds)
        if len(builds) == 1:
            alone = train_member(
                builds[0],
                losses[0],
                self._source(self.folds[0], inputs[0]),
                None,
                settings,
                weights_seed=self.seed,
                augment=augment,
                checkpoint=checkpoint,
                resume=resume,
                progress=False,
            )
            return [alone]
        return train_group(
            self.recipe.group(list(map(seeded_network, builds, seeds))),
            EachLoss(losses),
            [
                (self._examples(fold, rows), seed)
                for fold, rows, seed in zip(self.folds, inputs, seeds, strict=True)
            ],
            settings,
            augment=None if augment is None else EachAugment(augment, self.data.n_classes),
            checkpoint=checkpoint,
            resume=resume,
        )

    def _source(self, fold: Fold, inputs: "MemberInputs") -> "BatchSource":
        """Return the rows of a member that is trained alone."""
        if isinstance(inputs, np.ndarray):
            return self._examples(fold, inputs)
        return inputs.examples(self.data.target[fold.train])

    def _examples(self, fold: Fold, inputs: "MemberInputs") -> "Examples":
        from spectra_dl.training.member import Examples

        assert isinstance(inputs, np.ndarray)  # only arrays are trained together
        return Examples(inputs, self.data.target[fold.train])

    def _loss(self, fold: Fold) -> "Loss":
        """Return the loss in which every class counts for the same."""
        from spectra_dl.training.losses import cross_entropy

        counts = np.bincount(self.data.target[fold.train], minlength=self.data.n_classes)
        weight = len(fold.train) / (self.data.n_classes * counts)
        return cross_entropy(weight.tolist(), LABEL_SMOOTHING)
