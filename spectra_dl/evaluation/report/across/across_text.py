"""An evaluation of one profile per patient as text a person reads."""

import math

from spectra_dl.evaluation.profiles.across.harness import ABOUT, PERMUTED
from spectra_dl.evaluation.profiles.across.results import AcrossEvaluation, AcrossResult
from spectra_dl.evaluation.profiles.units import known_mean
from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.wording import (
    first_few,
    short_figure,
    short_interval,
    without_controls,
    wrapped,
)

_NAME_WIDTH = 30
_BEST = 10


def across_text(evaluation: AcrossEvaluation, counts: str) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then models and controls.

    Parameters
    ----------
    evaluation
        What was found.
    counts
        How much there was, in words.
    """
    parts = [
        wrapped(below_controls(evaluation) or ""),
        wrapped(f"{RESEARCH_USE} {counts}. {_panel(evaluation)}"),
        wrapped(section_warning(evaluation) or ""),
        wrapped(_scored(evaluation)),
        _table(evaluation),
        _differences(evaluation),
        _reading(evaluation),
        _best_targets(evaluation),
    ]
    return without_controls("\n\n".join(part for part in parts if part) + "\n")


def across_verdict(evaluation: AcrossEvaluation) -> str:
    """Return what the first model reaches; first of all, where it is so, that it is not shown to be better than its controls."""
    below = below_controls(evaluation)
    return f"{below} {_scored(evaluation)}" if below else _scored(evaluation)


def below_controls(evaluation: AcrossEvaluation) -> str | None:
    """Return that the first model is not shown to be better than controls that see no tissue; None where it is."""
    level, first = evaluation.not_better_than, evaluation.first
    if not level:
        return None
    listed = [
        f"{each.reference} ({short_figure(evaluation.controls[each.reference].pearson.value)}, difference {short_interval(each.interval)})"
        for each in level
    ]
    return (
        f"NOT SHOWN TO BE BETTER THAN CONTROLS WITHOUT TISSUE: {first.name} reaches r {short_interval(first.pearson)}, compared with "
        f"{first_few(listed, longest=200)}. These scores do not show that the slides predict anything."
    )


def section_warning(evaluation: AcrossEvaluation) -> str | None:
    """Return what must be said where sections were left out instead of patients."""
    if evaluation.context.words.row != "section":
        return None
    return "LEFT OUT BY SECTION: sections of one patient stand on both sides, so these figures say nothing of a new patient."


def _panel(evaluation: AcrossEvaluation) -> str:
    target, shared, anywhere = (
        evaluation.context.words.target,
        len(evaluation.names),
        evaluation.chosen_somewhere,
    )
    chosen = f", of {anywhere:,} that any fold chose" if anywhere > shared else ""
    return f"{shared:,} {target}s are predicted of every {evaluation.context.words.row}{chosen}."


def _scored(evaluation: AcrossEvaluation) -> str:
    first, ceiling = evaluation.first, float(known_mean(evaluation.ceiling))
    of_ceiling = (
        "no noise ceiling is known"
        if math.isnan(ceiling)
        else f"{_percent(first.share_of_ceiling.value)} of the noise ceiling ({short_figure(ceiling)})"
    )
    permuted = evaluation.controls.get(PERMUTED)
    against = (
        ""
        if permuted is None
        else f"; trained on permuted profiles it scores {short_figure(permuted.pearson.value)}"
    )
    words = evaluation.context.words
    return (
        f"Predicted by models that had not seen the {words.row}, {first.name} reaches a mean correlation across {words.rows} of "
        f"{short_interval(first.pearson)} over {words.target}s, {of_ceiling}{against}."
    )


def _table(evaluation: AcrossEvaluation) -> str:
    heading = f"{'model':<{_NAME_WIDTH}} {'r [95 %]':<20}{'ceiling':>9}{'R2':>8}{'r > 0':>8}"
    rule = "-" * len(heading)
    models = [_line(result) for result in evaluation.models.values()]
    controls = [_line(result) for result in evaluation.controls.values()]
    return "\n".join([heading, rule, *models, "controls, no tissue", *controls])


def _line(result: AcrossResult) -> str:
    explained = "n/a" if math.isnan(result.explained) else f"{result.explained:.2f}"
    return (
        f"{result.name[:_NAME_WIDTH]:<{_NAME_WIDTH}} {short_interval(result.pearson):<20}"
        f"{_percent(result.share_of_ceiling.value):>9}{explained:>8}{result.above_zero:>8.3g}"
    )


def _differences(evaluation: AcrossEvaluation) -> str:
    if not evaluation.differences:
        return ""
    lines = [f"r against {evaluation.first.name}, same {evaluation.context.words.rows}:"]
    lines += [
        f"  {each.model[:_NAME_WIDTH]:<{_NAME_WIDTH}} {each.interval.value:+.3f} [{each.interval.low:+.3f}, {each.interval.high:+.3f}]  {each.verdict}"
        for each in evaluation.differences
    ]
    return "\n".join(lines)


def _reading(evaluation: AcrossEvaluation) -> str:
    words, count = evaluation.context.words, len(evaluation.patient)
    target, rows = words.target, words.rows
    sentences = [
        f"r: correlation across the left-out {rows} of what is predicted and measured, both less the mean of the fold's training {rows}; mean over {target}s. "
        "ceiling: the share of what counting noise leaves possible, of the ones that have a ceiling. R2: 1 - squared error / that of the training mean. "
        f"r > 0: {target}s whose own interval lies above 0, of {len(evaluation.names)}; of simulated noise 5 to 8 in 100 do.",
        f"Intervals are over {count} {rows} by the jackknife, of the models as they are: what another training set would change is not in them.",
        f"{PERMUTED}: {ABOUT[PERMUTED]}.",
    ]
    return "\n".join(wrapped(sentence) for sentence in sentences)


def _best_targets(evaluation: AcrossEvaluation) -> str:
    first = evaluation.first
    order = sorted(
        (at for at, target in enumerate(first.targets) if math.isfinite(target.value)),
        key=lambda at: -first.targets[at].value,
    )
    listed = ", ".join(f"{evaluation.names[at]} {short_interval(first.targets[at])}" for at in order[:_BEST])
    return wrapped(f"Best {evaluation.context.words.target}s of {first.name}: {listed}.") if listed else ""


def _percent(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{100 * value:.0f} %"
