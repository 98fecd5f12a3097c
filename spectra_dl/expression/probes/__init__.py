"""Probes of a cohort, and of a score, for what inflates scores of expression."""

from spectra_dl.expression.probes.scores import score_checks
from spectra_dl.expression.probes.sections import section_findings

__all__ = ["score_checks", "section_findings"]
