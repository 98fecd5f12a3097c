"""What other packages bring: readers, steps, networks, encoders and models, by entry points.

A package is imported when somebody names what it brings, and never because a file asks for it.
"""

from spectra_dl.plugins.checked_encoder import CheckedEncode
from spectra_dl.plugins.checked_step import applied_step, fitted_step, stored_step
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
from spectra_dl.plugins.permission import PACKAGE, NeededPlugin, permitted_plugins

__all__ = [
    "GROUPS",
    "PACKAGE",
    "PREFIX",
    "CheckedEncode",
    "NeededPlugin",
    "Plugin",
    "applied_step",
    "fitted_step",
    "foreign_code",
    "imported_plugin",
    "installed_plugins",
    "is_plugin_name",
    "kinds_of",
    "load_plugin",
    "name_of_class",
    "named_plugins",
    "permitted_plugins",
    "stored_step",
    "version_of",
]
