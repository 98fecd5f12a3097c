"""The one training loop, which knows no modality: tensors in, a trained network and its history out.

Importing this package loads neither torch nor Lightning; each name below does so when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.training.batches import TensorBatches
    from spectra_dl.training.history import EpochRecord, History
    from spectra_dl.training.loop import TrainingInterrupted, fit
    from spectra_dl.training.losses import cross_entropy
    from spectra_dl.training.settings import TrainingSettings

__all__ = [
    "EpochRecord",
    "History",
    "TensorBatches",
    "TrainingInterrupted",
    "TrainingSettings",
    "cross_entropy",
    "fit",
]

_HOME = {
    "EpochRecord": "history",
    "History": "history",
    "TensorBatches": "batches",
    "TrainingInterrupted": "loop",
    "TrainingSettings": "settings",
    "cross_entropy": "losses",
    "fit": "loop",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
