"""The description of a model of spectra, complete, as a model file's header holds it."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from spectra_dl.models.file import read_model_file, weights_sha256
from spectra_dl.storage.sealed import write_sealed
from spectra_dl_datasets.shipped import SHIPPED_MODEL


def model_description(tensors: Mapping[str, np.ndarray], **changes: object) -> dict[str, object]:
    """Return JSON-ready values that fit these tensors, but for what is changed; parts are changed key by key."""
    description: dict[str, object] = {
        "format_version": 2,
        "intended_use": "tests",
        "training": {"source": "a study", "simulated": True, "seed": 0, "notes": ["a note"]},
        "classification": {
            "classes": ["healthy", "sick"],
            "positive_class": "sick",
            "decision_threshold": 0.5,
            "decision_rule": "Youden's index on left-out patients",
            "patients": {"healthy": 10, "sick": 12},
            "calibration": {"temperature": 1.5},
            "conformal": {"coverage": 0.9, "limit": [0.7, 1.0]},
            "out_of_distribution": {"residual": 2.0, "distance": 3.0},
        },
        "audit": [{"name": "axis", "severity": "stop", "sentence": "The axis tells the classes apart."}],
        "scores": [{"name": "AUC", "value": 0.9, "low": 0.8, "high": None}],
        "scores_from": "Patients each left out of one member",
        "weights_sha256": weights_sha256(tensors),
        "versions": {"python": "3.11"},
        "input": {
            "kind": "spectra",
            "version": 1,
            "network": {"name": "compact", "n_wavenumbers": 8, "n_classes": 2, "members": 2},
            "preprocessing": [
                {
                    "steps": [
                        {"step": "crop", "settings": {"low": 400.0, "high": 1800.0}},
                        {"step": "normalise", "settings": {"kind": "snv"}},
                    ],
                    "axis": [400.0 + 200.0 * point for point in range(8)],
                }
            ],
            "preprocessing_of_member": [0, 0],
            "axis": {"first": 400.0, "last": 1800.0, "points": 8, "unit": "cm-1", "laser_nm": None},
            "training": {"spectra": 66, "spectrum_hashes": ["0123456789abcdef"]},
        },
    }
    return merged(description, changes)


def merged(values: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return ``values`` with ``changes``, of which an object changes an object key by key."""
    result = {**values, **changes}
    for name, change in changes.items():
        value = values.get(name)
        if isinstance(change, dict) and isinstance(value, dict):
            result[name] = merged(value, change)
    return result


def shipped_with(
    path: Path, changes: Mapping[str, object] | None = None, **tensors: np.ndarray | None
) -> Path:
    """Write the model that ships with another description or other arrays, sealed as it should be; what is None is taken away."""
    file = read_model_file(SHIPPED_MODEL)
    arrays = {name: array for name, array in (file.tensors | tensors).items() if array is not None}
    stored = merged(file.description, {"weights_sha256": weights_sha256(arrays), **(changes or {})})
    stored["input"] = {name: value for name, value in stored["input"].items() if value is not None}
    write_sealed(path, "spectra_dl", json.dumps(stored), arrays)
    return path


def shipped_of_before(path: Path) -> Path:
    """Write the model that ships as it was before it kept anything of its training classes."""
    gone = {"class_spectra.mean": None, "class_spectra.spread": None}
    return shipped_with(path, {"input": {"class_spectra": None}}, **gone)
