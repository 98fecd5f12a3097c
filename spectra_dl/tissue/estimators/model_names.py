"""The models of images by the names that users type, with the titles that reports give them; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, cast

from spectra_dl.errors import UsageError

Pooling = Literal["attention", "mean-pooling"]
Network = Literal["mlp", Pooling]
NETWORK: Final = "mlp"
POOLING: Final[Mapping[str, str]] = MappingProxyType(
    {"attention": "attention pooling", "mean-pooling": "mean pooling"}
)
NETWORKS: Final[Mapping[str, str]] = MappingProxyType({NETWORK: "MLP", **POOLING})
CONTROL: Final = "majority class"
CLASSICAL: Final[Mapping[str, str]] = MappingProxyType(
    {"logistic": "logistic regression", "svm": "SVM", "random-forest": "random forest"}
)
NAMES: Final = (*NETWORKS, *CLASSICAL)


def chosen_models(names: Sequence[str] | None) -> tuple[tuple[Network, ...], tuple[str, ...]]:
    """Return the networks among the models chosen, and the titles of the others, the control last.

    Parameters
    ----------
    names
        As users type them; None takes all.

    Raises
    ------
    UsageError
        There is no model of a name, or none is named.

    Examples
    --------
    >>> chosen_models(["svm"])
    ((), ('SVM', 'majority class'))
    """
    names = NAMES if names is None else tuple(dict.fromkeys(names))
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise UsageError(
            f"no model of images is called {unknown[0] if unknown else ''!r:.80}; choose from {', '.join(NAMES)}"
        )
    networks = cast("tuple[Network, ...]", tuple(name for name in names if name in NETWORKS))
    return networks, (*(CLASSICAL[name] for name in names if name in CLASSICAL), CONTROL)
