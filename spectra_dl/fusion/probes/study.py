"""What the audit of patients with several blocks is given."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.evaluation.audit import AuditInputs, Finding, RowCheck
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.patients import Patients
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.probes.asked import OF_CLASSES, Asked
from spectra_dl.fusion.probes.class_columns import DiffersByBatch, LabelInOtherWords, check_known_before
from spectra_dl.fusion.probes.facts import clinical_columns, facts_of
from spectra_dl.fusion.probes.outcome_columns import OutcomeInOtherWords
from spectra_dl.fusion.probes.own_checks import own_checks
from spectra_dl.fusion.probes.presence import PresenceByClass
from spectra_dl.fusion.probes.same_facts import SameFacts
from spectra_dl.fusion.probes.same_people import SamePeople
from spectra_dl.fusion.rows import FusionRows

Predicted = tuple[str, Outcomes | Survival]


def block_audit_inputs(rows: FusionRows, predicted: Predicted | None = None) -> AuditInputs:
    """Return the checks of patients with several blocks.

    Parameters
    ----------
    rows
        One row a patient, blocks as they were read: `SpectraTable`, `TissueImages`, `ClinicalTable`. Other rows are looked at only for who has them.
    predicted
        What it is called and what came of the patients, where no class is predicted.
    """
    columns, facts = clinical_columns(rows), facts_of(rows)
    measured = {block.name for block in rows.blocks if not isinstance(block.rows, ClinicalTable)}
    batches: dict[str, TextArray] = {}
    for block, of_block in facts.items():
        for name, cells in of_block.items() if block in measured else ():
            batches[f"{name} of {block}" if name in batches else name] = cells
    asked = OF_CLASSES if predicted is None else Asked.of_outcome(predicted[0])
    checks: list[RowCheck] = [PresenceByClass(_present(rows, columns), asked), SamePeople(facts)]
    if columns:
        checks += [
            LabelInOtherWords(columns) if predicted is None else OutcomeInOtherWords(columns, *predicted),
            partial(_known_before, columns),
            DiffersByBatch(columns, batches, asked),
            SameFacts(columns),
        ]
    for measured_block in rows.blocks:
        checks += own_checks(measured_block, asked)
    return AuditInputs(row_checks=checks, columns=batches)


def _known_before(
    columns: Sequence[ClinicalColumn], patients: Patients, folds: Sequence[Fold], *, seed: int
) -> Finding:
    return check_known_before(columns)


def _present(rows: FusionRows, columns: Sequence[ClinicalColumn]) -> dict[str, NDArray[np.bool_]]:
    """Return who has each block, and each value of clinical columns that somebody with the block lacks."""
    present = {name: rows.has(name) for name in rows.names}
    known = {column.name: ~np.isnan(column.values) for column in columns}
    blocks = [have.tobytes() for have in present.values()]
    return present | {f"column {name}": have for name, have in known.items() if have.tobytes() not in blocks}
