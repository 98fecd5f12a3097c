"""An evaluation of classes as text a person reads."""

import math
from collections.abc import Iterator, Sequence
from statistics import median

from spectra_dl.evaluation.audit.audit_report import audit_text
from spectra_dl.evaluation.classes.conformal import patients_needed
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.results import ConformalResult, Evaluation
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.shared_text import chosen_text, comparison_text, leaky_omission, p_text
from spectra_dl.evaluation.wording import (
    UNDEFINED,
    first_few,
    short_figure,
    short_interval,
    without_controls,
    wrapped,
)

_NAME_WIDTH = 19
_AUC_WIDTH = 17  # of ".999 [.899, .999]"
_ARTICLE = {"linear model": "a linear model", "the model itself": "the model itself"}
_COLUMNS = {metric.name: metric.short for metric in shown_in("text", METRICS)}


def evaluation_text(evaluation: Evaluation) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then the models."""
    patients = evaluation.patients
    counts = ", ".join(f"{patients.count(code)} {name}" for code, name in enumerate(patients.classes))
    parts = [
        wrapped(
            f"{RESEARCH_USE} {_people(evaluation)} ({counts}), {len(patients.of_row)} {evaluation.context.words.rows}."
        ),
        audit_text(evaluation.audit),
        _models_text(evaluation),
        _chance_text(evaluation),
        _paired_text(evaluation),
        comparison_text(evaluation.differences, "auc", "Patient AUC", digits=".3f"),
        _decision_text(evaluation),
        chosen_text(evaluation.models),
        _reading_text(evaluation),
    ]
    return without_controls("\n\n".join(part for part in parts if part) + "\n")


def _people(evaluation: Evaluation) -> str:
    patients = evaluation.patients
    if patients.cluster is None:
        return f"{len(patients.names)} patients"
    return f"{len(patients.subjects)} patients with {len(patients.names)} samples, a patient's of one class counted as one"


def _paired_text(evaluation: Evaluation) -> str:
    """Say in how many patients with both classes the positive sample scores above the negative one."""
    paired = {name: result.paired for name, result in evaluation.models.items() if result.paired is not None}
    if not paired:
        return ""
    first = next(iter(paired.values()))
    other = next(name for name in evaluation.patients.classes if name != evaluation.positive)
    lines = [
        wrapped(
            f"Paired: share of the {first.subjects} patients with both classes whose {evaluation.positive} sample scores above their {other} sample (half "
            f"is chance; p by classes exchanged within patients, {first.chance.refits} refits of a linear model):"
        )
    ]
    for name, each in paired.items():
        lines.append(
            f"  {name[:30]:<30} {short_interval(each.share)}  {p_text(each.chance.p):<9}  {each.chance.verdict}"
        )
    return "\n".join(lines)


def _models_text(evaluation: Evaluation) -> str:
    width = min(_NAME_WIDTH, max(len("model"), *(len(name) for name in evaluation.models)))
    leaking = evaluation.settings.leaky
    more = ("train", "single", "leaky") if leaking else ("train", "single")
    columns = "".join(f"{short:>7}" for short in (*_COLUMNS.values(), *more))
    heading = f"{'model':<{width}} {'AUC [95 %]':<{_AUC_WIDTH}}{columns}"
    lines = [heading, "-" * len(heading)]
    for name, result in evaluation.models.items():
        auc = result.patient_level["auc"]
        interval = short_interval(auc)
        leaky = math.nan if result.leaky is None else result.leaky["auc"]
        single = result.row_level["auc"].value
        cells = [
            *(result.patient_level[metric].value for metric in _COLUMNS),
            result.training_auc,
            single,
            *([leaky] if leaking else []),
        ]
        numbers = "".join(f"{short_figure(value):>7}" for value in cells)
        lines.append(f"{name[:width]:<{width}} {interval:<{_AUC_WIDTH}}{numbers}")
    return "\n".join(lines)


def _chance_text(evaluation: Evaluation) -> str:
    """Say which models are better than chance."""
    how = {(result.chance.refits, result.chance.refitted) for result in evaluation.models.values()}
    (refits, refitted), *others = sorted(how)
    by = "refits" if others else f"{refits} refits of {_ARTICLE[refitted]}"
    lines = [f"Against chance: p by {by} on these folds, patients exchanged at random:"]
    for name, result in evaluation.models.items():
        chance = result.chance
        each = f" ({chance.refits} refits of {_ARTICLE[chance.refitted]})" if others else ""
        lines.append(f"  {name[:30]:<30} {p_text(chance.p):<9}  {chance.verdict}{each}")
    return "\n".join(lines)


def _decision_text(evaluation: Evaluation) -> str:
    """Say what the first model's own thresholds and sets of classes do."""
    name, result = next(iter(evaluation.models.items()))
    lines = []
    if result.threshold is not None:
        threshold, rule = result.threshold, result.threshold.rule
        aim = "Youden" if rule == "youden" else f"specificity {rule:g}"
        values = _range([each.value for each in threshold.per_fold])
        low = median(each.low for each in threshold.per_fold)
        high = median(each.high for each in threshold.per_fold)
        lines.append(
            f"{name}, threshold by {aim} on training patients ({values} over folds; nine in ten resamples of a fold's patients "
            f"{low:.2f} to {high:.2f}): sensitivity {short_interval(threshold.sensitivity)}, specificity "
            f"{short_interval(threshold.specificity)}."
        )
    if result.conformal is not None:
        sets = result.conformal
        each = ", ".join(
            f"{share:.0%} of {label}"
            for label, share in zip(evaluation.patients.classes, sets.coverage_per_class, strict=True)
        )
        lines.append(
            f"{name}, sets of classes meant to hold the true one in {sets.coverage_wanted:.0%}: it is in the set for {each}; no "
            f"single answer for {sets.abstained:.0%} of patients."
        )
        lines.extend(_pooled(evaluation, sets))
    return "\n".join(wrapped(line) for line in lines)


