"""What an evaluation of a number per patient comes to, in sentences a clinician reads."""

from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.page.audit_parts import Audit
from spectra_dl.evaluation.report.page.outcomes_study import OutcomeModel, OutcomeStudy
from spectra_dl.evaluation.report.page.wording import listed, number, printable, short_name

_SAID = {
    "better": "ranks patients better than chance",
    "worse": "ranks patients worse than chance",
    "not distinguishable": "is not distinguishable from chance",
}


def outcome_verdict(study: OutcomeStudy) -> str:
    """Return what the report comes to in a sentence or two; a report whose audit stopped states no score."""
    data = study.results.data
    return audited(study.results.audit, _score(study), short_name(data.target), data.patients)


def audited(audit: Audit, score: str, target: str, patients: int) -> str:
    """Return a score with what the audit makes of it: no score where it stopped.

    Parameters
    ----------
    audit
        The audit.
    score
        A sentence or two.
    target
        What is predicted.
    patients
        How many there are.
    """
    stopping = [finding for finding in audit.findings if finding.severity == "stop"]
    if stopping:
        return (
            f"CONFOUNDED: something other than biology predicts {target} in the {patients} patients, so no score here is evidence."
            f" {printable(stopping[0].sentence)} {RESEARCH_USE}"
        )
    warned = [short_name(finding.name) for finding in audit.findings if finding.severity == "warn"]
    doubts = (
        f"Before you believe this score, make sure that what the audit found is biology: {listed(warned[:5])}."
        if warned
        else "The audit found nothing that would let a model cheat; it can't find what it does not look for."
    )
    return f"{score} {doubts} {RESEARCH_USE}"


def _score(study: OutcomeStudy) -> str:
    results, model = study.results, study.results.models[study.first]
    rmse, spread = model.patient_level["rmse"], results.data.standard_deviation
    return (
        f"In {results.data.patients} patients, predicted only by models that had not seen them, {short_name(study.first)} {_SAID[model.chance.verdict]}"
        f" (Spearman {_span(model)}; p = {number(model.chance.p)}). Its predictions of {short_name(results.data.target)} err by {_short(rmse.value)}"
        f" (root mean square, {_short(rmse.low)} to {_short(rmse.high)}), where patients differ by {_short(spread)} (standard deviation)."
    )


def _span(model: OutcomeModel) -> str:
    one = model.spearman
    return f"{number(one.value)}, 95 % interval {number(one.low)} to {number(one.high)}"


def _short(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3g}".replace("-", "−")
