"""What an evaluation comes to, in two sentences a clinician reads."""

from collections.abc import Mapping

from spectra_dl.evaluation.report.page.environment import RESEARCH_USE
from spectra_dl.evaluation.report.page.outcomes_study import read_outcome_study
from spectra_dl.evaluation.report.page.outcomes_verdict import outcome_verdict
from spectra_dl.evaluation.report.page.profiles.study import ProfileStudy, read_profiles
from spectra_dl.evaluation.report.page.study import Interval, Model, Study, kind_of, read_study
from spectra_dl.evaluation.report.page.wording import number, printable, short_name
from spectra_dl.evaluation.report.survival.survival_study import read_survival_study
from spectra_dl.evaluation.report.survival.survival_verdict import survival_verdict
from spectra_dl.evaluation.wording import first_few

_CHANCE = 0.5
_OUTCOME = {
    "better": "separates the classes better than chance",
    "worse": "does worse than chance",
    "not distinguishable": "is not distinguishable from chance",
}


def verdict(report: Mapping[str, object]) -> str:
    """Return what the report comes to: a sentence or two, and what it must not be used for.

    A report of profiles, of a number or of a time says its own. A report of classes whose audit stopped begins with CONFOUNDED and states no score. Otherwise the first model is set against
    chance by refits without a relation, and against the classical models by the paired interval of the difference.

    Raises
    ------
    DataError
        It is not the report of an evaluation.
    """
    kind = kind_of(report)
    if kind == "profiles":
        return profiles_verdict(read_profiles(report))
    if kind == "outcomes":
        return outcome_verdict(read_outcome_study(report))
    if kind == "survival":
        return survival_verdict(read_survival_study(report))
    return study_verdict(read_study(report))


def profiles_verdict(study: ProfileStudy) -> str:
    """Return `verdict` of a report of profiles that was read."""
    warning = [printable(study.results.warning)] if study.results.warning else []
    return " ".join([*warning, printable(study.results.verdict), RESEARCH_USE])


def study_verdict(study: Study) -> str:
    """Return `verdict` of a report that was read."""
    confounded = study.results.audit.severity == "stop"
    sentences = _confounded(study) if confounded else [_score(study), _audit(study)]
    return " ".join([*sentences, RESEARCH_USE])


def counts(study: Study) -> str:
    """Return how many patients there are of each class, as '30 sick, 28 healthy'."""
    per_class = study.results.data.patients_per_class
    return ", ".join(f"{count} {short_name(name)}" for name, count in per_class.items())


def span(interval: Interval) -> str:
    """Return an interval's ends in words."""
    return f"{number(interval.low)} to {number(interval.high)}"


def _confounded(study: Study) -> list[str]:
    stopping = [finding for finding in study.results.audit.findings if finding.severity == "stop"]
    first = (
        f"CONFOUNDED: something other than the disease can produce these scores in the {study.results.data.people}"
        f" ({counts(study)}), so none of them is evidence of a disease."
    )
    return [first, *(printable(finding.sentence) for finding in stopping[:1])]


def _score(study: Study) -> str:
    model = study.results.models[study.first]
    who = (
        f"In {study.results.data.people} ({counts(study)}), predicted only by models that had not seen them,"
    )
    return f"{who} {short_name(study.first)} {_against_chance(model)}{_against_classical(study)}."


def _against_chance(model: Model) -> str:
    auc, chance = model.auc, model.chance
    if auc.value is None or auc.low is None or auc.high is None:
        return "has no defined AUC"
    said = chance.verdict if chance else _by_interval(auc)
    p = f"; p = {number(chance.p)}" if chance and chance.p is not None else ""
    return f"{_OUTCOME[said]} (AUC {number(auc.value)}, 95 % interval {span(auc)}{p}; chance is 0.5)"


def _by_interval(auc: Interval) -> str:
    """Return what the interval says; reports of earlier versions hold nothing better."""
    if auc.low is not None and auc.low > _CHANCE:
        return "better"
    return "worse" if auc.high is not None and auc.high < _CHANCE else "not distinguishable"


def _against_classical(study: Study) -> str:
    compared = [
        (compared_model.difference.value, compared_model)
        for name, compared_model in study.differences_in_auc.items()
        if name in study.classical and compared_model.difference.value is not None
    ]
    if not compared:
        return ""
    better = [pair for pair in compared if pair[1].verdict == "better"]
    _, best = max(better or compared, key=lambda pair: pair[0])
    name, difference = short_name(best.model), best.difference
    if best.verdict == "better":
        return f"; {name} does better on the same patients (AUC higher by {number(difference.value)}, {span(difference)})"
    if best.verdict == "worse":
        lead = Interval(
            value=_minus(difference.value), low=_minus(difference.high), high=_minus(difference.low)
        )
        return f"; it does better than the best {study.rival}, {name} (by {number(lead.value)}, {span(lead)})"
    return (
        f"; no {study.rival} is shown to be better, the highest being {name} (AUC difference {number(difference.value)},"
        f" {span(difference)})"
    )


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _audit(study: Study) -> str:
    warned = [
        short_name(finding.name) for finding in study.results.audit.findings if finding.severity == "warn"
    ]
    if not warned:
        return (
            "The audit found nothing that would let a model cheat; it can't find what it does not look for."
        )
    return (
        f"Before you believe this score, make sure that what the audit found is biology: {first_few(warned)}."
    )
