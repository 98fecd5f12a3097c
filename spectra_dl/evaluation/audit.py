"""What besides biology tells the classes apart: probes judged like models, ids and spectra that recur.

A probe is a name, what it looks at, and ``(n, k)`` features that know nothing of the disease. If the class can be
predicted from them for patients never seen, a model may do the same, and its score is no evidence.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.errors import DataError
from spectra_dl.evaluation.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.intervals import Interval, percentile_interval, resampled_auc
from spectra_dl.evaluation.metrics import macro_auc, pool_by_patient, ranked_classes
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.splits import Fold
from spectra_dl.evaluation.wording import figure, first_few

Severity = Literal["fine", "warn", "stop"]
_GRAVITY: tuple[Severity, ...] = ("fine", "warn", "stop")
STOP_ABOVE = 0.8  # lower end of the interval: the probe alone would pass for a good test
WARN_ABOVE = 0.6
_CHANCE = 0.5
_CONSEQUENCE: dict[Severity, str] = {
    "stop": " A model may do the same, so its score is no evidence of biology.",
    "warn": " Make sure that this is biology before you believe a score.",
    "fine": "",
}


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
    """

    name: str
    sentence: str
    features: FloatArray
    at_worst: Severity = "stop"

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or not np.all(np.isfinite(self.features)):
            raise DataError(f"probe {self.name!r}: its features must be finite numbers of shape (rows, k)")


@dataclass(frozen=True)
class Finding:
    """One check's outcome.

    Attributes
    ----------
    name
        The check.
    severity
        ``"stop"``: results are not evidence of biology. ``"warn"``: look before you believe. ``"fine"``.
    sentence
        What was found, in plain words.
    auc
        Patient-level cross-validated AUC, for probes.
    """

    name: str
    severity: Severity
    sentence: str
    auc: Interval | None = None


@dataclass(frozen=True)
class Audit:
    """All findings, the gravest first."""

    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """The gravest of all; ``"fine"`` without findings."""
        return max((finding.severity for finding in self.findings), key=_GRAVITY.index, default="fine")


def audit(
    rows: NDArray[np.float64],
    label: Texts,
    patient: Texts,
    probes: Sequence[Probe],
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
) -> Audit:
    """Run every check.

    Parameters
    ----------
    rows
        ``(n, p)`` the data, looked through for identical rows.
    label, patient
        ``(n,)`` text.
    probes
        From the modality.
    folds
        By patient; probes are judged on the same folds as models.
    multiplicity
        Resampled patients, from `intervals.draw_patients`.
    """
    found = [
        *run_probes(probes, label, patient, folds=folds, multiplicity=multiplicity),
        check_patient_ids(patient, label),
        check_identical_rows(rows, patient),
    ]
    return Audit(tuple(sorted(found, key=lambda finding: -_GRAVITY.index(finding.severity))))


def run_probes(
    probes: Sequence[Probe],
    label: Texts,
    patient: Texts,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
) -> list[Finding]:
    """Judge each probe as if it were a model: in-fold standardisation, logistic regression, patient AUC, interval."""
    patients = read_patients(patient, label)
    return [_judge_probe(probe, patients, folds, multiplicity) for probe in probes]


def check_patient_ids(patient: Texts, label: Texts) -> Finding:
    """Look for ids of different classes that are equal but for the class's name or a common beginning.

    ``COV+_422H`` and ``COV-_422H`` are probably one person. With such a person in both classes the label describes the
    sample, not the person, and the two samples can fall on both sides of a split.
    """
    patients = read_patients(patient, label)
    same: dict[str, list[int]] = defaultdict(list)
    for person, stem in enumerate(_stems(patients)):
        same[stem].append(person)
    shared = {
        stem: people
        for stem, people in same.items()
        if stem and len({int(patients.class_of_patient[person]) for person in people}) > 1
    }
    if not shared:
        return Finding(
            "patient ids",
            "fine",
            "No patient id differs from one of another class only by its beginning or ending.",
        )
    if _are_running_numbers(shared, patients):
        sentence = (
            f"Patient ids of different classes share {len(shared)} numbers; they look like counts that start anew in each "
            "class. If they are persons, give each person one id."
        )
        return Finding("patient ids", "warn", sentence)
    listed = first_few(
        " and ".join(patients.names[person] for person in people) for people in shared.values()
    )
    people = "one person" if len(shared) == 1 else f"{len(shared)} persons"
    sentence = (
        f"Ids that differ only by their class: {listed}. Probably {people} in several classes, who may stand on both sides "
        "of a split; give each person one id or leave them out."
    )
    return Finding("patient ids", "warn", sentence)


