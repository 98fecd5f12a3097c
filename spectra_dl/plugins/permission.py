"""A model file may say which plugins it needs; whether they are imported, whoever loads it says."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from spectra_dl.errors import UsageError
from spectra_dl.plugins.installed import kinds_of, load_plugin, version_of

#: What a package with its version can be called in a model file, and how long. A bound inside the pattern would cost
#: pydantic's engine 20 MB at every start.
PACKAGE: Final = r"^[\w.+! -]+$"
LONGEST_PACKAGE: Final = 200


@dataclass(frozen=True)
class NeededPlugin:
    """A plugin that a model file needs.

    Attributes
    ----------
    kind
        Such as ``"networks"``.
    name
        With ``plugin:`` before it.
    package
        What brought it at training, with version.
    """

    kind: str
    name: str
    package: str


def permitted_plugins(needed: Iterable[NeededPlugin], permitted: Collection[str]) -> tuple[str, ...]:
    """Import the plugins that a model needs; one that nobody named is refused before anything is imported.

    Parameters
    ----------
    needed
        By the model file.
    permitted
        Names with ``plugin:`` before them.

    Returns
    -------
    tuple of str
        A note for each whose package has another version than at training.

    Raises
    ------
    UsageError
        One is not permitted, or not installed.
    """
    needed = tuple(needed)
    for plugin in needed:
        if plugin.name not in permitted:
            raise UsageError(
                f"the model needs {plugin.name} of {plugin.package}, whose code would run on this machine; if you trust it, say --plugin {plugin.name}"
            )
        if plugin.kind not in kinds_of(plugin.name):
            raise UsageError(
                f"the model needs {plugin.name} of {plugin.package}, which is not installed; install that package"
            )
    notes = []
    for plugin in needed:
        load_plugin(plugin.kind, plugin.name)
        installed = version_of(plugin.kind, plugin.name)
        if installed != plugin.package:
            notes.append(f"{plugin.name} is of {installed} here, and was of {plugin.package} at training")
    return tuple(notes)
