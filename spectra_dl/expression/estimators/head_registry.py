"""Heads of networks of expression by name; importing this loads no torch.

Each name is written here and nowhere else: the command line and the check of model files read it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from spectra_dl.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    HeadClass: TypeAlias = Callable[[int, int, int, int], nn.Module]

LINEAR, MLP, CONTEXT, FINE_TUNED = "linear", "mlp", "context", "fine-tuned"


def _context() -> "HeadClass":
    from spectra_dl.expression.estimators.heads import ContextHead

    return ContextHead


def _mlp() -> "HeadClass":
    from spectra_dl.expression.estimators.heads import MLPHead

    return MLPHead


def _linear() -> "HeadClass":
    from spectra_dl.expression.estimators.heads import LinearHead

    return LinearHead


def _tile_network() -> "HeadClass":
    from spectra_dl.imaging.fine_tuning.tile_network import TileNetwork

    return TileNetwork


HEADS: Final[Mapping[str, Callable[[], "HeadClass"]]] = MappingProxyType(
    {LINEAR: _linear, MLP: _mlp, CONTEXT: _context, FINE_TUNED: _tile_network}
)


def build_head(
    name: str, *, n_regions: int, n_features: int, n_outputs: int, hidden: int = 128
) -> "nn.Module":
    """Build a head with weights drawn from torch's global generator.

    Parameters
    ----------
    name
        One of `HEADS`.
    n_regions
        Rows of inputs per spot: 1 for its own tile, 3 with its surroundings.
    n_features, n_outputs
        Widths.
    hidden
        Width of the hidden layer, where there is one.

    Raises
    ------
    UsageError
        There is no such head.
    """
    if name not in HEADS:
        raise UsageError(f"head {name!r:.80}: choose {', '.join(HEADS)}")
    return HEADS[name]()(n_regions, n_features, n_outputs, hidden)
