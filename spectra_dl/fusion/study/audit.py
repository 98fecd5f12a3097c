"""What the audit looks at in a study of several blocks."""

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.fusion.cohort import FusionCohort


def fusion_audit_inputs(cohort: FusionCohort) -> AuditInputs:
    """Return what is looked at besides patients' ids."""
    return AuditInputs()
