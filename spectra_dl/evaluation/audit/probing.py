"""Probes evaluated as if they were models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit.evidence import Shown, evidence_of
from spectra_dl.evaluation.audit.finding import CONSEQUENCE, Finding, Severity, milder, raised_by
from spectra_dl.evaluation.classes.metrics import macro_auc, pool_by_patient, ranked_classes
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.wording import figure

_CHANCE = 0.5
# About as much as refitted models vary more than fixed scores (docs/statistics/calibration.md).
_REFITTING = 1.4


@dataclass(frozen=True, eq=False)
class Probe:
    """Features that are not biology.

    Attributes
    ----------
    name
        Short, for a table: ``"wavenumber axis"``.
    sentence
        What the probe looks at, to stand after "The class can be predicted from ...".
    features
        ``(n, k)`` finite.
    at_worst
        The highest severity this probe may raise; lower than ``"stop"`` where biology could be the cause.
    remark
        A sentence that is added where the class can be predicted: what else may be the cause.
    shown
        What of it can be drawn, if anything.

    Examples
    --------
    >>> Probe("exposure", "the exposure time alone", np.array([[1.0], [1.0], [5.0]]), at_worst="warn").at_worst
    'warn'
    """

    name: str
    sentence: str
    features: FloatArray
    at_worst: Severity = "stop"
    remark: str = ""
    shown: Shown | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or not np.all(np.isfinite(self.features)):
            raise DataError(f"probe {self.name!r}: its features must be finite numbers of shape (rows, k)")


def run_probes(
    probes: Sequence[Probe],
    label: Texts,
    patient: Texts,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
) -> list[Finding]:
    """Evaluate each probe as if it were a model: in-fold standardisation, logistic regression, patient AUC, interval.

    Parameters
    ----------
    probes
        Each with a row of features per row of the data.
    label, patient
        ``(n,)`` text, per row.
    folds
        By patient; each row is tested once per repeat.
    multiplicity
        ``(resamples, m)`` how often each patient is drawn.

    Raises
    ------
    DataError
        A probe has another number of rows than the data.
    """
    patients = read_patients(patient, label)
    return [_evaluate_probe(probe, patients, folds, multiplicity) for probe in probes]


def _evaluate_probe(
    probe: Probe, patients: Patients, folds: Sequence[Fold], multiplicity: FloatArray
) -> Finding:
    if len(probe.features) != len(patients.of_row):
        raise DataError(
            f"probe {probe.name!r} has {len(probe.features)} rows for {len(patients.of_row)} of the data"
        )
    auc = probe_auc(probe.features, patients, folds, multiplicity)
    raised = raised_by(auc)
    severity = milder(raised, probe.at_worst)
    weakly = auc.widened(_REFITTING).low > _CHANCE
    verb = "can be" if raised != "fine" else "can weakly be" if weakly else "can't be"
    sentence = f"The class {verb} predicted from {probe.sentence} ({auc_text(auc)}).{CONSEQUENCE[severity]}"
    if probe.remark and raised != "fine":
        sentence += f" {probe.remark}"
    drawn = evidence_of(probe.shown, patients) if probe.shown and severity == "stop" else None
    return Finding(probe.name, severity, sentence, auc, drawn)


def auc_text(auc: Interval) -> str:
    """Write a patient AUC with its interval."""
    return f"patient AUC {figure(auc.value)}, 95 % interval {figure(auc.low)} to {figure(auc.high)}"


def probe_auc(
    features: FloatArray, patients: Patients, folds: Sequence[Fold], multiplicity: FloatArray
) -> Interval:
    """Return the out-of-fold patient AUC of ``(n, k)`` features, averaged over repeats, with its interval.

    Parameters
    ----------
    features
        ``(n, k)`` finite.
    patients
        Whose each row is.
    folds
        By patient; each row is tested once per repeat.
    multiplicity
        ``(resamples, m)`` how often each patient is drawn.
    """
    repeats = 1 + max(fold.repeat for fold in folds)
    n_patients, n_classes = len(patients.names), len(patients.classes)
    probability = np.full((repeats, len(features), n_classes), np.nan)
    for fold in folds:
        probability[fold.repeat, fold.test] = _predict(features, patients.class_of_row, fold)
    positive = 1 if n_classes == 2 else None
    pooled = np.stack([pool_by_patient(each, patients.of_row, n_patients) for each in probability])
    truth, patient_number = patients.class_of_patient, np.arange(n_patients)
    value = float(np.mean([macro_auc(truth, each, positive) for each in pooled]))
    resampled = [
        resampled_auc(truth == code, each[:, code], patient_number, multiplicity)
        for each in pooled
        for code in ranked_classes(n_classes, positive)
    ]
    return percentile_interval(value, np.mean(resampled, axis=0))


def _predict(features: FloatArray, truth: IndexArray, fold: Fold) -> FloatArray:
    from sklearn.linear_model import LogisticRegression

    centre, spread = features[fold.train].mean(axis=0), features[fold.train].std(axis=0)
    # A feature that is constant up to rounding must not be blown up into one that isn't.
    scale = np.where(spread > 1e-9 * np.maximum(1e-300, np.abs(centre)), spread, np.inf)
    standard = (features - centre) / scale
    model = LogisticRegression(max_iter=2000).fit(standard[fold.train], truth[fold.train])
    probability: FloatArray = model.predict_proba(standard[fold.test])
    return probability
