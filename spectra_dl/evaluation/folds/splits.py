"""Who is trained on and who is tested: folds by patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spectra_dl.arrays import IndexArray, Texts
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.wording import first_few

_INNER_FOLDS = 3
_ATTEMPTS = 20  # at dividing subjects with several classes
Parts = Literal["folds", "members"]
_FEWER: dict[Parts, str] = {
    "folds": "every fold needs a patient of each class: take fewer folds or more patients",
    "members": (
        "these are the patients to train on, and every member of the ensemble leaves out one of each class: take fewer --members or more patients"
    ),
}
_MOST_CLASSES = 10  # more that are numbers were measured


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the rows.

    Attributes
    ----------
    repeat, number
        Which repeat and which fold of it, from 0.
    train, test
        Row numbers from 0, ascending; together every row once.
    left_out
        The batch, site or instrument that is tested, in a split by such a column.
    """

    repeat: int
    number: int
    train: IndexArray
    test: IndexArray
    left_out: str | None = None


def patient_folds(
    patient: Texts | None,
    label: Texts,
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    parts: Parts = "folds",
) -> list[Fold]:
    """Divide the rows by patient, stratified by the patients' class.

    Every patient is tested exactly once per repeat, with all rows, and no class differs by more than one patient
    between two folds. Where labels are of samples (`sample_units`), all that a subject has is tested together. The division depends on ids, classes and seed, not on the order of rows.

    Parameters
    ----------
    patient, label
        ``(n,)`` text, per row.
    folds
        How many parts; five keeps four fifths for training.
    repeats
        How many independent divisions.
    parts
        What the folds are for, so that a refusal names what to change: the evaluation, or the members of an ensemble.

    Raises
    ------
    UsageError
        No patient ids, or ``folds`` or ``repeats`` out of range.
    DataError
        A class with fewer patients than folds, only one class, or a patient with more than one label.

    Examples
    --------
    >>> patient, label = ["a", "a", "b", "c", "d", "d"], ["sick", "sick", "sick", "well", "well", "well"]
    >>> [fold.test.tolist() for fold in patient_folds(patient, label, folds=2)]
    [[0, 1, 3], [2, 4, 5]]
    """
    people = read_patients(patient, label)
    _check_counts(folds, repeats)
    _refuse_small_classes(people, folds, parts)
    divisions = (_divide(people, folds, (seed, repeat)) for repeat in range(repeats))
    return [
        fold
        for repeat, part in enumerate(divisions)
        for fold in folds_from(part[people.of_row], repeat, folds)
    ]


def _divide(people: Patients, folds: int, seed: tuple[int, int]) -> IndexArray:
    """Return ``(m,)`` the fold of each patient."""
    if people.cluster is None:
        return assign_folds(people.class_of_patient, folds, seed)
    lacking = ""
    for attempt in range(_ATTEMPTS):
        shuffle = (*seed, attempt) if attempt else seed
        part = assign_subjects(people.cluster, people.class_of_patient, folds, shuffle)
        lacking = _class_not_in_each(part, people, folds)
        if not lacking:
            return part
    raise DataError(
        f"{len(people.subjects)} subjects can't be divided into {folds} folds with class {lacking!r:.80} in each; take fewer folds"
    )


def _class_not_in_each(part: IndexArray, people: Patients, folds: int) -> str:
    """Return a class that a fold lacks; empty where each has all."""
    for code, name in enumerate(people.classes):
        if np.unique(part[people.class_of_patient == code]).size < folds:
            return name
    return ""


def inner_folds(patient: Texts, label: Texts, *, seed: int = 0) -> list[Fold]:
    """Divide training rows by patient, for what is chosen inside a fold.

    Three folds, or two where a class has two patients; none where it has one, who can't be left out, or where subjects with several classes can't be
    divided with each class in each fold.

    Parameters
    ----------
    patient, label
        ``(n,)`` text, per training row.
    seed
        Of the division.
    """
    people = read_patients(patient, label)
    folds = min(_INNER_FOLDS, *(people.count(code) for code in range(len(people.classes))))
    if folds < 2:
        return []
    try:
        return patient_folds(patient, label, folds=folds, seed=seed)
    except DataError:
        return []  # of what was read well above: subjects with several classes that can't be divided


def spectrum_folds(label: Texts, *, folds: int = 5, repeats: int = 1, seed: int = 0) -> list[Fold]:
    """Divide the rows whoever's they are, stratified by class: a leaking split, kept to estimate how far it deceives.

    With several spectra per patient nearly every test patient is also trained on. Never score a model by this.

    Parameters
    ----------
    label
        ``(n,)`` text, per row.
    folds
        How many parts.
    repeats
        How many independent divisions.
    seed
        Of the divisions.

    Raises
    ------
    UsageError
        ``folds`` or ``repeats`` out of range.
    DataError
        A class with fewer spectra than folds, or only one class.
    """
    _check_counts(folds, repeats)
    rows_as_patients = read_patients([f"{row:012d}" for row in range(len(label))], label)
    _refuse_small_classes(rows_as_patients, folds)
    divisions = (
        assign_folds(rows_as_patients.class_of_row, folds, (seed, repeat)) for repeat in range(repeats)
    )
    return [fold for repeat, part in enumerate(divisions) for fold in folds_from(part, repeat, folds)]


