"""An evaluation of profiles as text a person reads."""

import math
import textwrap

from spectra_dl.evaluation.audit.audit_report import audit_text
from spectra_dl.evaluation.profiles.controls import SHUFFLED
from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS
from spectra_dl.evaluation.profiles.results import ProfileEvaluation, ProfileResult, ProfileSettings
from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.shared_text import leaky_omission
from spectra_dl.evaluation.wording import (
    figure,
    first_few,
    short_figure,
    short_interval,
    without_controls,
    wrapped,
)

_NAME_WIDTH = 30
_INTERVAL_WIDTH = 19
_BEST = 10
_LEAST_CEILING = 0.1
_NO_LEAK = (
    "Audit: no leak is needed to explain scores that are level with their controls; each check by itself:"
)
_TWO_DIGITS = ("explained_variance", "squared_error")


def profile_text(evaluation: ProfileEvaluation) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then models and controls."""
    parts = [
        wrapped(below_controls(evaluation) or ""),
        wrapped(f"{RESEARCH_USE} {counts_text(evaluation)}."),
        wrapped(group_warning(evaluation.settings) or ""),
        _audit(evaluation),
        wrapped(_scored(evaluation)),
        _table(evaluation),
        _differences(evaluation),
        _leaky_estimates(evaluation),
        _reading(evaluation),
        _targets(evaluation),
    ]
    return without_controls("\n\n".join(part for part in parts if part) + "\n")


def counts_text(evaluation: ProfileEvaluation) -> str:
    """Return how many patients, sections and rows there are."""
    patients, sections = len(set(evaluation.section_of.values())), len(evaluation.section_of)
    return f"{_count(patients, 'patient')}, {_count(sections, 'section')}, {_count_rows(evaluation)}"


def group_warning(settings: ProfileSettings) -> str | None:
    """Return what must be said where sections were left out instead of patients."""
    if settings.group == "patient":
        return None
    return "LEFT OUT BY SECTION: sections of one patient stand on both sides, so these figures say nothing of a new patient."


def profile_verdict(evaluation: ProfileEvaluation) -> str:
    """Return what the first model reaches, of what could be reached, compared with what needs no image, and with the reference.

    An evaluation whose audit stopped begins with UNSOUND, one whose first model is not shown to be better than its controls says that first.
    """
    below = below_controls(evaluation)
    scored = _scored(evaluation)
    return f"{below} {scored}" if below and evaluation.audit.severity != "stop" else scored


def _scored(evaluation: ProfileEvaluation) -> str:
    """Return what was reached, after what stopped the audit where something did."""
    first, group = evaluation.first, evaluation.settings.group
    reached = (
        f"In {counts_text(evaluation)}, each predicted by models that had not seen the {group}, {first.name} reaches a mean"
        f" correlation of {short_interval(first.pearson)} within sections, {_of_ceiling(evaluation)}"
    )
    sentence = f"{reached}{_against_shuffled(evaluation)}{_against_reference(evaluation)}."
    if evaluation.audit.severity != "stop":
        return sentence
    stopped = next(finding for finding in evaluation.audit.findings if finding.severity == "stop")
    return f"UNSOUND: {stopped.sentence} What was scored is no evidence: {sentence}"


def _of_ceiling(evaluation: ProfileEvaluation) -> str:
    """Return the share of the noise ceiling; a share of next to nothing, a mean of ratios to it, says nothing."""
    ceiling = evaluation.ceiling.value
    if ceiling < _LEAST_CEILING:
        return f"where the noise ceiling is {short_figure(ceiling)}, too low to give a share of it"
    share = _percent(evaluation.first.share_of_ceiling.value)
    return f"{share} of the noise ceiling ({short_figure(ceiling)})"


def below_controls(evaluation: ProfileEvaluation) -> str | None:
    """Return that the first model is not shown to be better than controls that see no image; None where it is."""
    level, first = evaluation.not_better_than, evaluation.first
    if not level:
        return None
    none = (
        "NO BETTER THAN"
        if any(not each.interval.value > 0 for each in level)
        else "NOT SHOWN TO BE BETTER THAN"
    )
    listed = [
        f"{each.reference} ({short_figure(evaluation.controls[each.reference].pearson.value)}, difference {short_interval(each.interval)})"
        for each in level
    ]
    return (
        f"{none} CONTROLS WITHOUT AN IMAGE: {first.name} reaches r {short_interval(first.pearson)}, compared with {first_few(listed, longest=200)}."
        " These scores do not show that the image predicts more than they do."
    )


def _audit(evaluation: ProfileEvaluation) -> str:
    if not evaluation.audit.findings:
        return ""
    return audit_text(evaluation.audit, fine=_NO_LEAK if evaluation.not_better_than else None)


def _against_shuffled(evaluation: ProfileEvaluation) -> str:
    shuffled = evaluation.controls.get(SHUFFLED)
    if shuffled is None:
        return ""
    spread = evaluation.shuffled_sd
    times = (
        f", SD {short_figure(spread)} over {evaluation.settings.shuffles} shuffles"
        if math.isfinite(spread)
        else ""
    )
    rows = evaluation.context.words.rows
    return f"; trained on shuffled {rows} it scores {short_figure(shuffled.pearson.value)}{times}"


def _against_reference(evaluation: ProfileEvaluation) -> str:
    first = evaluation.first.name
    compared = [
        difference
        for difference in evaluation.differences
        if (difference.model, difference.reference) == (first, evaluation.reference)
    ]
    if not compared:
        return ""
    verdict = {
        "better": "it does better than",
        "worse": "it does worse than",
        "not distinguishable": "it is not distinguishable from",
    }[compared[0].verdict]
    return f"; {verdict} {evaluation.reference} (difference {short_interval(compared[0].interval)})"


def _table(evaluation: ProfileEvaluation) -> str:
    metrics = PROFILE_METRICS
    columns = f"{metrics['spearman'].short:>8}{metrics['share_of_ceiling'].short:>9}" + "".join(
        f"{metrics[name].short:>8}" for name in _TWO_DIGITS
    )
    heading = f"{'model':<{_NAME_WIDTH}} {metrics['pearson'].short + ' [95 %]':<{_INTERVAL_WIDTH}}{columns}{'pooled':>8}"
    rule = "-" * len(heading)
    models = [_line(result) for result in evaluation.models.values()]
    controls = [_line(result) for result in evaluation.controls.values()]
    return "\n".join([heading, rule, *models, "controls, no image", *controls])


def _line(result: ProfileResult) -> str:
    figures = (
        f"{short_interval(result.pearson):<{_INTERVAL_WIDTH}}"
        f"{short_figure(result.figures['spearman'].value):>8}{_percent(result.share_of_ceiling.value):>9}"
        f"{''.join(f'{_two(result.figures[name].value):>8}' for name in _TWO_DIGITS)}{short_figure(result.pooled):>8}"
    )
    return _named(result.name, figures)


def _named(name: str, figures: str) -> str:
    """Return figures beside a name, whose rest stands in lines below where it is long."""
    first, *rest = textwrap.wrap(name, _NAME_WIDTH) or [""]
    return "\n".join([f"{first:<{_NAME_WIDTH}} {figures}", *(f"  {more}" for more in rest)])


def _differences(evaluation: ProfileEvaluation) -> str:
    lines, reference = [], ""
    for difference in evaluation.differences:
        if difference.reference != reference:
            reference = difference.reference
            lines.append(f"r against {reference}, same folds:")
        interval = difference.interval
        lines.append(
            textwrap.indent(
                _named(
                    difference.model,
                    f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]  {difference.verdict}",
                ),
                "  ",
            )
        )
    return "\n".join(lines)


def _leaky_estimates(evaluation: ProfileEvaluation) -> str:
    words = evaluation.context.words
    split = ", ".join(f"{figure(value)} for {name}" for name, value in evaluation.leaky.items())
    sentences = [f"a split by {words.row}, {split}"] if split else []
    sentences += [
        f"correlation over all sections at once, {figure(evaluation.first.pooled)} for {evaluation.first.name}",
        f"correlation over {words.target}s within a {words.row}, {figure(evaluation.constant_profile)} for the training mean,"
        " which is the same everywhere",
        *(f"{name}, {figure(value)}" for name, value in evaluation.other_estimates.items()),
    ]
    omitted = "" if evaluation.settings.leaky else f" {leaky_omission(words.row)}"
    return wrapped(f"Leaky estimates, by flawed protocols and no results: {'; '.join(sentences)}.{omitted}")


def _reading(evaluation: ProfileEvaluation) -> str:
    first, settings = evaluation.first, evaluation.settings
    words, units = evaluation.context.words, len(set(_units(evaluation)))
    sentences = [
        f"r: correlation over the {words.rows} of a section, mean over {words.target}s, then sections, then patients. ceiling:"
        " the share of what counting noise leaves possible. R2, MSE: 1 - squared error / variance, and squared error."
        " pooled: r over all sections at once, no result.",
        _interval_method(first.pearson.method, units, settings),
    ]
    if first.undefined:
        sentences.append(
            f"{first.undefined} pairs of {words.target} and section were measured constant: left out of the means."
        )
    if first.above_ceiling:
        sentences.append(
            f"{first.above_ceiling} of {len(first.targets)} {words.target}s are predicted better than their ceiling: single ceilings"
            f" are uncertain, and none holds for a model that can see how much was counted in a {words.row}."
        )
    if first.unordered:
        sentences.append(
            f"{first.unordered} pairs of {words.target} and section were predicted constant: r is 0."
        )
    return "\n".join(wrapped(sentence) for sentence in sentences)


def _interval_method(method: str, units: int, settings: ProfileSettings) -> str:
    if method == "one unit":
        return f"No intervals: there is one {settings.group} only."
    kind = "resampled" if method == "percentile" else "Student's t, as there are too few to resample"
    return f"Intervals are over {units} {settings.group}s: {kind}."


def _units(evaluation: ProfileEvaluation) -> list[str]:
    sections = evaluation.section_of
    return list(sections.values() if evaluation.settings.group == "patient" else sections)


def _targets(evaluation: ProfileEvaluation) -> str:
    best = [target for target in evaluation.first.targets if math.isfinite(target.pearson)][:_BEST]
    listed = ", ".join(
        f"{target.name} {short_figure(target.pearson)} (ceiling {short_figure(target.ceiling)})"
        for target in best
    )
    word = evaluation.context.words.target
    return wrapped(f"Best {word}s of {evaluation.first.name}: {listed}.") if listed else ""


def _two(value: float) -> str:
    return "n/a" if not math.isfinite(value) else f"{value:.2f}" if abs(value) < 1000 else f"{value:.0e}"


def _percent(value: float) -> str:
    return "n/a" if not math.isfinite(value) else f"{100 * value:.0f} %"


def _count_rows(evaluation: ProfileEvaluation) -> str:
    words = evaluation.context.words
    return f"{evaluation.n_rows:,} {words.row if evaluation.n_rows == 1 else words.rows}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
