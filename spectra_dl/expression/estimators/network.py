"""Networks on features of tiles, trained by the one loop, in scikit-learn's shape."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.context import head_inputs
from spectra_dl.expression.estimators.losses import COUNT_LOSSES, LOSSES
from spectra_dl.expression.genes import PER, raw_counts
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import Features
from spectra_dl.models.members import network_output
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

DEFAULT_TRAINING = TrainingSettings(
    epochs=60, batch_size=64, learning_rate=1e-3, weight_decay=0.3, patience=10
)
_LEAST_RATE = 1e-3


class NetworkExpression(RegressorMixin, BaseEstimator):
    """An ensemble of small networks; each leaves out one training section, which tells it when to stop.

    Parameters
    ----------
    head
        ``"linear"``, ``"mlp"`` or ``"context"``.
    loss
        One of `spectra_dl.expression.estimators.losses.LOSSES`.
    surroundings
        Also show the tissue around each spot.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    """

    most_members = 5

    def __init__(
        self,
        head: str = "context",
        loss: str = "mse",
        *,
        surroundings: bool = True,
        training: TrainingSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.head = head
        self.loss = loss
        self.surroundings = surroundings
        self.training = training
        self.seed = seed

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "NetworkExpression":
        """Train on spots and their log-normalised expression ``(n, g)``; ``groups`` are their sections.

        Raises
        ------
        UsageError
            There is no such loss or head.
        TrainingDivergedError
            The loss is no longer finite.
        """
        if self.loss not in LOSSES:
            raise UsageError(f"loss {self.loss!r:.80}: choose {', '.join(LOSSES)}")
        section = X.section if groups is None else groups
        shown, target = head_inputs(self.head, X, surroundings=self.surroundings), self._target(X, y)
        names = sorted(set(section))
        left_out: list[str | None] = list(names[: self.most_members]) if len(names) > 1 else [None]
        self.networks_ = tuple(
            self._member(shown, target, section, name, number) for number, name in enumerate(left_out)
        )
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression, the mean over the members."""
        shown = head_inputs(self.head, X, surroundings=self.surroundings)
        told = [network_output(network, shown) for network in self.networks_]
        mean: FloatArray = np.mean([as_expression(one, self.loss) for one in told], axis=0)
        return mean

    def prepared(self, network: "nn.Module") -> "nn.Module":
        """Return a freshly built network as its training starts."""
        return network

    def _target(self, spots: SpotTable, y: FloatArray) -> FloatArray:
        if self.loss not in COUNT_LOSSES:
            return y
        return np.concatenate([spots.library[:, None] / PER, raw_counts(y, spots.library)], axis=1)

    def _member(
        self, shown: Features, target: FloatArray, section: TextArray, left_out: str | None, number: int
    ) -> "nn.Module":
        import torch

        from spectra_dl.expression.estimators.heads import build_head, set_output_bias
        from spectra_dl.training.batches import TensorBatches
        from spectra_dl.training.loop import fit
        from spectra_dl.training.seeds import derive_seed

        settings = replace(self.training or DEFAULT_TRAINING, seed=self.seed * 1000 + number)
        learn = (
            np.ones(len(section), dtype=bool)
            if left_out is None
            else np.asarray(section != left_out, dtype=bool)
        )
        start = _start(target[learn], self.loss)

        def batches(rows: "np.ndarray") -> TensorBatches:
            return TensorBatches(
                torch.from_numpy(shown[rows]),
                torch.from_numpy(target[rows].astype(np.float32)),
                batch_size=settings.batch_size,
                seed=settings.seed,
            )

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(settings.seed, "head"))
            network = build_head(
                self.head, n_regions=shown.shape[1], n_features=shown.shape[2], n_outputs=len(start)
            )
        network = self.prepared(network)
        set_output_bias(network, torch.from_numpy(start.astype(np.float32)))
        fit(
            network,
            LOSSES[self.loss],
            batches(learn),
            None if left_out is None else batches(~learn),
            settings,
            progress=False,
        )
        return network


def as_expression(output: FloatArray, loss: str) -> FloatArray:
    """Return what a network trained with ``loss`` says as log(1 + counts per 10,000)."""
    if loss not in COUNT_LOSSES:
        return output
    rate = output[:, : output.shape[1] // 2] if loss == "negative-binomial" else output
    return np.log1p(np.exp(np.minimum(rate, np.log(PER))))


def _start(target: FloatArray, loss: str) -> FloatArray:
    """Return the outputs that an untrained head shall give: the training mean."""
    if loss not in COUNT_LOSSES:
        return np.asarray(target.mean(axis=0))
    rate = np.log(np.maximum(target[:, 1:].sum(axis=0) / target[:, 0].sum(), _LEAST_RATE))
    return np.concatenate([rate, np.zeros_like(rate)]) if loss == "negative-binomial" else rate
