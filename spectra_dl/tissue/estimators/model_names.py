"""The models of images by the names that users type, with the titles that reports give them; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from spectra_dl.errors import UsageError

NETWORK, NETWORK_TITLE = "mlp", "MLP"
CONTROL: Final = "majority class"
CLASSICAL: Final[Mapping[str, str]] = MappingProxyType(
    {"logistic": "logistic regression", "svm": "SVM", "random-forest": "random forest"}
)
NAMES: Final = (NETWORK, *CLASSICAL)


def chosen_models(names: Sequence[str] | None) -> tuple[bool, tuple[str, ...]]:
    """Return whether the network is one of the models chosen, and the titles of the others, the control last.

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
    (False, ('SVM', 'majority class'))
    """
    names = NAMES if names is None else tuple(dict.fromkeys(names))
    unknown = [name for name in names if name not in NAMES]
    if unknown or not names:
        raise UsageError(
            f"no model of images is called {unknown[0] if unknown else ''!r:.80}; choose from {', '.join(NAMES)}"
        )
    return NETWORK in names, (*(CLASSICAL[name] for name in names if name in CLASSICAL), CONTROL)
