"""Models of slides by name, with the titles that reports give them; importing this loads nothing heavy."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from spectra_dl.evaluation.model_names import refuse_unknown

SlidePooling = Literal["mean-pooling", "attention", "top-tiles"]
RIDGE: Final = "ridge"
POOLINGS: Final[Mapping[SlidePooling, str]] = MappingProxyType(
    {"mean-pooling": "mean pooling", "attention": "attention pooling", "top-tiles": "top-tile pooling"}
)
SLIDE_MODELS: Final[Mapping[str, str]] = MappingProxyType(
    {RIDGE: "ridge on mean features", **{str(name): title for name, title in POOLINGS.items()}}
)


def chosen_slide_models(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the models chosen, in the order given; None takes all.

    Parameters
    ----------
    names
        As users type them.

    Raises
    ------
    UsageError
        There is no model of a name, or none is named.

    Examples
    --------
    >>> chosen_slide_models(["attention"])
    ('attention',)
    """
    chosen = tuple(SLIDE_MODELS) if names is None else tuple(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in SLIDE_MODELS]
    refuse_unknown(chosen, unknown, "model of slides", SLIDE_MODELS)
    return chosen
