"""What networks of an outcome share: an ensemble whose members are each trained without one fold of the patients."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.recipe import SpectraRecipe
from spectra_dl.spectra.estimators.spectra_estimator import SpectraEstimator
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import FittedPreprocessing, Preprocessing
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.training.losses import Loss


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


class Member:
    """A trained network with what makes spectra ready for it."""

    def __init__(
        self, recipe: SpectraRecipe, prepared: FittedPreprocessing, network: "nn.Module", stop: IndexArray
    ) -> None:
        self.recipe, self.prepared, self.network, self.stop = recipe, prepared, network, stop

    def output(self, table: SpectraTable) -> FloatArray:
        """Return ``(n, outputs)`` of the network."""
        from spectra_dl.models.members import network_output

        return network_output(self.network, self.recipe.inputs(self.prepared, table))


class OutcomeNetwork(SpectraEstimator):
    """An ensemble of networks, each trained without one fold of the patients, who say when to stop.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis of the spectra in cm⁻¹, ascending.
    preprocessing
        Cleaning steps, fitted anew on each member's own training rows; None takes the default ones.
    network
        One of `spectra_dl.spectra.networks.NETWORKS`.
    members
        Networks in the ensemble, fewer with few patients.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    memory
        Shared with models that are fitted on the same rows; changes nothing but the time.
    """

    _learnt = "members_"
    _usual_training: ClassVar[TrainingSettings]
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"groups": True}  # with metadata routing
    members_: list[Member]

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        preprocessing: Preprocessing | None = None,
        *,
        network: str = "compact",
        members: int = 5,
        training: TrainingSettings | None = None,
        seed: int = 0,
        memory: FoldMemory | None = None,
    ) -> None:
        self.wavenumber = wavenumber
        self.preprocessing = preprocessing
        self.network = network
        self.members = members
        self.training = training
        self.seed = seed
        self.memory = memory

    def _train(
        self,
        table: SpectraTable,
        order: FloatArray,
        patient: TextArray,
        learning: Callable[[IndexArray], Learning],
    ) -> None:
        """Train the members on folds in which patients of like ``order`` ``(n,)`` are spread; ``learning`` is given the rows that a member learns from."""
        folds = inner_outcome_folds(order, patient, self.seed, most=self.members)
        everybody = np.arange(len(table))
        splits = [(fold.train, fold.test) for fold in folds] or [(everybody, everybody[:0])]
        self.members_ = [
            self._member(table, (learn, stop), learning(learn), number)
            for number, (learn, stop) in enumerate(splits)
        ]

    def _member(
        self, table: SpectraTable, split: tuple[IndexArray, IndexArray], learning: Learning, number: int
    ) -> Member:
        from spectra_dl.training.member import Examples, train_member

        learn, stop = split
        training = replace(self.training or self._usual_training, seed=self.seed * 1000 + number)
        steps = self.preprocessing or Preprocessing.default()
        recipe = SpectraRecipe(self.network, steps, training, Augmentation(), memory=self.memory)
        prepared = recipe.prepare(table.select(learn))

        def examples(rows: IndexArray) -> Examples:
            return Examples(recipe.inputs(prepared, table.select(rows)), learning.targets(rows))

        network = train_member(
            # The linear path of `compact` is fitted to classes; here it is trained, as it was for classes once.
            lambda: build_network(self.network, len(prepared.wavenumber), learning.outputs, earlier=True),
            learning.loss,
            examples(learn),
            examples(stop) if len(stop) else None,
            training,
            weights_seed=training.seed,
            augment=recipe.augment,
            progress=False,
        )
        return Member(recipe, prepared, network, stop)
