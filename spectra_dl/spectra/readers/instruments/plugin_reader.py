"""Files that another package reads, checked like those that are read here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.plugins import load_plugin, version_of
from spectra_dl.spectra.readers.instruments.recording import Recording


def plugin_reader(name: str) -> Callable[[Path], list[Recording]]:
    """Return the function of a plugin that reads a file, with its failures as sentences and its answer checked.

    Parameters
    ----------
    name
        ``plugin:NAME``.

    Raises
    ------
    UsageError, EnvironmentFault
        It is not installed, or can't be imported.
    """
    return checked_reader(load_plugin("readers", name), name, version_of("readers", name))


def checked_reader(
    read: Callable[[Path], list[Recording]], name: str, package: str
) -> Callable[[Path], list[Recording]]:
    """Return a function that reads as another does, with its failures as sentences and its answer checked.

    Parameters
    ----------
    read
        From a path to recordings.
    name, package
        Of it, for messages.
    """

    def read_checked(path: Path) -> list[Recording]:
        try:
            recordings = list(read(path))
        except SpectraDLError:
            raise
        except Exception as err:  # a foreign package may fail in any way
            raise DataError(
                f"{path.name}: {name} can't read it ({type(err).__name__}: {err!s:.200}); check that it is a file of that kind"
            ) from err
        if not recordings or not all(map(_is_whole, recordings)):
            raise DataError(
                f"{path.name}: {name} of {package} gave no spectra, or arrays that don't fit one another; "
                "tell whoever keeps that package"
            )
        return recordings

    return read_checked


def _is_whole(recording: object) -> bool:
    """Return whether it is a recording whose arrays and columns fit; values are checked where all files' are."""
    if not isinstance(recording, Recording):
        return False
    axis, intensity = np.asarray(recording.axis), np.asarray(recording.intensity)
    numbers = all(np.issubdtype(array.dtype, np.floating) for array in (axis, intensity))
    columns = (
        all(len(texts) == len(intensity) for texts in recording.columns.values()) if intensity.ndim else False
    )
    return numbers and axis.ndim == 1 and intensity.ndim == 2 and intensity.shape[1] == len(axis) and columns
