"""Networks that pool the tiles of a patient to a profile, trained by the one training loop."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.folds.splits import assign_folds
from spectra_dl.expression.estimators.losses import mean_squared_error
from spectra_dl.expression.estimators.slides.names import SlidePooling
from spectra_dl.expression.slides.rows import SlideRows
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.bags.standard import standard_of
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

SLIDE_TRAINING = TrainingSettings(epochs=40, least_steps=600, batch_size=16, learning_rate=1e-3, patience=10)


class PooledExpression(RegressorMixin, BaseEstimator):
    """Predict all genes of patients by an ensemble of pooling networks, each trained without one fold of the patients, which says when to stop.

    Genes are learnt in units of their spread over the training patients.

    Parameters
    ----------
    pooling
        ``"attention"``: gated attention (Ilse et al. 2018, arXiv 1802.04712); ``"mean-pooling"``: the mean of the tiles' embeddings; ``"top-tiles"``: the mean of
        the highest predictions of single tiles (after Schmauch et al. 2020, doi 10.1038/s41467-020-17678-4).
    members
        Networks in the ensemble, at most as many as patients.
    training
        Settings of the loop, whose seed is replaced by ``seed``; None takes the default ones.
    seed
        The same seed on the same machine gives the same bytes.
    """

    def __init__(
        self,
        pooling: SlidePooling = "attention",
        members: int = 5,
        *,
        training: TrainingSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.pooling = pooling
        self.members = members
        self.training = training
        self.seed = seed

    def fit(self, X: SlideRows, y: FloatArray) -> Self:
        """Train on patients ``X`` and their profiles ``y`` (n, t).

        Parameters
        ----------
        X
            ``n`` patients, 2 or more.
        y
            ``(n, t)`` log-normalised expression.

        Raises
        ------
        TrainingDivergedError
            The loss is no longer finite.
        """
        self.mean_, spread = y.mean(axis=0), y.std(axis=0)
        self.scale_ = np.where(spread <= 1e-9 * np.maximum(1e-12, np.abs(self.mean_)), 1.0, spread)
        target = ((y - self.mean_) / self.scale_).astype(np.float32)
        members = min(self.members, len(X))
        part = assign_folds(np.zeros(len(X), dtype=np.intp), members, (self.seed, 0))
        self.networks_ = tuple(
            self._member(X.bags, target, part == number, number) for number in range(members)
        )
        return self

    def predict(self, X: SlideRows) -> FloatArray:
        """Return ``(n, t)`` log-normalised expression, the mean over the members."""
        outputs = [self._outputs(network, X.bags) for network in self.networks_]
        predicted: FloatArray = self.mean_ + self.scale_ * np.mean(outputs, axis=0)
        return predicted

    def _outputs(self, network: "nn.Module", bags: Bags) -> FloatArray:
        from spectra_dl.imaging.bags.top_tiles import TopTiles, top_tile_outputs
        from spectra_dl.imaging.bags.whole import pooled_logits

        return (
            top_tile_outputs(network, bags) if isinstance(network, TopTiles) else pooled_logits(network, bags)
        )

    def _member(
        self, bags: Bags, target: NDArray[np.float32], left_out: NDArray[np.bool_], number: int
    ) -> "nn.Module":
        """Train one network on all patients but those left out, who say when to stop."""
        from spectra_dl.training.member import train_member
        from spectra_dl.training.seeds import derive_seed

        learn, stop = np.flatnonzero(~left_out), np.flatnonzero(left_out)
        settings = replace(self.training or SLIDE_TRAINING, seed=self.seed * 1000 + number)
        return train_member(
            partial(self._built, bags[learn], target.shape[1]),
            mean_squared_error,
            bags[learn].examples(target[learn]),
            bags[stop].examples(target[stop]),
            settings.for_rows(len(learn)),
            weights_seed=derive_seed(settings.seed, "pooling"),
            progress=False,
        )

    def _built(self, bags: Bags, n_outputs: int) -> "nn.Module":
        """Return an untrained network that standardises by the tiles of these bags, and says the mean profile whatever it is shown."""
        import torch

        from spectra_dl.imaging.bags.networks import POOLING
        from spectra_dl.imaging.bags.standardising import standardising
        from spectra_dl.imaging.bags.top_tiles import TopTiles

        kind = TopTiles if self.pooling == "top-tiles" else POOLING[self.pooling]
        network = standardising(kind(bags.width, n_outputs), standard_of(bags.all_blocks))
        torch.nn.init.zeros_(network.head.bias)
        return network
