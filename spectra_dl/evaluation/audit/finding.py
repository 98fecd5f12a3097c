"""What a check says, and how grave it is."""

from dataclasses import dataclass
from typing import Literal

from spectra_dl.evaluation.audit.evidence import Evidence
from spectra_dl.evaluation.intervals import Interval

Severity = Literal["fine", "warn", "stop"]
GRAVITY: tuple[Severity, ...] = ("fine", "warn", "stop")
CONSEQUENCE: dict[Severity, str] = {
    "stop": " A model may do the same, so its score is no evidence of biology.",
    "warn": " Make sure that this is biology before you believe a score.",
    "fine": "",
}
_STOP_ABOVE = 0.8  # lower end of the interval: the probe alone would pass for a good test
_WARN_ABOVE = 0.6


@dataclass(frozen=True)
class Finding:
    """One check's outcome.

    Attributes
    ----------
    name
        The check.
    severity
        ``"stop"``: results are not evidence of biology. ``"warn"``: look before you believe. ``"fine"``.
    sentence
        What was found, in plain words.
    auc
        Patient-level cross-validated AUC, for probes.
    evidence
        What a probe that stops sees, where that can be drawn.
    """

    name: str
    severity: Severity
    sentence: str
    auc: Interval | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Audit:
    """All findings, the gravest first."""

    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """The gravest of all; ``"fine"`` without findings."""
        return max((finding.severity for finding in self.findings), key=GRAVITY.index, default="fine")


def gravest_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order a person should read them."""
    return tuple(sorted(findings, key=lambda finding: -GRAVITY.index(finding.severity)))


def raised_by(auc: Interval) -> Severity:
    """Return what a probe of this AUC raises: its whole interval counts, so that few patients raise no false alarm."""
    return "stop" if auc.low > _STOP_ABOVE else "warn" if auc.low > _WARN_ABOVE else "fine"


def milder(first: Severity, second: Severity) -> Severity:
    """Return the less grave of two.

    Parameters
    ----------
    first, second
        Either order.
    """
    return min(first, second, key=GRAVITY.index)
