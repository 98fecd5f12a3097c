"""What the audit looks at in a study of several blocks."""

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.probes.study import block_audit_inputs
from spectra_dl.fusion.rows import FusionBlock, FusionRows


def fusion_audit_inputs(cohort: FusionCohort) -> AuditInputs:
    """Return the checks of the cohort's blocks as they were read."""
    blocks = tuple(FusionBlock(part.read.name, part.read.rows, part.owner) for part in cohort.blocks)
    if cohort.came is None:
        return block_audit_inputs(FusionRows(cohort.patients, blocks))
    said = cohort.study.outcome
    name = said.target if said.target is not None else f"time to {said.event}"
    return block_audit_inputs(FusionRows(cohort.patients, blocks), (name, cohort.came))
