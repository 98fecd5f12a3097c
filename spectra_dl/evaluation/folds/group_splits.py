"""Folds that leave out a whole batch, site or instrument."""

from collections.abc import Sequence

import numpy as np

from spectra_dl.arrays import IndexArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.splits import Fold, folds_from
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.evaluation.wording import first_few


def group_folds(patient: Texts | None, label: Texts, group: Texts, *, column: str = "group") -> list[Fold]:
    """Leave out one batch, site or instrument at a time: each value of a column is one test fold.

    This asks whether a model holds where it was never trained. A test fold may have patients of one class only.

    Parameters
    ----------
    patient, label, group
        ``(n,)`` text, per row.
    column
        What ``group`` is called, for errors.

    Raises
    ------
    UsageError
        No patient ids.
    DataError
        A row has no group, there is one group only, a patient stands in several, or without a group a class has no patients left.

    Examples
    --------
    >>> label, batch = ["sick", "well", "sick", "well"], ["May", "May", "June", "June"]
    >>> [(fold.left_out, fold.test.tolist()) for fold in group_folds("abcd", label, batch)]
    [('June', [2, 3]), ('May', [0, 1])]
    """
    people = read_patients(patient, label)
    names, of_row = named_groups(group, len(label), column=column)
    refuse_in_two_groups(
        [people.subjects[number] for number in people.subject_of_patient[people.of_row]],
        of_row,
        names,
        column=column,
    )
    _refuse_untrainable(people, names, of_row, column)
    return folds_from(of_row, 0, len(names), left_out=names)


def named_groups(values: Texts, n_rows: int, *, column: str) -> tuple[list[str], IndexArray]:
    """Return the values of a column, sorted, and the number of each row's value.

    Parameters
    ----------
    values
        ``(n,)`` text.
    n_rows
        How many there must be.
    column
        What the column is called, for errors.

    Raises
    ------
    DataError
        Another number of values, a row without a value, or one value only.
    """
    if len(values) != n_rows:
        raise DataError(f"{len(values)} entries of {column!r} for {n_rows} labels; give one of each per row")
    names = sorted({str(name) for name in values})
    of_row = np.searchsorted(
        np.array(names, dtype=object), np.array([str(name) for name in values], dtype=object)
    )
    blank = [row + 1 for row, name in enumerate(values) if not str(name).strip()]
    if blank:
        raise DataError(
            f"{len(blank)} rows have no {column!r} (row {first_few(blank)}); fill it in, or split by patient"
        )
    if len(names) < 2:
        raise DataError(f"every row has the same {column!r}: {names[0]!r:.80}; split by patient")
    return names, of_row.astype(np.intp)


def refuse_in_two_groups(patient: Texts, of_row: IndexArray, names: Sequence[str], *, column: str) -> None:
    """Refuse patients who would be trained on and tested.

    Parameters
    ----------
    patient
        ``(n,)`` text.
    of_row
        ``(n,)`` the number of each row's group.
    names
        Of the groups.
    column
        What the column is called.

    Raises
    ------
    DataError
        A patient stands in several groups.
    """
    people, of_patient = np.unique(
        np.array([str(name) for name in patient], dtype=object), return_inverse=True
    )
    pairs = np.unique(np.stack([of_patient, of_row]), axis=1)  # (2, patient and group that occur together)
    several = np.flatnonzero(np.bincount(pairs[0]) > 1)
    if several.size:
        listed = [
            f"{people[person]} ({first_few(names[group] for group in pairs[1, pairs[0] == person])})"
            for person in several
        ]
        raise DataError(
            f"patients with more than one {column!r}: {first_few(listed)}; they would be trained on and tested: "
            "leave them out, or split by patient"
        )


def _refuse_untrainable(people: Patients, names: Sequence[str], of_row: IndexArray, column: str) -> None:
    counts = np.zeros((len(names), len(people.classes)), dtype=np.intp)
    _, first_row = np.unique(people.of_row, return_index=True)
    np.add.at(counts, (of_row[first_row], people.class_of_patient), 1)
    left = counts.sum(axis=0) - counts
    for group, code in np.argwhere(left == 0)[:1]:
        listed = (
            f"{names[at]!r:.80} "
            + ", ".join(f"{count} {name:.80}" for count, name in zip(counts[at], people.classes, strict=True))
            for at in range(len(names))
        )
        raise DataError(
            f"without {column!r} {names[group]!r:.80} no patient of class {people.classes[code]!r:.80} is left to train on "
            f"(patients: {'; '.join(listed):.250}); split by patient"
        )
