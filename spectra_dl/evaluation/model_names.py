"""Models by the names that users type, with the titles that reports give them; nothing heavy is imported."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spectra_dl.errors import UsageError


@dataclass(frozen=True)
class StudyModels:
    """The models of one kind of study.

    Attributes
    ----------
    kind
        What each of them is, for messages.
    networks, classical
        The title of each, by the name that users type.
    control
        The title of what any model must beat; nobody chooses it, it is always evaluated.
    """

    kind: str
    networks: Mapping[str, str]
    classical: Mapping[str, str]
    control: str

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be chosen, networks first."""
        return (*self.networks, *self.classical)


def refuse_unknown(names: Sequence[str], unknown: Sequence[str], kind: str, known: Iterable[str]) -> None:
    """Refuse a choice of models of which some are none, or of none at all.

    Parameters
    ----------
    names
        As users type them.
    unknown
        Those of them that are no models.
    kind
        What a model is, for the message.
    known
        All that can be chosen.

    Raises
    ------
    UsageError
        There is no model of a name, or none is named.

    Examples
    --------
    >>> refuse_unknown(["ridge"], [], "model", ["ridge"])
    """
    if unknown or not names:
        raise UsageError(
            f"no {kind} is called {unknown[0] if unknown else ''!r:.80}; choose from {', '.join(known)}"
        )
