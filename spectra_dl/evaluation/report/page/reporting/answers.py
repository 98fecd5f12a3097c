"""What a report answers of a reporting list; the rest only the study's authors know."""

from dataclasses import dataclass

from spectra_dl.evaluation.context import Status
from spectra_dl.evaluation.report.page.reporting.items import REPORTING_ITEMS, ReportingItem
from spectra_dl.evaluation.report.page.study import Study
from spectra_dl.evaluation.report.page.verdict import counts
from spectra_dl.evaluation.report.page.wording import listed, short_name

_MODELS_NAMED = 12


@dataclass(frozen=True)
class Answer:
    """An item with what the report says to it.

    Attributes
    ----------
    item
        What is asked.
    status
        ``"partly"``: this page knows some of it, the authors must add the rest.
    text
        What is known; empty where nothing is.
    """

    item: ReportingItem
    status: Status
    text: str


def answers(study: Study) -> list[Answer]:
    """Return every item of the list, answered as far as the report can."""
    known = {
        **_about_data(study),
        **_about_methods(study),
        **_about_results(study),
        **study.results.context.answers,
    }
    return [Answer(item, *known.get(item.number, ("not reported", ""))) for item in REPORTING_ITEMS]


def _about_data(study: Study) -> dict[str, tuple[Status, str]]:
    cohort, rows = study.results.data, study.results.context.words.rows
    refused = f"{len(study.refused)} {rows} were refused and left out"
    return {
        "5a": ("partly", f"input files ({len(study.inputs)}) are named with their SHA-256 under Provenance"),
        "7": (
            "partly",
            f"notes on reading and checking ({len(study.notes)}) stand under Provenance; {refused}",
        ),
        "8a": ("partly", f"classes {listed([short_name(name) for name in cohort.classes])}"),
        "10": ("partly", f"{cohort.people} ({counts(study)}); why so many is not reported"),
        "11": ("partly", f"{refused}; how patients went missing is not reported"),
        "20a": ("partly", f"{counts(study)} analysed; the flow before that is not reported"),
        "20b": ("partly", f"{cohort.people}, {cohort.rows} {rows}"),
    }


def _about_methods(study: Study) -> dict[str, tuple[Status, str]]:
    settings, models = study.results.settings, list(study.results.models)
    names = [short_name(name, 40) for name in models[:_MODELS_NAMED]]
    by = settings.split_by or "patient"
    known: dict[str, tuple[Status, str]] = {
        "4": ("partly", "development with internal evaluation; no patients of another study"),
        "12a": ("reported", f"{settings.folds} folds by {short_name(by)}, repeats: {settings.repeats}"),
        "12b": ("partly", "whatever is fitted, fitted on each fold's training patients; see the command"),
        "12c": ("partly", f"{listed(names)}; internal validation by cross-validation"),
        "12e": ("reported", "see Methods"),
        "12g": ("partly", "by the software and version under Provenance"),
        "15": ("partly", "a probability per class and patient"),
        "18f": ("partly", f"spectra-dl {short_name(study.versions.get('spectra-dl', 'of unknown version'))}"),
    }
    if study.protocol and study.protocol.locked:
        known["18c"] = ("partly", "sealed before the evaluation with its hypothesis; see Provenance")
    if by != "patient":
        known["12d"] = ("partly", f"each fold leaves out one {short_name(by)}")
    if study.results.models[study.first].threshold:
        known["15"] = ("reported", "a probability per class and patient; threshold chosen on inner folds")
    return known


def _about_results(study: Study) -> dict[str, tuple[Status, str]]:
    results = study.results
    known: dict[str, tuple[Status, str]] = {
        "21": ("reported", f"{counts(study)}, each tested once per repeat"),
        "23a": ("partly", "see the patient table; subgroups are not reported"),
        "26": (
            "partly",
            f"the audit says {results.audit.severity}; other limitations are not reported",
        ),
    }
    if (results.settings.split_by or "patient") != "patient":
        known["23b"] = ("reported", "see the table of folds")
    return known
