"""The spectra that an outcome of patients may be predicted from: each with a patient, what came of it and a good verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.values import Survival, read_survival
from spectra_dl.evaluation.outcomes.values import Outcomes, read_outcomes
from spectra_dl.evaluation.wording import first_few
from spectra_dl.spectra.cohort import Cohort, required_patients, usable_cohort
from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True, eq=False)
class OutcomeCohort:
    """Usable spectra of patients with a number each.

    Attributes
    ----------
    cohort
        The spectra; ``label`` is the number as text, and no longer among the table's columns.
    outcomes
        Whose each spectrum is, and each patient's number.
    """

    cohort: Cohort
    outcomes: Outcomes


@dataclass(frozen=True, eq=False)
class SurvivalCohort:
    """Usable spectra of patients who were followed.

    Attributes
    ----------
    cohort
        The spectra; ``label`` is the time as text, and neither time nor event is among the table's columns.
    survival
        Whose each spectrum is, and what came of each patient.
    """

    cohort: Cohort
    survival: Survival


def outcome_cohort(
    table: SpectraTable, target: str, *, within: tuple[float, float] | None = None
) -> OutcomeCohort:
    """Check numbers and patients, leave out spectra that can't be used, and say which.

    Parameters
    ----------
    table
        Spectra as read, with patients.
    target
        Column of the numbers.
    within
        The range in cm⁻¹ that will be used; None for all of it.

    Raises
    ------
    UsageError
        There is no such column.
    DataError
        No patient is named, some or their numbers are missing, a number is none, a patient has several, or no spectrum can be used.
    """
    patient, (numbers,) = _given(table, {"--target": target})
    whole = read_outcomes(patient, numbers, column=target)
    bare = _without(table, whole.patient_of_row, (target,))
    cohort = usable_cohort(bare, text_array(numbers), whole.patient_of_row, within=within)
    return OutcomeCohort(cohort, read_outcomes(cohort.patient, cohort.label, column=target))


def survival_cohort(
    table: SpectraTable, time: str, event: str, *, within: tuple[float, float] | None = None
) -> SurvivalCohort:
    """Check times, events and patients, leave out spectra that can't be used, and say which.

    Parameters
    ----------
    table
        Spectra as read, with patients.
    time, event
        Columns of how long patients were followed, and whether the event came.
    within
        The range in cm⁻¹ that will be used; None for all of it.

    Raises
    ------
    UsageError
        There is no such column.
    DataError
        No patient is named, some or their times or events are missing or impossible, there are too few events, or no spectrum can be used.
    """
    columns = (time, event)
    patient, (times, events) = _given(table, {"--time": time, "--event": event})
    whole = read_survival(patient, times, events, columns=columns)
    bare = _without(table, whole.patient_of_row, columns)
    cohort = usable_cohort(bare, text_array(times), whole.patient_of_row, within=within)
    kept = read_survival(cohort.patient, cohort.label, events[cohort.row - 1], columns=columns)
    return SurvivalCohort(cohort, kept)


def _given(table: SpectraTable, named: Mapping[str, str]) -> tuple[TextArray, list[TextArray]]:
    """Return the rows' patients and the cells of columns, which are named by the options that ask for them."""
    for option, column in named.items():
        if column not in table.metadata:
            known = first_few(table.metadata) or "none"
            raise UsageError(f"{option} {column!r:.80}: there is no such column; there are {known}")
    return required_patients(table), [text_array(table.metadata[column]) for column in named.values()]


def _without(table: SpectraTable, patient: TextArray, columns: Sequence[str]) -> SpectraTable:
    """Return the table without columns of the outcome; a class is a column like others here, which the audit looks at."""
    others = {name: cells for name, cells in table.metadata.items() if name not in columns}
    if table.label is not None:
        others.setdefault("label", table.label)
    return replace(table, patient=patient, label=None, metadata=others)
