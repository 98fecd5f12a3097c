"""The models of an evaluation, each with what a report must know of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.estimator import Fittable
from spectra_dl.evaluation.wording import first_few

ModelKind = Literal["network", "classical", "control"]
Model = TypeVar("Model", bound=Fittable)


@dataclass(frozen=True, eq=False)
class ModelEntry(Generic[Model]):
    """A model to be evaluated.

    Attributes
    ----------
    name
        How reports name it; a name carries no meaning.
    estimator
        Unfitted; a copy is fitted in each fold.
    kind
        ``"network"``; ``"classical"``: what a network must beat; ``"control"``: what any model must beat, such as naming the
        largest class. Reports compare a network with the best classical model, and nobody asks by how much a control is beaten.
    words
        What the model is, for the methods paragraph; empty leaves the name alone.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> ModelEntry("majority class", DummyClassifier(), "control").kind
    'control'
    """

    name: str
    estimator: Model
    kind: ModelKind = "classical"
    words: str = ""


def model_entries(
    models: Mapping[str, Model] | Sequence[ModelEntry[Model]],
) -> tuple[ModelEntry[Model], ...]:
    """Return the models as entries; of a mapping each is called classical.

    Raises
    ------
    UsageError
        There are none, or two of one name.
    """
    entries = (
        tuple(ModelEntry(name, model) for name, model in models.items())
        if isinstance(models, Mapping)
        else tuple(models)
    )
    if not entries:
        raise UsageError("no models to evaluate; name at least one")
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two models are called {first_few(twice)}; give each a name")
    return entries


def chosen_entries(
    networks: Mapping[str, Model],
    known: Mapping[str, Model],
    names: Sequence[str] | None,
    *,
    control: str,
    what: str,
) -> list[ModelEntry[Model]]:
    """Return networks first, then the models beside them that were chosen by name.

    Parameters
    ----------
    networks
        By name; all are taken.
    known
        The models there are to choose from, by name.
    names
        Those chosen; None takes all.
    control
        Which of them is the control.
    what
        What they are called in the refusal of an unknown name, as "classical model".

    Raises
    ------
    UsageError
        There is no model of a name.
    """
    chosen = tuple(known) if names is None else names
    if unknown := [name for name in chosen if name not in known]:
        raise UsageError(f"no {what} is called {unknown[0]!r:.80}; choose {', '.join(known)}")
    return [
        *(ModelEntry(name, model, "network") for name, model in networks.items()),
        *(ModelEntry(name, known[name], "control" if name == control else "classical") for name in chosen),
    ]