def undivided_folds(group: Texts, class_of_row: IndexArray, *, folds: int, seed: int) -> list[Fold]:
    """Divide rows by groups that are smaller than patients: a leaking split like `spectrum_folds`, with neighbours on one side.

    Parameters
    ----------
    group
        ``(n,)`` text, per row.
    class_of_row
        ``(n,)`` class numbers.
    folds
        How many parts, or as many as there are groups.
    seed
        Of the division.

    Returns
    -------
    list of Fold
        Empty where there is one group only, or a part would train one class only.
    """
    names, number = np.unique(np.array([str(name) for name in group]), return_inverse=True)
    folds = min(folds, len(names))
    if folds < 2:
        return []
    divided = folds_from(assign_subjects(number, class_of_row, folds, (seed, 0)), 0, folds)
    return divided if all(np.unique(class_of_row[fold.train]).size > 1 for fold in divided) else []


def _check_counts(folds: int, repeats: int) -> None:
    if folds < 2 or repeats < 1:
        raise UsageError(f"folds={folds}, repeats={repeats}: at least 2 folds and 1 repeat are needed")


def _refuse_small_classes(people: Patients, folds: int, parts: Parts = "folds") -> None:
    counts = {name: people.count(number) for number, name in enumerate(people.classes)}
    if min(counts.values()) < folds:
        listed = first_few(f"{name} {count}" for name, count in counts.items())
        remedy = _FEWER[parts]
        if len(counts) > _MOST_CLASSES and all(_is_number(name) for name in counts):
            remedy = "these labels are numbers: predict them with --target"
        raise DataError(f"too few patients for {folds} {parts}: {listed}; {remedy}")


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def assign_folds(class_of_unit: IndexArray, folds: int, seed: tuple[int, int]) -> IndexArray:
    """Assign each unit (patient or row) to a fold in turn, class after class, shuffled within each class.

    Parameters
    ----------
    class_of_unit
        ``(u,)`` class numbers.
    folds
        How many folds.
    seed
        Of the shuffles: the seed and the repeat.
    """
    generator = np.random.default_rng(seed)
    shuffled = [
        generator.permutation(np.flatnonzero(class_of_unit == code)) for code in np.unique(class_of_unit)
    ]
    fold = np.empty(class_of_unit.size, dtype=np.intp)
    fold[np.concatenate(shuffled)] = np.arange(class_of_unit.size) % folds
    return fold


def assign_subjects(
    subject: IndexArray, class_of_unit: IndexArray, folds: int, seed: tuple[int, ...]
) -> IndexArray:
    """Assign subjects with all their units to folds, those of most classes first, each to the fold that has least of its classes.

    Parameters
    ----------
    subject
        ``(u,)`` number of each unit's subject, from 0.
    class_of_unit
        ``(u,)`` class numbers.
    folds
        How many folds.
    seed
        Of the shuffles: the seed, the repeat, and the attempt where that is not the first.

    Returns
    -------
    fold
        ``(u,)`` of each unit.
    """
    has = np.zeros((int(subject.max()) + 1, int(class_of_unit.max()) + 1))
    has[subject, class_of_unit] = 1.0
    shuffled = np.random.default_rng(seed).permutation(len(has))
    fewest_last = shuffled[np.argsort(-has[shuffled].sum(axis=1), kind="stable")]
    filled, size = np.zeros((folds, has.shape[1])), np.zeros(folds)
    fold = np.empty(len(has), dtype=np.intp)
    for person in fewest_last:
        fold[person] = np.lexsort((size, filled @ has[person]))[0]
        filled[fold[person]] += has[person]
        size[fold[person]] += 1
    return fold[subject]


def folds_from(
    fold_of_row: IndexArray, repeat: int, folds: int, *, left_out: Sequence[str] | None = None
) -> list[Fold]:
    """Return the folds of rows that are numbered by the fold that tests them.

    Parameters
    ----------
    fold_of_row
        ``(n,)`` number of the fold that tests each row, from 0.
    repeat
        Which repeat they are of, from 0.
    folds
        How many folds.
    left_out
        ``(folds,)`` what each leaves out, in a split by a column.
    """
    return [
        Fold(
            repeat,
            number,
            np.flatnonzero(fold_of_row != number),
            np.flatnonzero(fold_of_row == number),
            left_out[number] if left_out else None,
        )
        for number in range(folds)
    ]


def whole_and_undivided(folds: Sequence[Fold], owner: IndexArray) -> bool:
    """Return whether folds test each row once per repeat and divide nobody; no folds do neither.

    Parameters
    ----------
    folds
        From anywhere.
    owner
        ``(n,)`` whose each row is.
    """
    if not folds:
        return False
    repeats = {fold.repeat for fold in folds}
    times = np.bincount(np.concatenate([fold.test for fold in folds]), minlength=len(owner))
    divided = any(np.intersect1d(owner[fold.train], owner[fold.test]).size for fold in folds)
    return repeats == set(range(len(repeats))) and bool(np.all(times == len(repeats))) and not divided
