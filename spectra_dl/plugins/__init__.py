"""What other packages bring: readers, steps, networks, encoders and models, by entry points.

A package is imported when somebody names what it brings, and never because a file asks for it.
"""

from spectra_dl.plugins.installed import (
    GROUPS,
    PREFIX,
    Plugin,
    imported_plugin,
    installed_plugins,
    is_plugin_name,
    kinds_of,
    load_plugin,
    name_of_class,
    version_of,
)
from spectra_dl.plugins.permission import NeededPlugin, permitted_plugins

__all__ = [
    "GROUPS",
    "PREFIX",
    "NeededPlugin",
    "Plugin",
    "imported_plugin",
    "installed_plugins",
    "is_plugin_name",
    "kinds_of",
    "load_plugin",
    "name_of_class",
    "permitted_plugins",
    "version_of",
]