def _pooled(evaluation: Evaluation, sets: ConformalResult) -> Iterator[str]:
    """Say for which classes no coverage of their own is promised."""
    if sets.pooled:
        names = first_few(evaluation.patients.classes[code] for code in sets.pooled)
        yield (
            f"Too few training patients for a coverage of their own ({patients_needed(sets.coverage_wanted)} of a class are needed): {names}. "
            "There it is that of all patients together."
        )


def _reading_text(evaluation: Evaluation) -> str:
    """Explain the table's columns, and only what occurs in it."""
    n_patients, words = len(evaluation.patients.names), evaluation.context.words
    settings = evaluation.settings
    who = "patients" if evaluation.patients.cluster is None else "samples of patients"
    split = "patient" if settings.split_by == "patient" else f"patient and {settings.split_by}"
    sentences = [
        f"Figures are of {n_patients} {who} who were not trained on, {settings.folds} folds by {split},"
        f" {settings.repeats} repeat(s). {evaluation.positive_reason}",
        "AUC: the chance that of two patients tested by the same fold's model the one of the class has the higher score;"
        " its interval is widened by as much as refits vary more than fixed scores.",
        *_unranked(evaluation),
        "train: patient AUC on training patients; far above AUC means learned by heart. single: AUC of single"
        f" {words.rows}, not pooled by patient.",
    ]
    if any(result.leaky for result in evaluation.models.values()):
        sentences.append(
            f"leaky: the leaky estimate of a split by {words.row}, with {words.rows} of one patient on both sides, in place of"
            f" single{_of_smaller(evaluation)}. It is no result."
        )
    if not settings.leaky:
        sentences.append(leaky_omission(words.row))
    intervals = [result.patient_level["auc"] for result in evaluation.models.values()]
    if any(interval.high - interval.low == 0 for interval in intervals):
        sentences.append("An interval without width is that of a model that gives everybody the same score.")
    if any(
        math.isnan(result.patient_level[metric].value)
        for result in evaluation.models.values()
        for metric in _COLUMNS
    ):
        sentences.append(
            f"{UNDEFINED}: undefined, for instance the correlation of a model that names one class for everybody."
        )
    return "\n".join(wrapped(sentence) for sentence in sentences)


def _of_smaller(evaluation: Evaluation) -> str:
    names = [name for name, model in evaluation.models.items() if model.leaky_of_smaller]
    return f" ({first_few(names)} with fewer members)" if names else ""


def _unranked(evaluation: Evaluation) -> list[str]:
    """Say which folds the AUC knows nothing of, and what the AUC over all folds would be worth."""
    sentences = []
    if evaluation.one_class_folds:
        sentences.append(
            f"Folds that test one class only, so that the AUC knows nothing of them: {first_few(evaluation.one_class_folds)}."
        )
    if any(math.isnan(result.patient_level["auc"].value) for result in evaluation.models.values()):
        sentences.append(
            "They hold more than half of the patients, so there is no AUC to report: split by something that holds both classes."
        )
    if evaluation.settings.split_by != "patient":
        pooled = ", ".join(
            f"{name} {short_figure(result.patient_level['pooled_auc'].value)}"
            for name, result in evaluation.models.items()
        )
        sentences.append(
            f"AUC with all folds pooled, which is wrong where their class shares differ: {pooled}."
        )
    return sentences


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
