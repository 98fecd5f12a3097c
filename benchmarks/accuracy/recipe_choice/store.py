"""Finished results in the work folder: one JSON file for each study and recipe, known by a digest of both."""

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from spectra_dl.evaluation.estimator import Estimator
from spectra_dl.spectra.estimators.augmentation import Augmentation
from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.storage.atomic import write_text

Result = dict[str, Any]

# What an estimator's None stands for; empty the folder after any other change to a model.
_DEFAULTS = repr((DEFAULT_TRAINING, Augmentation(), Preprocessing.default()))


def parameters(estimator: Estimator) -> str:
    """Return an estimator's parameters as text, those of its steps among them, without what changes nothing but time."""
    given: dict[str, Any] = estimator.get_params(deep=True)
    kept = {name: value for name, value in given.items() if not isinstance(value, FoldMemory)}
    return type(estimator).__name__ + json.dumps(
        {name: _text(value) for name, value in kept.items()}, sort_keys=True
    )


def result_file(work: Path, study: str, recipe: str, *settings: object) -> Path:
    """Return where the result of a recipe on a study stands; other settings are another file."""
    text = json.dumps([study, recipe, _DEFAULTS, *map(_text, settings)])
    name = re.sub(r"[^a-z0-9.]+", "-", f"{study} {recipe}".lower())
    return work / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"


def stored(path: Path) -> Result | None:
    """Return a finished result, or None."""
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def keep(path: Path, result: Result) -> None:
    """Write a finished result whole or not at all."""
    write_text(path, json.dumps(result))


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if hasattr(value, "get_params"):  # its own parameters are listed beside it
        return type(value).__name__
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if hasattr(value, "__dataclass_fields__"):
        return type(value).__name__ + repr(asdict(value))
    return repr(value)
