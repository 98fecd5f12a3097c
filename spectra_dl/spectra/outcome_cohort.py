"""The spectra that a number per patient may be predicted from: each with a patient, a number and a good verdict."""

from dataclasses import dataclass, replace

from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
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
    if target not in table.metadata:
        named = first_few(table.metadata) or "none"
        raise UsageError(f"--target {target!r:.80}: there is no such column; there are {named}")
    patient, numbers = required_patients(table), table.metadata[target]
    whole = read_outcomes(patient, numbers, column=target)
    others = {name: cells for name, cells in table.metadata.items() if name != target}
    if table.label is not None:  # a class is a column like others here, which the audit looks at
        others.setdefault("label", table.label)
    bare = replace(table, patient=whole.patient_of_row, label=None, metadata=others)
    cohort = usable_cohort(bare, text_array(numbers), whole.patient_of_row, within=within)
    return OutcomeCohort(cohort, read_outcomes(cohort.patient, cohort.label, column=target))
