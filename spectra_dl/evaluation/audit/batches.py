"""Checks of batches: does the class go with a batch, and does a model that knew the class know it in another batch."""

from collections.abc import Mapping, Sequence

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, Texts
from spectra_dl.evaluation.audit.columns import Column, read_columns
from spectra_dl.evaluation.audit.finding import CONSEQUENCE, GRAVITY, Finding, Severity, milder, raised_by
from spectra_dl.evaluation.audit.probing import auc_text, probe_auc
from spectra_dl.evaluation.audit.surrogate import binned_shape, patient_means, ridge_scores
from spectra_dl.evaluation.classes.metrics import macro_auc, ranked_classes
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import percentile_interval
from spectra_dl.evaluation.patients import Patients
from spectra_dl.evaluation.wording import figure, first_few

_PERMUTATIONS = 2000
_PERMUTED_AT_ONCE = 50
_FALSE_ALARMS = 0.01  # in all columns together
_LEAST_V = 0.3
_MOST_FOLDS = 5
_CONTROLS = 5
_FEWEST_TRAINED = 5  # patients of each class
_LEAST_DROP = 0.05  # lower end of the interval of the AUC's fall


def check_columns(
    columns: Mapping[str, Texts],
    surrogate: FloatArray | None,
    patients: Patients,
    *,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    seed: int,
) -> list[Finding]:
    """Check every column that may say which batch a row is of; those that are fine become one finding together.

    A column is a probe like others. With its AUC comes Cramér's V of patients, corrected for bias, with the p-value of 2,000
    permutations of the classes over patients: many small batches show there. A column whose name says nothing of handling may be biology, as sex
    or age are, and raises a warning at most. If batches recur in both classes, a cheap model is also evaluated on whole batches left out.

    Parameters
    ----------
    columns
        ``(n,)`` text by name.
    surrogate
        ``(n, p)`` finite features for the cheap model; None leaves it out.
    patients
        Whose each row is.
    folds
        By patient, for the columns' AUC.
    multiplicity
        ``(resamples, m)`` resampled patients.
    seed
        Of the permutations.

    References
    ----------
    Bergsma 2013, J. Korean Stat. Soc. 42:323, doi 10.1016/j.jkss.2012.10.002.
    """
    read = read_columns(columns, patients)
    findings = [
        _association(column, patients, folds, multiplicity, seed=seed, n_columns=len(read)) for column in read
    ]
    if surrogate is not None:
        features = binned_shape(surrogate)
        findings += [
            finding
            for column in read
            if column.handling and (finding := _left_out(column, features, patients, multiplicity, seed))
        ]
    raised = [finding for finding in findings if finding.severity != "fine"]
    named = {finding.name for finding in raised}
    calm = [
        column.name for column in read if not named & {f"column {column.name}", f"batches of {column.name}"}
    ]
    if calm:
        sentence = f"The class doesn't go with what other columns say: {first_few(calm)}."
        raised.append(Finding("columns", "fine", sentence))
    return raised


def cramers_v(first: IndexArray, second: IndexArray) -> float:
    """Return Cramér's V of two columns of numbers from 0, corrected for bias: 0 unrelated, 1 where one follows from the other.

    Parameters
    ----------
    first, second
        ``(n,)`` numbers from 0, one pair per patient.

    Examples
    --------
    >>> classes = np.array([0, 1] * 10)
    >>> cramers_v(classes, classes), cramers_v(classes, np.repeat([0, 1], 10))
    (1.0, 0.0)

    References
    ----------
    Bergsma 2013, J. Korean Stat. Soc. 42:323, doi 10.1016/j.jkss.2012.10.002.
    """
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), 1.0)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    n, (n_rows, n_columns) = len(first), table.shape
    square = max(0.0, _chi_square(table) / n - (n_rows - 1) * (n_columns - 1) / (n - 1))
    least = min(size - 1 - (size - 1) ** 2 / (n - 1) for size in (n_rows, n_columns))
    return float(np.sqrt(min(1.0, square / least))) if least > 0 else 0.0


def _association(
    column: Column,
    patients: Patients,
    folds: Sequence[Fold],
    multiplicity: FloatArray,
    *,
    seed: int,
    n_columns: int,
) -> Finding:
    auc = probe_auc(column.features(), patients, folds, multiplicity)
    raised, figures = raised_by(auc), auc_text(auc)
    if column.recurs:
        association = cramers_v(patients.class_of_patient, column.group_of_patient)
        chance = association_p(patients.class_of_patient, column.group_of_patient, seed=seed)
        figures += f"; Cramér's V {figure(association)}, p = {chance:.2g}"
        sure = chance <= max(_FALSE_ALARMS / n_columns, 1 / (_PERMUTATIONS + 1))
        if sure and association >= _LEAST_V:
            raised = max(raised, "warn", key=GRAVITY.index)
    severity: Severity = milder(raised, "stop" if column.handling else "warn")
    sentence = f"The class goes with column {column.name!r:.60} ({figures}).{CONSEQUENCE[severity]}"
    if raised != severity:
        sentence += " The class in other words is no harm, as long as nobody trains on it."
    return Finding(f"column {column.name}", severity, sentence, auc)


