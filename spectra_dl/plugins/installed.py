"""Which plugins are installed, by the entry points that packages declare; none is imported to list them."""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from spectra_dl.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PREFIX: Final = "plugin:"
#: What plugins can be, with what their entry point names.
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "readers": "a function from a path to a list of Recording",
        "steps": "a preprocessing step, a frozen dataclass",
        "networks": "a torch module built from (n_wavenumbers, n_classes)",
        "encoders": "a function without arguments that returns an Encoder",
        "models": "a function without arguments that returns a scikit-learn classifier",
    }
)
_NO_PACKAGE = "no installed package"
_NAME = re.compile(r"plugin:[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Plugin:
    """Something that another package brings.

    Attributes
    ----------
    kind
        One of `GROUPS`.
    name
        By which it is asked for, with ``plugin:`` before it.
    distribution, version
        Of the package.
    value
        Where it is defined, ``module:attribute``.
    """

    kind: str
    name: str
    distribution: str
    version: str
    value: str


def is_plugin_name(name: str) -> bool:
    """Return whether a name is one of a plugin, installed or not.

    Examples
    --------
    >>> is_plugin_name("plugin:lab-net"), is_plugin_name("compact")
    (True, False)
    """
    return _NAME.fullmatch(name) is not None


def installed_plugins() -> tuple[Plugin, ...]:
    """Return every plugin there is, in order of kind and name.

    Examples
    --------
    >>> isinstance(installed_plugins(), tuple)
    True
    """
    return tuple(_described(kind, point) for kind in GROUPS for point in _points(kind))


def kinds_of(name: str) -> tuple[str, ...]:
    """Return as what a name is installed, such as ``("networks",)``; empty where it isn't.

    Examples
    --------
    >>> kinds_of("plugin:nobody-has-this")
    ()
    """
    return tuple(plugin.kind for plugin in installed_plugins() if plugin.name == name)


def load_plugin(kind: str, name: str) -> Any:
    """Import a plugin that was asked for by name.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    name
        With ``plugin:`` before it.

    Returns
    -------
    object
        What the entry point names.

    Raises
    ------
    UsageError
        None of that kind has this name, or two packages bring one.
    EnvironmentFault
        Its package can't be imported.

    Examples
    --------
    >>> load_plugin("networks", "plugin:nobody-has-this")
    Traceback (most recent call last):
    spectra_dl.errors.UsageError: plugin:nobody-has-this: no installed package brings networks of that name; spectra-dl plugins lists those there are
    """
    found = [point for point in _points(kind) if PREFIX + point.name == name]
    if not found:
        raise UsageError(
            f"{name:.80}: no installed package brings {kind} of that name; spectra-dl plugins lists those there are"
        )
    packages = sorted({_described(kind, point).distribution for point in found})
    if len(packages) > 1:
        raise UsageError(
            f"{name}: {' and '.join(packages)} both bring {kind} of that name; remove one of them"
        )
    try:
        return found[0].load()
    except Exception as err:  # a foreign package may fail in any way
        raise EnvironmentFault(
            f"{name}: {packages[0]} can't be imported ({type(err).__name__}: {err!s:.200}); mend or reinstall it"
        ) from err


def imported_plugin(kind: str, name: str) -> Any:
    """Return a plugin whose module is imported already, or None; nothing is imported.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    name
        With ``plugin:`` before it.
    """
    for point in _points(kind):
        if PREFIX + point.name == name and point.module in sys.modules:
            return point.load()
    return None


def name_of_class(kind: str, cls: type) -> str | None:
    """Return the plugin's name of a class that is already imported, or None if it is no plugin.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    cls
        The class.
    """
    value = f"{cls.__module__}:{cls.__qualname__}"
    return next((PREFIX + point.name for point in _points(kind) if point.value == value), None)


def version_of(kind: str, name: str) -> str:
    """Return the package of an installed plugin with its version, such as ``"lab-networks 0.3"``.

    Parameters
    ----------
    kind
        One of `GROUPS`.
    name
        With ``plugin:`` before it.
    """
    found = [_described(kind, point) for point in _points(kind) if PREFIX + point.name == name]
    return f"{found[0].distribution} {found[0].version}" if found else _NO_PACKAGE


def named_plugins(values: Iterable[object]) -> dict[str, str]:
    """Return the packages, with versions, of the plugins that stand among options; nothing is imported.

    Parameters
    ----------
    values
        Of options: texts and lists of them; any other is passed over.

    Returns
    -------
    dict of str to str
        ``"lab-networks 0.3"`` by the plugin's name, in order of name.

    Examples
    --------
    >>> named_plugins(["compact", ("plugin:nobody-has-this", "svm"), 3])
    {'plugin:nobody-has-this': 'no installed package'}
    """
    texts = {
        text
        for value in values
        for text in (value if isinstance(value, tuple | list) else [value])
        if isinstance(text, str) and is_plugin_name(text)
    }
    return {
        name: " and ".join(sorted({version_of(kind, name) for kind in kinds_of(name)})) or _NO_PACKAGE
        for name in sorted(texts)
    }


def _points(kind: str) -> "list[EntryPoint]":
    from importlib.metadata import entry_points

    points = entry_points(group=f"spectra_dl.{kind}")
    return sorted(
        (point for point in points if is_plugin_name(PREFIX + point.name)), key=lambda point: point.name
    )


def _described(kind: str, point: "EntryPoint") -> Plugin:
    package = point.dist
    named = (package.name, package.version) if package else ("an unnamed package", "0")
    return Plugin(kind, PREFIX + point.name, *named, point.value)
