"""Audit a whole study: from a table as it was read to the findings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import Audit, audit
from spectra_dl.evaluation.audit.finding import gravest_first
from spectra_dl.evaluation.audit.identity import patients_in_several_classes, several_classes_finding
from spectra_dl.evaluation.class_names import refuse_spellings_of_one_class
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.cohort import Cohort, labelled_cohort
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.table import SpectraTable

_USUAL_FOLDS = 5


@dataclass(frozen=True, eq=False)
class StudyAudit:
    """What an audit found, and on which spectra.

    Attributes
    ----------
    audit
        The findings.
    cohort
        The spectra that were looked at.
    """

    audit: Audit
    cohort: Cohort


def audit_study(
    table: SpectraTable,
    *,
    folds: int = _USUAL_FOLDS,
    seed: int = 0,
    execution: Execution | None = None,
    label_per_sample: bool = False,
) -> StudyAudit:
    """Run every check that the table allows.

    Patients who carry several labels are one finding, and are left out of the other checks, unless labels are said to be of samples.

    Parameters
    ----------
    table
        Raw spectra with labels and patients.
    folds
        Parts the patients are split into, 2 or more.
    seed
        Of the folds, the resampled patients and the permutations.
    execution
        Where the checks run; in this process if None.
    label_per_sample
        As in `spectra_dl.spectra.cohort.labelled_cohort`.

    Raises
    ------
    DataError
        As `labelled_cohort`; or a class has fewer patients than folds, without those who carry several labels.
    """
    conflicting, whole = [], np.ones(len(table), dtype=np.bool_)
    if table.label is not None and table.patient is not None and not label_per_sample:
        people = one_spelling(table.patient).names
        conflicting = patients_in_several_classes(people, table.label)
        whole = ~np.isin(np.array(people, dtype=np.str_), conflicting)
    # If nobody is left, labelled_cohort says so of the whole table.
    if conflicting and whole.any():
        refuse_spellings_of_one_class(
            [name for name in table.label if name] if table.label is not None else []
        )
        table, everybody = table.select(whole), table
        _refuse_what_is_left(everybody, table, conflicting, folds)
    cohort = labelled_cohort(table, label_per_sample=label_per_sample)
    cohort_audit = audit_cohort(cohort, folds=folds, seed=seed, execution=execution)
    findings = [*([several_classes_finding(conflicting)] if conflicting else []), *cohort_audit.findings]
    return StudyAudit(Audit(gravest_first(findings)), cohort)


def _refuse_what_is_left(
    everybody: SpectraTable, left: SpectraTable, conflicting: Sequence[str], folds: int
) -> None:
    """Refuse a study that has too few patients of a class once those with several labels are left out, and say that this is why."""
    if everybody.label is None or left.label is None or left.patient is None:
        return
    counts = Counter(dict(zip(left.patient, left.label, strict=True)).values())
    short = [f"{name} {counts[name]}" for name in sorted(set(everybody.label)) if counts[name] < folds]
    if short:
        raise DataError(
            f"{len(conflicting)} {'patient has' if len(conflicting) == 1 else 'patients have'} more than one label ({first_few(conflicting)}), and without them too few are left for {folds} folds "
            f"({first_few(short)}): say --label-per-sample where the label is the sample's; else correct the labels"
        )


def audit_cohort(
    cohort: Cohort, *, folds: int | None = None, seed: int = 0, execution: Execution | None = None
) -> Audit:
    """Run every check on spectra that passed the quality check.

    Parameters
    ----------
    cohort
        Usable raw spectra with labels and patients.
    folds
        Parts the patients are split into, 2 or more; None takes five, or fewer where a class has fewer patients.
    seed
        Of the folds, the resampled patients and the permutations.
    execution
        Where the checks run; in this process if None.

    Raises
    ------
    DataError
        A class has fewer patients than folds.
    """
    if folds is None:
        fewest = min(Counter(dict(zip(cohort.patient, cohort.label, strict=True)).values()).values())
        folds = max(2, min(_USUAL_FOLDS, fewest))
    return audit(
        cohort.label,
        cohort.patient,
        spectra_audit_inputs(cohort.table),
        folds=patient_folds(cohort.patient, cohort.label, folds=folds, seed=seed),
        multiplicity=read_patients(cohort.patient, cohort.label).draw(seed=seed),
        seed=seed,
        execution=execution,
    )
