"""What the JSON of every evaluation of what came of patients holds alike."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.audit import Audit
from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.context import ReportContext
from spectra_dl.evaluation.folds.split_file import split_sha256, split_text
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.settings import PatientSettings
from spectra_dl.evaluation.report.classes_json import Json, difference_json, folds_json


class _PatientEvaluation(Protocol):
    """Models of what came of patients, evaluated on the same folds."""

    @property
    def settings(self) -> PatientSettings: ...

    @property
    def folds(self) -> Sequence[Fold]: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def differences(self) -> Sequence[Difference]: ...

    @property
    def context(self) -> ReportContext: ...


def patient_results(evaluation: _PatientEvaluation, *, owner: TextArray, models: Mapping[str, Json]) -> Json:
    """Return settings, audit, models, differences and split.

    Parameters
    ----------
    evaluation
        Of which.
    owner
        ``(n,)`` the id of each row's patient.
    models
        What each reached, by name.
    """
    settings = evaluation.settings
    return {
        "settings": {
            "folds": settings.folds,
            "repeats": settings.repeats,
            "seed": settings.seed,
            "resamples": settings.resamples,
            "refits": settings.refits,
            "leaky": settings.leaky,
            "level": 0.95,
            "split_by": "patient",
        },
        "audit": audit_json(evaluation.audit),
        "models": dict(models),
        "differences": [difference_json(difference) for difference in evaluation.differences],
        "split": {
            "sha256": split_sha256(split_of(evaluation, owner)),
            "folds": folds_json(evaluation.folds, owner, evaluation.context.rows),
        },
    }


def split_of(evaluation: _PatientEvaluation, owner: TextArray) -> str:
    """Return the split as CSV text, for `split_file.read_split`; its SHA-256 stands in the report.

    Parameters
    ----------
    evaluation, owner
        As in `patient_results`.
    """
    return split_text(evaluation.folds, owner, evaluation.context.rows)
