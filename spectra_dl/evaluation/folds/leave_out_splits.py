"""Folds of rows that belong to sections of patients."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from spectra_dl.arrays import Texts
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.group_splits import named_groups, refuse_in_two_groups
from spectra_dl.evaluation.folds.splits import Fold, assign_folds, folds_from
from spectra_dl.evaluation.wording import first_few

Group = Literal["patient", "section"]


def left_out_folds(
    section: Texts,
    patient: Texts,
    *,
    group: Group = "patient",
    folds: int | None = None,
    repeats: int = 1,
    seed: int = 0,
) -> list[Fold]:
    """Leave out one patient at a time, or one section at a time where that is asked for by name.

    Parameters
    ----------
    section, patient
        ``(n,)`` text, per row.
    group
        What is never divided; ``"section"`` lets sections of one patient stand on both sides.
    folds
        Split the patients (or sections) into so many folds instead of leaving out each on its own.
    repeats
        How many independent splits into folds.
    seed
        Of the split.

    Raises
    ------
    UsageError
        Another ``group``.
    DataError
        A section of two patients, a row without either, nothing to train on, or more folds than patients.

    Examples
    --------
    >>> [(fold.left_out, fold.test.tolist()) for fold in left_out_folds(["a1", "a2", "b1"], ["a", "a", "b"])]
    [('a', [0, 1]), ('b', [2])]
    """
    if group not in ("patient", "section"):
        raise UsageError(f"group {group!r:.80}: leave out 'patient' or 'section'")
    owners = patient_of_section(section, patient)
    names = sorted(set(owners.values() if group == "patient" else owners))
    _refuse_too_few(names, group, folds)
    number = {name: at for at, name in enumerate(names)}
    of_row = np.array(
        [number[str(name)] for name in (patient if group == "patient" else section)], dtype=np.intp
    )
    if folds is None:
        return folds_from(of_row, 0, len(names), left_out=names)
    splits = (
        assign_folds(np.zeros(len(names), dtype=np.intp), folds, (seed, repeat)) for repeat in range(repeats)
    )
    return [fold for repeat, part in enumerate(splits) for fold in folds_from(part[of_row], repeat, folds)]


def column_folds(section: Texts, patient: Texts, values: Texts, *, column: str) -> list[Fold]:
    """Leave out one value of a column at a time, such as a scanner or a batch of sections.

    Parameters
    ----------
    section, patient
        ``(n,)`` text, per row.
    values
        ``(n,)`` the column.
    column
        Its name, for errors.

    Raises
    ------
    DataError
        A row without a value, one value only, or a section or patient with several.

    Examples
    --------
    >>> folds = column_folds(["a1", "b1", "c1"], ["a", "b", "c"], ["x", "x", "y"], column="scanner")
    >>> [(fold.left_out, fold.test.tolist()) for fold in folds]
    [('x', [0, 1]), ('y', [2])]
    """
    patient_of_section(section, patient)
    names, of_row = named_groups(values, len(section), column=column)
    refuse_in_two_groups(patient, of_row, names, column=column)
    return folds_from(of_row, 0, len(names), left_out=names)


def check_sections_whole(folds: Sequence[Fold], section: Texts) -> None:
    """Refuse folds that divide a section between training and test.

    Parameters
    ----------
    folds
        From elsewhere.
    section
        ``(n,)`` text, per row.

    Raises
    ------
    DataError
        A section is divided.
    """
    names = np.array([str(name) for name in section], dtype=object)
    for fold in folds:
        if divided := sorted(set(names[fold.train]) & set(names[fold.test])):
            raise DataError(
                f"fold {fold.number + 1} of the given split divides sections {first_few(divided)}; "
                "take a split that keeps sections whole"
            )


def patient_of_section(section: Texts, patient: Texts) -> Mapping[str, str]:
    """Return each section's patient, sections in alphabetical order.

    Parameters
    ----------
    section, patient
        ``(n,)`` text, per row.

    Raises
    ------
    DataError
        A section of two patients, or a row without section or patient.
    """
    if len(section) != len(patient):
        raise DataError(f"{len(section)} sections for {len(patient)} patients; give one of each per row")
    owners: dict[str, str] = {}
    for name, owner in sorted(
        {(str(name), str(owner)) for name, owner in zip(section, patient, strict=True)}
    ):
        if not name.strip() or not owner.strip():
            raise DataError(
                "a row has no section or no patient; name both, so that no patient is on both sides"
            )
        if owners.setdefault(name, owner) != owner:
            raise DataError(
                f"section {name!r:.80} stands with patients {first_few([owners[name], owner])}; a section has one patient"
            )
    return owners


def _refuse_too_few(names: list[str], group: Group, folds: int | None) -> None:
    if not names:
        raise DataError("there are no rows to divide; give sections with rows")
    if len(names) == 1:
        remedy = (
            "; bring sections of another patient, or say --group section to leave out sections"
            if group == "patient"
            else "; bring another section"
        )
        raise DataError(
            f"there is one {group} only, {names[0]!r:.80}, so there is nothing to train on{remedy}"
        )
    if folds is not None and not 2 <= folds <= len(names):
        raise DataError(f"{folds} folds of {len(names)} {group}s; take 2 to {len(names)}")
