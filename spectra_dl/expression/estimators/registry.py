"""Models of expression by name; importing this loads neither torch nor scikit-learn.

Each name is written here and nowhere else: the command line and the check of model files read it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.head_registry import CONTEXT, FINE_TUNED, HEADS, LINEAR, MLP

if TYPE_CHECKING:
    from spectra_dl.expression.estimators.closed_form import RidgeExpression
    from spectra_dl.expression.estimators.losses import LossName
    from spectra_dl.expression.estimators.network import NetworkExpression

    Model: TypeAlias = RidgeExpression | NetworkExpression


def _ridge() -> "RidgeExpression":
    from spectra_dl.expression.estimators.closed_form import RidgeExpression

    return RidgeExpression()


def _pls() -> "RidgeExpression":
    from spectra_dl.expression.estimators.closed_form import PlsExpression

    return PlsExpression()


REGRESSIONS: Final[Mapping[str, Callable[[], "RidgeExpression"]]] = MappingProxyType(
    {"ridge": _ridge, "pls": _pls}
)
# In the order in which a user should consider them.
MODEL_NAMES: Final[tuple[str, ...]] = (CONTEXT, MLP, LINEAR, FINE_TUNED, *REGRESSIONS)


def build_model(name: str, *, loss: "LossName" = "mse", seed: int = 0) -> "Model":
    """Return an unfitted model by name.

    Parameters
    ----------
    name
        One of `MODEL_NAMES`.
    loss
        What a network is trained for; regressions have their own.
    seed
        Of a network's training.

    Raises
    ------
    UsageError
        There is no such model.
    """
    if name in REGRESSIONS:
        return REGRESSIONS[name]()
    if name not in HEADS:
        raise UsageError(f"model {name!r:.80}: choose {', '.join(MODEL_NAMES)}")
    if name == FINE_TUNED:
        from spectra_dl.expression.estimators.fine_tuned import FineTunedExpression

        return FineTunedExpression(loss, seed=seed)
    from spectra_dl.expression.estimators.network import NetworkExpression

    return NetworkExpression(name, loss, seed=seed)
