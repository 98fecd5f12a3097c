"""The leaderboard's page, from stored results."""

from collections.abc import Mapping, Sequence
from typing import Any

from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.metric import shown_in
from spectra_dl_datasets import dataset_card, dataset_names
from spectra_dl_datasets.card import DatasetCard, PublishedScore

Result = Mapping[str, Any]

# Which of our models a published one stands beside; the others have rows of their own.
PUBLISHED_AS = {
    "logistic regression": "logistic regression",
    "PLS": "PLS-DA",
    "ROCKET": "MiniRocket",
    "DeepCNN": "CNN deepcnn",
}
HEAD = """# The honest leaderboard

Research use only, not for diagnosis. Written by `python benchmarks/accuracy/leaderboard.py`; do not edit.

Every figure is of patients that the model never saw: five folds by patient, everything fitted in the fold. The AUC is of patients that one fold's model scored, its 95 % interval
knows how much refits vary ([statistics](statistics.md)); the other intervals are over resampled patients. Beside it stands the leaky estimate: the figure of the same model under a split by spectrum, where one patient's spectra train and test. Above each table stands what an audit
found without looking at any band. Where that is STOP, something other than the disease can produce these scores, and the set is listed apart: its ranking is of
who reads the measuring session best.

auto is what `spectra-dl train spectra` trains, and CNN compact its network alone, ten members; networks of the literature have two, the fewest whose probabilities can be calibrated.
DeepCNN and ResNet take from hours to days without a GPU; `--slow` runs them.

A score published elsewhere stands in its own column with its split named; it is not comparable unless the split is.

| set | patients | audit | best by patient | its leaky estimate, by spectrum |
|---|---|---|---|---|
"""


def leaderboard_page(results: Mapping[str, Sequence[Result]]) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    results
        By set: the audit's result, and one for each model that was evaluated.
    """
    done = {name: found for name, found in results.items() if _audit(found) and _models(found)}
    stopped = [name for name in done if _severity(done[name]) == "stop"]
    clean = [name for name in done if name not in stopped]
    parts = [HEAD + "\n".join(_overview(name, done[name]) for name in done)]
    parts.append("## Sets on which a score may say something")
    parts += [_set(name, done[name]) for name in clean] or ["None of the sets that were evaluated."]
    parts.append("## Sets on which no score shows a disease (audit: STOP)")
    parts += [_set(name, done[name]) for name in stopped] or ["None."]
    parts += ["## In none of these tables", _not_evaluated(done, results)]
    return "\n\n".join(parts) + "\n"


def _overview(name: str, found: Sequence[Result]) -> str:
    ours = [one for one in _models(found) if not one.get("elsewhere")]
    best = max(ours or _models(found), key=_auc)
    leaky = best.get("leaky", {}).get("auc")
    verdict = {"stop": "STOP", "warn": "look first", "fine": "nothing found"}[_severity(found)]
    return (
        f"| [{name}](#{name}) | {_audit(found)['patients']} | {verdict} | {best['name']} {_with_interval(best['auc'])} "
        f"| {_number(leaky)} |"
    )


def _set(name: str, found: Sequence[Result]) -> str:
    card, audit = dataset_card(name), _audit(found)
    listed = ", ".join(f"{each} {count}" for each, count in audit["patients_of_class"].items())
    gravest = [
        f"> {one['severity'].upper()}: {one['sentence']}"
        for one in audit["audit"]["findings"]
        if one["severity"] != "fine"
    ]
    quick = any(one.get("settings", {}).get("quick") for one in found)
    return "\n\n".join(
        [
            f"### {name}",
            f"{card.title}: {audit['spectra']} spectra of {audit['patients']} patients ({listed}). Licence: {card.licence}. {card.citation}.",
            *(
                ["> These figures are of a quick run that only shows that the command works."]
                if quick
                else []
            ),
            "\n>\n".join(gravest) or "> The audit found nothing that would let a model cheat.",
            _table(card, found),
            *_footnotes(card, found),
        ]
    )


def _table(card: DatasetCard, found: Sequence[Result]) -> str:
    metrics = shown_in("headline", METRICS)
    header = [
        "model",
        *(f"{metric.title} [95 %]" for metric in metrics),
        *(f"leaky estimate: {metric.title}" for metric in metrics),
    ]
    blank = [""] * (len(header) - 1)
    published = {PUBLISHED_AS.get(one.model, one.model): one for one in card.published}
    header += ["published balanced accuracy, own split"] if published else []
    rows = []
    for one in sorted(_models(found), key=_auc, reverse=True):
        leaky = one.get("leaky", {})
        mark = " (predictions by another program)" if one.get("elsewhere") else ""
        row = [one["name"] + mark, *(_with_interval(one[metric.name]) for metric in metrics)]
        row += [_number(leaky.get(metric.name)) for metric in metrics]
        rows.append([*row, *([_published(published.get(one["name"]))] if published else [])])
    known = {one["name"] for one in found}
    rows += [
        [f"{one.model} (not run here)", *blank, _published(one)]
        for name, one in published.items()
        if name not in known
    ]
    return "\n".join(_line(row) for row in (header, ["---"] * len(header), *rows))


def _footnotes(card: DatasetCard, found: Sequence[Result]) -> list[str]:
    notes = []
    if card.published:
        sources = "; ".join(sorted({one.source for one in card.published}))
        splits = "; ".join(sorted({one.split for one in card.published}))
        notes.append(f"Published: {sources}. Its split: {splits}.")
    if any(one.get("elsewhere") for one in found):
        notes.append(
            "Predictions by another program: whether these patients were kept out of training, only who trained it can say; predictions can't show it."
        )
    return notes


def _not_evaluated(done: Mapping[str, object], results: Mapping[str, object]) -> str:
    lines = [f"- {name}: not run yet, or its files are not at hand." for name in results if name not in done]
    for name in dataset_names():
        card = dataset_card(name)
        if name in results or card.modality != "Raman" or card.task == "format example":
            continue
        lines.append(f"- {name}: {_reason(card)}.")
    return "\n".join(lines)


def _reason(card: DatasetCard) -> str:
    if card.files == "generated":
        return "simulated, not real; below, beside the best that can be known"
    if card.files == "unseen":
        return "its files were never seen here"
    if card.task != "classification":
        return f"{card.task}, no classes"
    return f"no patients ({card.grouping.rule})"


def _audit(found: Sequence[Result]) -> Result:
    return next((one for one in found if "audit" in one), {})


def _models(found: Sequence[Result]) -> list[Result]:
    return [one for one in found if "auc" in one]


def _severity(found: Sequence[Result]) -> str:
    return str(_audit(found)["audit"]["severity"])


def _auc(result: Result) -> float:
    return float(result["auc"][0])


def _published(one: PublishedScore | None) -> str:
    return "" if one is None else f"{one.value:.3f} ({one.model})"


def _with_interval(found: Sequence[float]) -> str:
    value, low, high = found
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
