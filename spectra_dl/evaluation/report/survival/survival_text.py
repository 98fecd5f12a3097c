"""An evaluation of the time to an event as text a person reads."""

import math

from spectra_dl.evaluation.audit.audit_report import audit_text
from spectra_dl.evaluation.outcomes.survival.results import SurvivalEvaluation
from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.shared_text import (
    chance_lines,
    chosen_text,
    comparison_text,
    leaky_omission,
    p_text,
)
from spectra_dl.evaluation.wording import figure, short_figure, short_interval, without_controls, wrapped

_NAME_WIDTH = 22


def survival_text(evaluation: SurvivalEvaluation) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then the models."""
    survival, settings = evaluation.survival, evaluation.settings
    came = (
        "all of them with the event"
        if survival.event.all()
        else f"{survival.event.sum()} of them with the event, the others last seen without it"
    )
    parts = [
        wrapped(
            f"{RESEARCH_USE} {settings.time:.60} to {settings.event:.60} of {len(survival.names)} patients, {came}; {len(survival.of_row)} {evaluation.context.words.rows}."
        ),
        audit_text(evaluation.audit),
        _models_text(evaluation),
        _chance_text(evaluation),
        _groups_text(evaluation),
        _calibration_text(evaluation),
        comparison_text(evaluation.differences, "c_index", "C-index", digits=".3f"),
        chosen_text(evaluation.models),
        _reading_text(evaluation),
    ]
    return without_controls("\n\n".join(part for part in parts if part) + "\n")


def _models_text(evaluation: SurvivalEvaluation) -> str:
    width = min(_NAME_WIDTH, max(len("model"), *(len(name) for name in evaluation.models)))
    leaking = evaluation.settings.leaky
    heading = f"{'model':<{width}} {'C-index [95 %]':<18}{'Uno [95 %]':<18}{'IBS [95 %]':<18}{'train':>7}{'leaky' if leaking else '':>7}".rstrip()
    lines = [heading, "-" * len(heading)]
    for name, result in evaluation.models.items():
        figures = "".join(f"{short_interval(interval):<18}" for interval in result.patient_level.values())
        leaky = math.nan if result.leaky is None else result.leaky
        lines.append(
            f"{name[:width]:<{width}} {figures}{short_figure(result.training_c_index):>7}{short_figure(leaky) if leaking else '':>7}".rstrip()
        )
    return "\n".join(lines)


def _chance_text(evaluation: SurvivalEvaluation) -> str:
    first, events = next(iter(evaluation.models.values())).chance, int(evaluation.survival.event.sum())
    said = (
        f"Against chance: p by {first.refits} refits of a linear model on these folds, patients exchanged at random. With {events} events a model that knows nothing"
        f" reaches a C-index of up to {figure(evaluation.chance_reaches)} in 97.5 of 100 studies; what lies below can't be called a finding."
    )
    return "\n".join([wrapped(said), *chance_lines(evaluation.models)])


def _groups_text(evaluation: SurvivalEvaluation) -> str:
    name, result = next(iter(evaluation.models.items()))
    groups = result.groups
    both = [curve.at(evaluation.horizon) for curve in groups.curves if curve is not None]
    if len(both) < 2:
        return ""
    lower, higher = both
    count = int(groups.higher.sum())
    return wrapped(
        f"{name:.30}, by risk: {count} patients above the median risk of the training patients, {len(groups.higher) - count} not. At {evaluation.horizon:.4g}"
        f" {figure(higher[0])} [{figure(higher[1])}, {figure(higher[2])}] of the higher and {figure(lower[0])} [{figure(lower[1])}, {figure(lower[2])}] of the lower"
        f" risk are without the event (Kaplan-Meier); log-rank {groups.log_rank:.2f}, {p_text(groups.p)} by refits."
    )


def _calibration_text(evaluation: SurvivalEvaluation) -> str:
    name, result = next(iter(evaluation.models.items()))
    lines = [
        f"{name:.30}, the event by {evaluation.horizon:.4g}, predicted and observed, in thirds of the patients:"
    ]
    lines += [
        f"  {third.patients:>5} patients  {figure(third.predicted)}  {figure(third.observed)} [{figure(third.low)}, {figure(third.high)}]"
        for third in result.calibration
    ]
    return "\n".join(lines)


def _reading_text(evaluation: SurvivalEvaluation) -> str:
    settings, words = evaluation.settings, evaluation.context.words
    sentences = [
        f"Figures are of {len(evaluation.survival.names)} patients who were not trained on, {settings.folds} folds by patient, {settings.repeats} repeat(s); a"
        f" patient's risk is the mean over the patient's {words.rows}.",
        "C-index: in which share of pairs the patient with the higher risk has the event first, among patients that one fold's model predicted; .5 is chance."
        f" Uno: the same, made independent of who was last seen when, up to {evaluation.reach:.4g}. IBS: integrated Brier score, the squared error of"
        f" probabilities up to {evaluation.reach:.4g}; lower is better, and that of the control is the score of who looks at no {words.row}.",
        "train: C-index of training patients; far above that of the others means learned by heart.",
    ]
    if settings.leaky:
        sentences.append(
            f"leaky: the C-index of a split by {words.row}, with {words.rows} of one patient on both sides. It is no result."
        )
    else:
        sentences.append(leaky_omission(words.row))
    return "\n".join(wrapped(sentence) for sentence in sentences)
