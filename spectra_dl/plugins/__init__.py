"""What other packages bring: readers, steps, networks, encoders and models, by entry points.

A package is imported when somebody names what it brings, and never because a file asks for it. What checks the numbers of steps and encoders stands in
`checked_step` and `checked_encoder`, which are not imported here: every command asks for names, and none of these needs NumPy.
"""

from spectra_dl.plugins.foreign import foreign_code
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
    named_plugins,
    version_of,
)
from spectra_dl.plugins.permission import LONGEST_PACKAGE, PACKAGE, NeededPlugin, permitted_plugins

__all__ = [
    "GROUPS",
    "LONGEST_PACKAGE",
    "PACKAGE",
    "PREFIX",
    "NeededPlugin",
    "Plugin",
    "foreign_code",
    "imported_plugin",
    "installed_plugins",
    "is_plugin_name",
    "kinds_of",
    "load_plugin",
    "name_of_class",
    "named_plugins",
    "permitted_plugins",
    "version_of",
]
