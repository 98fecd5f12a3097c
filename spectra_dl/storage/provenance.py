"""What every report says of how it came about."""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from spectra_dl.storage.hashing import sha256_of

DISCLAIMER = "Research use only, not for diagnosis"
_PACKAGES = ("spectra-dl", "numpy", "scipy", "scikit-learn", "torch")


def versions() -> dict[str, str]:
    """Return the versions of Python, spectra-dl and the packages that compute its numbers."""
    python = ".".join(map(str, sys.version_info[:3]))
    own, *others = _PACKAGES
    found = {own: package_version(own), "python": python}
    return found | {name: package_version(name) for name in others}


@cache
def package_version(name: str) -> str:
    """Return the version of a package that is installed."""
    # Imported here: it takes 40 ms, and what predicts on the screen alone says no versions.
    from importlib.metadata import version

    return version(name)


def provenance(
    inputs: Sequence[Path], *, seed: int | None = None, command: Sequence[str] = ()
) -> dict[str, object]:
    """Return a report's first entries: the disclaimer, command, versions, seed and the inputs' SHA-256.

    Parameters
    ----------
    inputs
        Files and folders that were read.
    seed
        Of the run; None where nothing is random.
    command
        The words of the command; empty where none was typed.

    Raises
    ------
    DataError
        An input is missing or can't be read.
    """
    return {
        "disclaimer": DISCLAIMER,
        "command": list(command),
        "versions": versions(),
        "seed": seed,
        "inputs": [{"path": str(path), "sha256": sha256_of(path)} for path in inputs],
    }
