"""Networks on features of tiles, trained by the one loop, in scikit-learn's shape."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.context import head_inputs
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.estimators.losses import COUNT_LOSSES, LOSSES
from spectra_dl.expression.genes import PER, raw_counts
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import Features
from spectra_dl.models.members import mean_output
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

DEFAULT_TRAINING = TrainingSettings(
    epochs=60, batch_size=64, learning_rate=1e-3, weight_decay=0.3, patience=10
)
_LEAST_RATE = 1e-3


class NetworkExpression(RegressorMixin, BaseEstimator):
    """An ensemble of small networks; each leaves out one training section, which says when to stop.

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

        Parameters
        ----------
        X
            ``(n,)`` spots with features.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            ``(n,)`` section of each spot; None takes those of ``X``.

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
        inputs, target = head_inputs(self.head, X, surroundings=self.surroundings), self._target(X, y)
        names = sorted(set(section))
        left_out: list[str | None] = list(names[: self.most_members]) if len(names) > 1 else [None]
        self.networks_ = tuple(
            self._member(inputs, target, section, name, number) for number, name in enumerate(left_out)
        )
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression, the mean over the members."""
        inputs = head_inputs(self.head, X, surroundings=self.surroundings)
        return mean_expression(self.networks_, inputs, self.loss)

    def prepared(self, network: "nn.Module") -> "nn.Module":
        """Return a freshly built network as its training starts."""
        return network

    def _target(self, spots: SpotTable, y: FloatArray) -> FloatArray:
        if self.loss not in COUNT_LOSSES:
            return y
        return np.concatenate([spots.library[:, None] / PER, raw_counts(y, spots.library)], axis=1)

    def _member(
        self, inputs: Features, target: FloatArray, section: TextArray, left_out: str | None, number: int
    ) -> "nn.Module":
        """Train one network on all sections but ``left_out``, which says when to stop."""
        import torch

        from spectra_dl.expression.estimators.heads import set_output_bias
        from spectra_dl.training.member import Examples, train_member
        from spectra_dl.training.seeds import derive_seed

        settings = replace(self.training or DEFAULT_TRAINING, seed=self.seed * 1000 + number)
        learn = np.ones(len(section), dtype=np.bool_)
        if left_out is not None:
            learn = np.asarray(section != left_out, dtype=np.bool_)
        start = _start(target[learn], self.loss)

        def build() -> "nn.Module":
            n_rings, n_features = inputs.shape[1:]
            network = build_head(self.head, n_regions=n_rings, n_features=n_features, n_outputs=len(start))
            network = self.prepared(network)
            set_output_bias(network, torch.from_numpy(start.astype(np.float32)))
            return network

        def examples(rows: NDArray[np.bool_]) -> Examples:
            return Examples(inputs[rows], target[rows].astype(np.float32))

        return train_member(
            build,
            LOSSES[self.loss],
            examples(learn),
            None if left_out is None else examples(~learn),
            settings,
            weights_seed=derive_seed(settings.seed, "head"),
            progress=False,
        )


def mean_expression(networks: "Sequence[nn.Module]", inputs: Features, loss: str) -> FloatArray:
    """Return the mean over networks of predicted log(1 + counts per 10,000), ``(n, g)``.

    Parameters
    ----------
    networks
        Trained alike.
    inputs
        ``(n, k, d)`` float32, from `spectra_dl.expression.estimators.context.head_inputs`.
    loss
        What they were trained for.
    """
    return mean_output(networks, [inputs] * len(networks), transform=partial(as_expression, loss=loss))


def as_expression(output: FloatArray, loss: str) -> FloatArray:
    """Return what a network trained with ``loss`` predicts as log(1 + counts per 10,000).

    Parameters
    ----------
    output
        ``(n, g)``, or ``(n, 2 g)`` with the loss ``"negative-binomial"``.
    loss
        One of `spectra_dl.expression.estimators.losses.LOSSES`, or a regression's name.
    """
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
