"""Public data by name, with licence, citation and the traps that are known, and the model that ships with spectra-dl.

A prediction asks this package for the model alone: the registry of datasets is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl_datasets.registry import dataset_card, dataset_names, load

__all__ = ["dataset_card", "dataset_names", "load"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.registry"), name)
