"""An audit as text a person reads and as JSON."""

import math
import textwrap
from dataclasses import asdict

from spectra_dl.evaluation.audit.finding import Audit, Finding

VERDICT = {
    "stop": "Audit: STOP. A model can use something here that is not biology; no score on these data shows a disease.",
    "warn": "Audit: look at these before you believe a score.",
    "fine": "Audit: nothing found that would let a model cheat.",
}
_WIDTH = 100
_DECIMALS = 10  # far below what matters, far above what the order of a sum changes


def audit_text(audit: Audit, *, fine: str | None = None) -> str:
    """Return the verdict and every finding, in lines of at most 100 columns.

    Parameters
    ----------
    audit
        The findings.
    fine
        The verdict where no check raises anything, in place of the usual one: no leak is no praise of a score that shows nothing.
    """
    verdict = fine if fine and audit.severity == "fine" else VERDICT[audit.severity]
    lines = [textwrap.fill(verdict, _WIDTH)]
    lines += [
        textwrap.fill(
            finding.sentence,
            _WIDTH,
            initial_indent=f"  {finding.severity:<5}",
            subsequent_indent=" " * 7,
        )
        for finding in audit.findings
    ]
    return "\n".join(lines)


def audit_json(audit: Audit) -> dict[str, object]:
    """Return the severity and every finding ready for JSON; undefined figures are null."""
    return {"severity": audit.severity, "findings": [_finding(each) for each in audit.findings]}


def _finding(finding: Finding) -> dict[str, object]:
    auc = finding.auc
    figures: dict[str, object] | None = None
    if auc is not None:
        names = ("value", "low", "high", "undefined_share")
        figures = {**{name: _number(getattr(auc, name)) for name in names}, "method": auc.method}
    return {
        "name": finding.name,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "patient_auc": figures,
        **({"evidence": asdict(finding.evidence)} if finding.evidence else {}),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), _DECIMALS)
