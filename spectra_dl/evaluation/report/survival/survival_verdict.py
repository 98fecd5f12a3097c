"""What an evaluation of the time to an event comes to, in sentences a clinician reads."""

from spectra_dl.evaluation.report.page.outcomes_verdict import audited
from spectra_dl.evaluation.report.page.wording import number, short_name
from spectra_dl.evaluation.report.survival.survival_study import SurvivalStudy

_SAID = {
    "better": "ranks patients by their risk better than chance",
    "worse": "ranks patients by their risk worse than chance",
    "not distinguishable": "is not distinguishable from chance",
}


def survival_verdict(study: SurvivalStudy) -> str:
    """Return what the report comes to in a sentence or two; a report whose audit stopped states no score."""
    data = study.results.data
    return audited(study.results.audit, _score(study), f"the time to {short_name(data.event)}", data.patients)


def _score(study: SurvivalStudy) -> str:
    data, model = study.results.data, study.results.models[study.first]
    c_index = model.c_index
    return (
        f"In {data.patients} patients, {data.events} of them with {short_name(data.event)}, predicted only by models that had not seen them, {short_name(study.first)}"
        f" {_SAID[model.chance.verdict]} (C-index {number(c_index.value)}, 95 % interval {number(c_index.low)} to {number(c_index.high)}; p = {number(model.chance.p)})."
        f" With {data.events} events a C-index up to {number(data.chance_reaches)} is what chance reaches."
    )
