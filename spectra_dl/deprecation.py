"""Public names that moved: the old place keeps working for one minor version, with a warning that names the new one.

`MOVED` is the only list. A package whose old names still have to work asks `moved_attribute` in its ``__getattr__``; a
module that is gone stays behind as a file of two lines::

    from spectra_dl.deprecation import moved_names
    __getattr__ = moved_names(__name__)
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final


@dataclass(frozen=True)
class Moved:
    """Where a public name went.

    Attributes
    ----------
    new
        The dotted name to use now: a module and an attribute of it.
    removed_in
        The version that no longer knows the old name: the next minor version after the one in which it moved.
    """

    new: str
    removed_in: str


MOVED: Final[Mapping[str, Moved]] = {
    "spectra_dl.spectra.classifier.SpectraClassifier": Moved("spectra_dl.SpectraClassifier", "0.2.0"),
    "spectra_dl.spectra.simulation.StudySettings": Moved(
        "spectra_dl.spectra.simulation.serum_study.StudySettings", "0.2.0"
    ),
    "spectra_dl.spectra.simulation.simulate_study": Moved(
        "spectra_dl.spectra.simulation.serum_study.simulate_study", "0.2.0"
    ),
}


def moved_attribute(module: str, name: str) -> object:
    """Return what ``module.name`` has become, and warn; for use in a module's ``__getattr__``.

    Parameters
    ----------
    module
        The dotted name of the module that was asked, its ``__name__``.
    name
        The attribute it no longer has.

    Raises
    ------
    AttributeError
        No such name has moved.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     moved_attribute("spectra_dl.spectra.simulation", "StudySettings")(patients=4).patients
    4
    >>> print(caught[0].message)
    spectra_dl.spectra.simulation.StudySettings has moved to spectra_dl.spectra.simulation.serum_study.StudySettings; the old name goes with version 0.2.0
    """
    old = f"{module}.{name}"
    if old not in MOVED:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    moved = MOVED[old]
    warnings.warn(
        f"{old} has moved to {moved.new}; the old name goes with version {moved.removed_in}",
        DeprecationWarning,
        stacklevel=3,  # past this function and the __getattr__, at the import that asked
    )
    home, _, attribute = moved.new.rpartition(".")
    return getattr(import_module(home), attribute)


def moved_names(module: str) -> Callable[[str], object]:
    """Return a ``__getattr__`` for a module that holds nothing but names that moved."""

    def find(name: str) -> object:
        return moved_attribute(module, name)

    return find
