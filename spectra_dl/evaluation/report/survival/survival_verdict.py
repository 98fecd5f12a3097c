"""What an evaluation of the time to an event comes to, in sentences a clinician reads."""

from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.page.wording import listed, number, printable, short_name
from spectra_dl.evaluation.report.survival.survival_study import SurvivalStudy

_SAID = {
    "better": "ranks patients by their risk better than chance",
    "worse": "ranks patients by their risk worse than chance",
    "not distinguishable": "is not distinguishable from chance",
}


def survival_verdict(study: SurvivalStudy) -> str:
    """Return what the report comes to in a sentence or two; a report whose audit stopped states no score."""
    results, event = study.results, short_name(study.results.data.event)
    stopping = [finding for finding in results.audit.findings if finding.severity == "stop"]
    if stopping:
        return (
            f"CONFOUNDED: something other than biology predicts the time to {event} in the {results.data.patients} patients, so no score here is evidence."
            f" {printable(stopping[0].sentence)} {RESEARCH_USE}"
        )
    warned = [short_name(finding.name) for finding in results.audit.findings if finding.severity == "warn"]
    doubts = (
        f"Before you believe this score, make sure that what the audit found is biology: {listed(warned[:5])}."
        if warned
        else "The audit found nothing that would let a model cheat; it can't find what it does not look for."
    )
    return f"{_score(study)} {doubts} {RESEARCH_USE}"


def _score(study: SurvivalStudy) -> str:
    data, model = study.results.data, study.results.models[study.first]
    c_index = model.c_index
    return (
        f"In {data.patients} patients, {data.events} of them with {short_name(data.event)}, predicted only by models that had not seen them, {short_name(study.first)}"
        f" {_SAID[model.chance.verdict]} (C-index {number(c_index.value)}, 95 % interval {number(c_index.low)} to {number(c_index.high)}; p = {number(model.chance.p)})."
        f" With {data.events} events a C-index up to {number(data.chance_reaches)} is what chance reaches."
    )