def association_p(classes: IndexArray, groups: IndexArray, *, seed: int) -> float:
    """Return how often classes assigned at random go with the groups as closely, by chi-square, among 2,000 permutations.

    Parameters
    ----------
    classes
        ``(m,)`` class number of each patient, from 0.
    groups
        ``(m,)`` group number of each patient.
    seed
        Of the permutations.
    """
    names, of_patient, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    member = np.eye(names.size)[of_patient] / np.sqrt(sizes)  # (m, groups)

    def closeness(permuted: IndexArray) -> FloatArray:
        """Return chi-square up to constants, for ``(k, m)`` classes."""
        parts = [((permuted == code) @ member) ** 2 / np.mean(classes == code) for code in np.unique(classes)]
        return np.asarray(np.sum(parts, axis=(0, 2)))

    generator = np.random.default_rng(seed)
    least = closeness(classes[None])[0] * (1 - 1e-9)
    as_close = 0
    for _ in range(_PERMUTATIONS // _PERMUTED_AT_ONCE):
        permuted = generator.permuted(np.tile(classes, (_PERMUTED_AT_ONCE, 1)), axis=1)
        as_close += int(np.count_nonzero(closeness(permuted) >= least))
    return (1 + as_close) / (1 + _PERMUTATIONS)


def _chi_square(table: FloatArray) -> float:
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())


def _left_out(
    column: Column, features: FloatArray, patients: Patients, multiplicity: FloatArray, seed: int
) -> Finding | None:
    """Evaluate a cheap model on batches it never saw, and on as many patients drawn at random; None where that can't be done."""
    if not column.recurs:
        return None
    part = _assign_batches(column.group_of_patient)
    generator = np.random.default_rng(seed)
    controls = [generator.permutation(part) for _ in range(_CONTROLS)]
    if not all(_trainable(each, patients) for each in (part, *controls)):
        return None
    batches_out = _auc(features, patients, part, multiplicity)
    patients_out = [_auc(features, patients, each, multiplicity) for each in controls]
    expected = float(np.mean([value for value, _ in patients_out]))
    fall = expected - batches_out[0]
    resampled = np.mean([each for _, each in patients_out], axis=0) - batches_out[1]
    interval = percentile_interval(fall, resampled)
    if not interval.low > _LEAST_DROP:
        return None
    sentence = (
        f"A cheap model reaches patient AUC {figure(expected)} when patients are left out at random, but {figure(batches_out[0])} when "
        f"whole groups of column {column.name!r:.60} are: it may know the batch instead of the class. Evaluate models on batches they "
        "never saw."
    )
    return Finding(f"batches of {column.name}", "warn", sentence)


def _assign_batches(group: IndexArray) -> IndexArray:
    """Return the part of each patient, whole batches together: the largest batch goes to the smallest part in turn."""
    names, counts = np.unique(group, return_counts=True)
    sizes = np.zeros(min(_MOST_FOLDS, names.size))
    part = np.empty(group.size, dtype=np.intp)
    for batch in np.argsort(-counts, kind="stable"):
        smallest = int(sizes.argmin())
        part[group == names[batch]] = smallest
        sizes[smallest] += counts[batch]
    return part


def _trainable(part: IndexArray, patients: Patients) -> bool:
    return all(
        np.bincount(patients.class_of_patient[part != number], minlength=len(patients.classes)).min()
        >= _FEWEST_TRAINED
        for number in np.unique(part)
    )


def _auc(
    features: FloatArray, patients: Patients, part: IndexArray, multiplicity: FloatArray
) -> tuple[float, FloatArray]:
    """Return the patient AUC of the cheap model, each part being left out in turn, and the same in each resample."""
    target = np.eye(len(patients.classes))[patients.class_of_row]
    part_of_row = part[patients.of_row]
    score = np.empty_like(target)
    for number in np.unique(part):
        train, test = np.flatnonzero(part_of_row != number), np.flatnonzero(part_of_row == number)
        # Classes count alike: a batch that lacks one class must not lower that class in all others.
        share = target[train].mean(axis=0)
        weight = 1.0 / share[patients.class_of_row]
        score[test] = ridge_scores(features, target, train, test, weight)
    mean = patient_means(score, patients)
    positive = 1 if len(patients.classes) == 2 else None
    truth, patient_number = patients.class_of_patient, np.arange(len(mean))
    resampled = [
        resampled_auc(truth == code, mean[:, code], patient_number, multiplicity)
        for code in ranked_classes(len(patients.classes), positive)
    ]
    return macro_auc(truth, mean, positive), np.asarray(np.mean(resampled, axis=0))
