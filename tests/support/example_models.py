"""The description of a model of spectra, complete, as a model file's header holds it."""

from collections.abc import Mapping

import numpy as np

from spectra_dl.models.file import weights_sha256


def model_description(tensors: Mapping[str, np.ndarray], **changes: object) -> dict[str, object]:
    """Return JSON-ready values that fit these tensors, but for what is changed."""
    return {
        "format_version": 1,
        "modality": "spectra",
        "intended_use": "tests",
        "network": {"name": "compact", "n_wavenumbers": 8, "n_classes": 2, "members": 2},
        "preprocessing": [{"steps": [{"step": "crop"}, {"step": "normalise"}]}],
        "preprocessing_of_member": [0, 0],
        "axis": {"first": 400.0, "last": 1800.0, "points": 8, "unit": "cm-1", "laser_nm": None},
        "classes": ["healthy", "sick"],
        "positive_class": "sick",
        "decision_threshold": 0.5,
        "decision_rule": "Youden's index on left-out patients",
        "calibration": {"temperature": 1.5},
        "conformal": {"coverage": 0.9, "limit": [0.7, 1.0]},
        "out_of_distribution": {"residual": 2.0, "distance": 3.0},
        "training": {
            "source": "a study",
            "simulated": True,
            "patients": {"healthy": 10, "sick": 12},
            "spectra": 66,
            "seed": 0,
            "notes": ["a note"],
            "spectrum_hashes": ["0123456789abcdef"],
        },
        "audit": [{"name": "axis", "severity": "stop", "sentence": "The axis tells the classes apart."}],
        "scores": [{"name": "AUC", "value": 0.9, "low": 0.8, "high": None}],
        "scores_from": "Patients each left out of one member",
        "weights_sha256": weights_sha256(tensors),
        "versions": {"python": "3.11"},
        **changes,
    }
