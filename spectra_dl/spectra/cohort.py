"""The spectra a model may be trained and evaluated on: each with a label, a patient and a good verdict."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spectra_dl.arrays import IndexArray, TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit.columns import says_whose
from spectra_dl.evaluation.folds.split_file import RowNames
from spectra_dl.evaluation.patients import read_patients, refuse_missing_ids
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.sample_units import subjects_of, unit_ids
from spectra_dl.evaluation.wording import first_few
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.whole_input import inspect_whole
from spectra_dl.spectra.table import SpectraTable

_LONGEST_LABEL = 200
_LONGEST_REASON = 240


@dataclass(frozen=True, eq=False)
class Cohort:
    """Usable spectra of labelled patients.

    Attributes
    ----------
    table
        The spectra that were not refused.
    label, patient
        ``(n,)`` text, one entry per spectrum of ``table``; where labels are of samples, ids of `sample_units`.
    refused
        ``"sample id: reason"`` of each spectrum that was left out.
    notes
        What the reader and the quality check changed or doubt.
    row
        ``(n,)`` number of each spectrum among all that were read, from 1.
    """

    table: SpectraTable
    label: TextArray
    patient: TextArray
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    row: IndexArray

    @property
    def subject(self) -> list[str]:
        """``(n,)`` whose each spectrum is, whatever labels are of."""
        return subjects_of(self.patient)

    @property
    def names(self) -> RowNames:
        """What the spectra are called in the input."""
        return RowNames(self.row, self.table.sample_id)

    def with_cleaning_notes(self, preprocessing: Preprocessing) -> "Cohort":
        """Return the cohort with what cleaning says of all spectra at once: for the reader; models fit their cleaning in each fold."""
        fitted = preprocessing.fit(self.table)
        notes = (*self.notes, *fitted.notes, *fitted.transform(self.table).convergence_notes())
        return replace(self, notes=notes)


def labelled_cohort(
    table: SpectraTable, *, within: tuple[float, float] | None = None, label_per_sample: bool = False
) -> Cohort:
    """Check labels and patients, leave out spectra that can't be used, and say which.

    Parameters
    ----------
    table
        Spectra as read, with labels and patients.
    within
        The range in cm⁻¹ that will be used; None for all of it.
    label_per_sample
        Labels are of samples: a patient may carry several, and ``patient`` of the cohort has an id for each patient and class.

    Raises
    ------
    DataError
        No label or patient is named, some are missing, labels differ only in spelling or are far too long, a patient carries several, or
        there is one class only.
    """
    label, patient = _required(table)
    too_long = [name for name in label if len(name) > _LONGEST_LABEL]
    if too_long:
        raise DataError(
            f"the label {too_long[0][:40]!r}... has {len(too_long[0])} characters; is --label the right column?"
        )
    refuse_missing_ids(patient, "patient id")
    people = one_spelling(list(patient))
    if not label_per_sample:
        read_patients(list(patient), list(label))
    _refuse_unlike_people(table, [str(name) for name in patient], people.names)
    table = replace(table, patient=text_array(people.names)) if people.notes else table
    patient = unit_ids(people.names, label) if label_per_sample else text_array(people.names)
    read_patients(patient, label)
    cohort = usable_cohort(table, label, patient, within=within, notes=people.notes)
    _refuse_lost_classes(label, cohort)
    samples = (_samples_note(cohort.patient),) if label_per_sample else ()
    return replace(cohort, notes=(*cohort.notes, *samples))


def usable_cohort(
    table: SpectraTable,
    label: TextArray,
    patient: TextArray,
    *,
    within: tuple[float, float] | None,
    notes: Sequence[str] = (),
) -> Cohort:
    """Leave out spectra that can't be used, and say which.

    Parameters
    ----------
    table
        ``n`` spectra as read.
    label, patient
        ``(n,)`` text, checked.
    within
        The range in cm⁻¹ that will be used; None for all of it.
    notes
        What was noted of labels and patients.

    Raises
    ------
    DataError
        No spectrum can be used.
    """
    checked, verdicts = inspect_whole(table, within=within)
    usable = np.array([verdict.status != "refused" for verdict in verdicts], dtype=bool)
    named = [
        (verdict.status, f"{sample}: {'; '.join(verdict.reasons)}")
        for sample, verdict in zip(table.sample_id, verdicts, strict=True)
    ]
    refused = tuple(text for status, text in named if status == "refused")
    if not usable.any():
        raise DataError(
            f"none of the {len(usable)} spectra can be used: {first_few(refused, at_most=1, longest=_LONGEST_REASON)}"
        )
    warned = [text for status, text in named if status == "warned"]
    said = [*checked.notes, *notes, *_use_notes(len(table), refused, warned)]
    if len(set(patient[usable])) == usable.sum():
        said.append(
            "each patient has one spectrum, as the input states; if patients recur, these results are too good"
        )
    return Cohort(
        checked.select(usable),
        label[usable],
        patient[usable],
        refused,
        tuple(said),
        np.flatnonzero(usable) + 1,
    )


def _use_notes(spectra: int, refused: Sequence[str], warned: Sequence[str]) -> list[str]:
    """Return notes of how many spectra were left out and how many are doubtful."""
    notes = []
    if refused:
        notes.append(f"{len(refused)} of {spectra} spectra were left out: {_some_reasons(refused)}")
    if warned:
        notes.append(f"{len(warned)} of {spectra} spectra were used with a warning: {_some_reasons(warned)}")
    return notes


def _samples_note(units: TextArray) -> str:
    """Return the note that says what a label per sample came to."""
    classes = Counter(subjects_of(sorted(set(units))))
    several = sum(count > 1 for count in classes.values())
    if not several:
        return "--label-per-sample: no patient carries several classes, so it changes nothing"
    return (
        f"--label-per-sample: {several} of {len(classes)} patients carry several classes; each patient's spectra of one class are scored as one, and "
        "patients are never divided between training and test"
    )


def _some_reasons(reasons: Sequence[str]) -> str:
    return first_few(reasons, at_most=2, longest=_LONGEST_REASON)


def _refuse_lost_classes(label: TextArray, cohort: Cohort) -> None:
    """Refuse a table of which no usable spectrum of a class is left, by what is wrong with the spectra."""
    lost = sorted(set(label) - set(cohort.label))
    if lost:
        left_out = np.delete(label, cohort.row - 1)
        said = [text for text, name in zip(cohort.refused, left_out, strict=True) if name in lost]
        raise DataError(
            f"no spectrum of class {first_few(lost)} can be used, all {len(said)} were refused: {first_few(said, at_most=2)}"
        )


def _refuse_unlike_people(table: SpectraTable, given: Sequence[str], people: Sequence[str]) -> None:
    """Refuse two spellings of an id whose rows say different things of the person."""
    if list(given) == list(people):
        return
    for column, cells in table.metadata.items():
        said: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in range(len(people)) if says_whose(column) else ():
            said[people[row], given[row]].add(str(cells[row]).strip())
        for (person, spelling), values in said.items():
            usual = said[person, person]
            if not values & usual:
                raise DataError(
                    f"ids {person!a} and {spelling!a} differ in spelling only, but column {column!r:.80} says {first_few(sorted(usual))} of one and "
                    f"{first_few(sorted(values))} of the other: correct it, or give two people ids that differ in more"
                )


def _required(table: SpectraTable) -> tuple[TextArray, TextArray]:
    if table.label is None:
        raise DataError(
            f"no label column: name it with --label; other columns: {first_few(table.metadata) or 'none'}"
        )
    return table.label, required_patients(table)


def required_patients(table: SpectraTable) -> TextArray:
    """Return whose each spectrum is.

    Raises
    ------
    DataError
        The table doesn't say.
    """
    if table.patient is None:
        raise DataError(
            "no patient id: name its column with --patient, or say --replicates 3 when each 3 consecutive rows are one "
            "patient; if each spectrum is another patient, claim that with --patient sample_id"
        )
    return table.patient
