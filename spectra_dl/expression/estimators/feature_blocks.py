"""A model that uses some blocks of features only."""

from typing import Protocol

from sklearn.base import BaseEstimator, RegressorMixin, clone

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.spots import SpotTable


class SpotModel(Protocol):
    """A regressor from spots to expression."""

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "SpotModel":
        """Fit on spots and their log-normalised expression.

        Parameters
        ----------
        X
            ``n`` spots, all usable ones of their sections.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            ``(n,)`` the spots' sections; None takes those of ``X``.
        """

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""


class SelectedBlocks(RegressorMixin, BaseEstimator):
    """A model on some blocks of features.

    Parameters
    ----------
    model
        Unfitted.
    blocks
        The indices of the blocks it uses, from 0.
    """

    def __init__(self, model: SpotModel, blocks: tuple[int, ...]) -> None:
        self.model = model
        self.blocks = blocks

    def fit(self, X: SpotTable, y: FloatArray, groups: TextArray | None = None) -> "SelectedBlocks":
        """Fit on spots and their log-normalised expression.

        Parameters
        ----------
        X
            ``n`` spots, all usable ones of their sections.
        y
            ``(n, g)`` log(1 + counts per 10,000).
        groups
            ``(n,)`` the spots' sections; None takes those of ``X``.
        """
        self.model_: SpotModel = clone(self.model).fit(X.of_blocks(self.blocks), y, groups)
        return self

    def predict(self, X: SpotTable) -> FloatArray:
        """Return ``(n, g)`` log-normalised expression."""
        return self.model_.predict(X.of_blocks(self.blocks))
