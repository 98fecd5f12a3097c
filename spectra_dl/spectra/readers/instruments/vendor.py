"""The libraries that read vendors' formats: imported when a file needs them, named where an installation lacks them."""

import importlib
from types import ModuleType

from spectra_dl.errors import UsageError


def vendor_library(module: str, content: str) -> ModuleType:
    """Import the library that reads a vendor's format.

    Parameters
    ----------
    module
        Its name.
    content
        The file and its format, for the message.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as err:
        raise UsageError(
            f"{content} is read by {module}, which is not installed; install it: pip install {module}"
        ) from err