def check_identical_rows(rows: NDArray[np.float64], patient: Texts) -> Finding:
    """Look for rows that are equal in every value and belong to different patients."""
    content = np.ascontiguousarray(np.asarray(rows, dtype=np.float64) + 0.0)  # -0.0 becomes 0.0
    same: dict[bytes, list[int]] = defaultdict(list)
    for number, row in enumerate(content):
        same[hashlib.blake2b(row.tobytes(), digest_size=16).digest()].append(number)
    shared = [group for group in same.values() if len({patient[number] for number in group}) > 1]
    if not shared:
        return Finding("identical spectra", "fine", "No spectrum occurs under two patients.")
    listed = first_few(" and ".join(str(number + 1) for number in group[:3]) for group in shared)
    sentence = (
        f"Identical spectra belong to different patients (a leak), in rows {listed}; "
        "find out whose they are and keep one of each."
    )
    return Finding("identical spectra", "warn", sentence)


def _judge_probe(
    probe: Probe, patients: Patients, folds: Sequence[Fold], multiplicity: FloatArray
) -> Finding:
    if len(probe.features) != len(patients.of_row):
        raise DataError(
            f"probe {probe.name!r} has {len(probe.features)} rows for {len(patients.of_row)} of the data"
        )
    auc = _probe_auc(probe.features, patients, folds, multiplicity)
    found = f"patient AUC {figure(auc.value)}, 95 % interval {figure(auc.low)} to {figure(auc.high)}"
    raised: Severity = "stop" if auc.low > STOP_ABOVE else "warn" if auc.low > WARN_ABOVE else "fine"
    severity = min(raised, probe.at_worst, key=_GRAVITY.index)
    verb = "can be" if raised != "fine" else "can weakly be" if auc.low > _CHANCE else "can't be"
    sentence = f"The class {verb} predicted from {probe.sentence} ({found}).{_CONSEQUENCE[severity]}"
    return Finding(probe.name, severity, sentence, auc)


def _probe_auc(
    features: FloatArray, patients: Patients, folds: Sequence[Fold], multiplicity: FloatArray
) -> Interval:
    """Return the out-of-fold patient AUC, averaged over repeats, with its interval."""
    repeats = 1 + max(fold.repeat for fold in folds)
    n_patients, n_classes = len(patients.names), len(patients.classes)
    probability = np.full((repeats, len(features), n_classes), np.nan)
    for fold in folds:
        probability[fold.repeat, fold.test] = _predict(features, patients.class_of_row, fold)
    positive = 1 if n_classes == 2 else None
    pooled = np.stack([pool_by_patient(each, patients.of_row, n_patients) for each in probability])
    truth, own = patients.class_of_patient, np.arange(n_patients)
    value = float(np.mean([macro_auc(truth, each, positive) for each in pooled]))
    resampled = [
        resampled_auc(truth == code, each[:, code], own, multiplicity)
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


def _stems(patients: Patients) -> list[str]:
    """Return each id without its class's name and without what all ids of its class begin with, in lower case."""
    stems = [name.lower() for name in patients.names]
    for code, label in enumerate(patients.classes):
        members = [person for person in range(len(stems)) if patients.class_of_patient[person] == code]
        # Digits and letters that only happen to be shared, as the 1 of 10, 11, 12, belong to the stem.
        shared = _common_beginning([stems[person] for person in members]) if len(members) > 1 else ""
        beginning = re.match(r".*[^0-9a-z]|[a-z]+(?=[0-9]*$)|", shared)
        cut = len(beginning.group()) if beginning else 0
        for person in members:
            bare = stems[person][cut:].removeprefix(label.lower()).removesuffix(label.lower())
            stems[person] = bare.strip(" _-./:")
    return stems


def _common_beginning(words: Sequence[str]) -> str:
    first, last = min(words), max(words)
    different = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(different, min(len(first), len(last)))]


def _are_running_numbers(shared: dict[str, list[int]], patients: Patients) -> bool:
    """Say whether the shared stems are counts from 1 or 0 on, as of ids like H1, H2, ... and P1, P2, ..."""
    if not all(stem.isdecimal() for stem in shared):
        return False
    numbers = sorted(int(stem) for stem in shared)
    smallest_class = min(patients.count(code) for code in range(len(patients.classes)))
    return len(numbers) >= 3 and numbers[0] <= 1 and len(numbers) >= 0.8 * smallest_class
