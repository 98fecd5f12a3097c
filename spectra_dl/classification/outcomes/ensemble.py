"""What networks of an outcome share: an ensemble whose members are each trained without one fold of the patients."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.evaluation.rows import Rows
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.loop import Augment
    from spectra_dl.training.losses import Loss
    from spectra_dl.training.member import BatchSource

Prepared = TypeVar("Prepared")


@dataclass(frozen=True, eq=False)
class Learning:
    """What a member learns.

    Attributes
    ----------
    outputs
        Of the network, at least 2.
    loss
        As the loop takes it.
    targets
        ``(n, ...)`` float32 of rows, by their numbers.
    """

    outputs: int
    loss: "Loss"
    targets: Callable[[IndexArray], NDArray[np.float32]]


class OutcomeRecipe(Protocol[Prepared]):
    """How a modality builds a member, and how its rows become what the member takes."""

    @property
    def augment(self) -> "Augment | None":
        """Random changes to training rows; None makes none."""

    def prepare(self, rows: Any) -> Prepared:
        """Return what is fitted on the rows a member learns from."""

    def build(self, prepared: Prepared, outputs: int) -> "nn.Module":
        """Return an untrained member, with weights drawn from torch's global generator.

        Parameters
        ----------
        prepared
            From `prepare`, on the member's own rows.
        outputs
            Of the network, at least 2.
        """

    def inputs(self, prepared: Prepared, rows: Any) -> Any:
        """Return rows as the member takes them: ``(n, ...)`` float32, or a `spectra_dl.training.member.RowSource`.

        Parameters
        ----------
        prepared
            From `prepare`, on the member's own rows.
        rows
            Any ``n`` rows.
        """

    def output(self, network: "nn.Module", inputs: Any) -> FloatArray:
        """Return ``(n, outputs)`` of a trained member.

        Parameters
        ----------
        network
            From `build`, trained.
        inputs
            From `inputs`.
        """


@dataclass(frozen=True, eq=False)
class OutcomeMember(Generic[Prepared]):
    """A trained network with what makes rows ready for it.

    Attributes
    ----------
    recipe, prepared
        How rows become inputs.
    network
        Trained.
    stop
        Numbers of the rows that said when to stop; empty where there were too few patients to leave any out.
    """

    recipe: OutcomeRecipe[Prepared]
    prepared: Prepared
    network: "nn.Module"
    stop: IndexArray

    def output(self, rows: Rows) -> FloatArray:
        """Return ``(n, outputs)`` of the network."""
        return self.recipe.output(self.network, self.recipe.inputs(self.prepared, rows))


class OutcomeEnsemble(BaseEstimator):
    """An ensemble of networks, each trained without one fold of the patients, who say when to stop; a subclass says what it looks at.

    Attributes
    ----------
    members_
        The trained members, fewer with few patients.
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing
    members: int
    seed: int
    members_: list[OutcomeMember[Any]]

    def _given(self, X: Any, *, reset: bool) -> tuple[Rows, IndexArray]:
        """Return the rows that networks look at, checked, and ``(n,)`` the number of the one that each row of X is in; ``reset`` when fitting."""
        raise NotImplementedError

    def _patients(self, X: Any, groups: Any) -> TextArray:
        """Return ``(n,)`` whose each row of X is."""
        raise NotImplementedError

    def _recipe(self) -> OutcomeRecipe[Any]:
        """Return how a member is built."""
        raise NotImplementedError

    def _training(self, usual: TrainingSettings) -> TrainingSettings:
        """Return settings of the loop; ``usual`` are those of what is learned."""
        raise NotImplementedError

    def _examined(self, X: Any, y: Any, groups: Any) -> tuple[Rows, FloatArray, TextArray]:
        """Return the rows that networks learn from, with the target ``(n, ...)`` and the patient of each."""
        rows, row_of = self._given(X, reset=True)
        _, first = np.unique(row_of, return_index=True)
        return rows, np.asarray(y, dtype=np.float64)[first], self._patients(X, groups)[first]

    def _train(
        self,
        rows: Rows,
        patient: TextArray,
        order: FloatArray,
        learning: Callable[[IndexArray], Learning],
        training: TrainingSettings,
    ) -> None:
        """Train the members on folds in which patients of like ``order`` ``(n,)`` are spread; ``learning`` is given the rows that a member learns from."""
        folds = inner_outcome_folds(order, patient, self.seed, most=self.members)
        everybody = np.arange(len(rows))
        splits = [(fold.train, fold.test) for fold in folds] or [(everybody, everybody[:0])]
        self.members_ = [
            _trained(
                rows,
                split,
                learning(split[0]),
                self._recipe(),
                replace(training, seed=self.seed * 1000 + number),
            )
            for number, split in enumerate(splits)
        ]

    def _outputs(self, rows: Rows) -> list[FloatArray]:
        """Return ``(n, outputs)`` of each member."""
        return [member.output(rows) for member in self.members_]

    def _said(self, outputs: FloatArray, member: IndexArray) -> FloatArray:
        """Return ``(n,)`` what ``(n, 2)`` outputs say, each of the member ``(n,)`` of that number."""
        return output_difference(outputs)

    def held_out(self, X: Any) -> tuple[FloatArray, IndexArray]:
        """Return ``(n,)`` what is said of the training rows by the member that was stopped by each one's patient and had not learned from it, and which it was.

        A lone member, which there is where patients are too few to leave any out, learned from all of them; `leaves_out` says so.

        Parameters
        ----------
        X
            The rows that ``fit`` was given.
        """
        rows, row_of = self._given(X, reset=False)
        said, member = self._held_out(rows)
        return said[row_of], member[row_of]

    def _held_out(self, rows: Rows) -> tuple[FloatArray, IndexArray]:
        """Return `held_out` of the rows that networks learned from."""
        everybody = np.arange(len(rows))
        parts = [member.stop if len(member.stop) else everybody for member in self.members_]
        outputs = [member.output(rows[part]) for member, part in zip(self.members_, parts, strict=True)]
        order = np.argsort(np.concatenate(parts))
        member = np.repeat(np.arange(len(parts)), [len(part) for part in parts])[order]
        return self._said(np.concatenate(outputs)[order], member), member

    @property
    def leaves_out(self) -> bool:
        """Whether each training patient was left out of a member."""
        return all(len(member.stop) for member in self.members_)


def output_difference(output: FloatArray) -> FloatArray:
    """Return ``(n,)`` the second of two outputs ``(n, 2)`` less the first: what networks with two outputs say."""
    return np.asarray(output[:, 1] - output[:, 0])


def _trained(
    rows: Rows,
    split: tuple[IndexArray, IndexArray],
    learning: Learning,
    recipe: OutcomeRecipe[Prepared],
    training: TrainingSettings,
) -> OutcomeMember[Prepared]:
    from spectra_dl.training.member import Examples, train_member

    learn, stop = split
    prepared = recipe.prepare(rows[learn])

    def examples(index: IndexArray) -> "BatchSource":
        inputs, targets = recipe.inputs(prepared, rows[index]), learning.targets(index)
        if isinstance(inputs, np.ndarray):
            return Examples(inputs, targets)
        source: BatchSource = inputs.examples(targets)
        return source

    network = train_member(
        lambda: recipe.build(prepared, learning.outputs),
        learning.loss,
        examples(learn),
        examples(stop) if len(stop) else None,
        training,
        weights_seed=training.seed,
        augment=recipe.augment,
        progress=False,
    )
    return OutcomeMember(recipe, prepared, network, stop)
