"""An evaluation of a number per patient as text a person reads."""

import math

from spectra_dl.evaluation.audit.audit_report import audit_text
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS
from spectra_dl.evaluation.outcomes.results import OutcomeEvaluation, OutcomeResult
from spectra_dl.evaluation.report.classes_json import RESEARCH_USE
from spectra_dl.evaluation.report.shared_text import (
    chance_lines,
    chosen_text,
    comparison_text,
    leaky_omission,
)
from spectra_dl.evaluation.wording import UNDEFINED, short_figure, short_interval, without_controls, wrapped

_NAME_WIDTH = 19
_COLUMNS = shown_in("text", OUTCOME_METRICS)


def outcome_text(evaluation: OutcomeEvaluation) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then the models."""
    outcomes, target = evaluation.outcomes, evaluation.settings.target
    value = outcomes.value
    parts = [
        wrapped(
            f"{RESEARCH_USE} {target:.60} of {len(outcomes.names)} patients, {value.min():.4g} to {value.max():.4g} (mean {value.mean():.4g}, standard deviation"
            f" {value.std(ddof=1):.4g}), {len(outcomes.of_row)} {evaluation.context.words.rows}."
        ),
        audit_text(evaluation.audit),
        _models_text(evaluation),
        _chance_text(evaluation),
        comparison_text(evaluation.differences, "rmse", "RMSE", digits=".4g"),
        chosen_text(evaluation.models),
        _reading_text(evaluation),
    ]
    return without_controls("\n\n".join(part for part in parts if part) + "\n")


def _models_text(evaluation: OutcomeEvaluation) -> str:
    width = min(_NAME_WIDTH, max(len("model"), *(len(name) for name in evaluation.models)))
    columns = "".join(f"{metric.short:>9}" for metric in _COLUMNS[1:])
    leaking = evaluation.settings.leaky
    heading = f"{'model':<{width}} {'RMSE [95 %]':<25}{'Spearman [95 %]':<21}{columns}{'train':>9}{'leaky' if leaking else '':>9}".rstrip()
    lines = [heading, "-" * len(heading)]
    for name, result in evaluation.models.items():
        figures = "".join(
            _number(result.patient_level[metric.name].value, 9)
            if metric.in_unit
            else f"{short_figure(result.patient_level[metric.name].value):>9}"
            for metric in _COLUMNS[1:]
        )
        leaky = math.nan if result.leaky is None else result.leaky["rmse"]
        lines.append(
            f"{name[:width]:<{width}} {_error(result):<25}{short_interval(result.patient_level['spearman']):<21}{figures}"
            f"{_number(result.training_rmse, 9)}{_number(leaky, 9) if leaking else ''}"
        )
    return "\n".join(lines)


def _error(result: OutcomeResult) -> str:
    interval = result.patient_level["rmse"]
    return f"{interval.value:.4g} [{interval.low:.4g}, {interval.high:.4g}]"


def _number(value: float, width: int) -> str:
    return f"{UNDEFINED if math.isnan(value) else f'{value:.4g}':>{width}}"


def _chance_text(evaluation: OutcomeEvaluation) -> str:
    first = next(iter(evaluation.models.values())).chance
    said = f"Against chance: p by {first.refits} refits of a linear model on these folds, patients exchanged at random:"
    return "\n".join([said, *chance_lines(evaluation.models)])


def _reading_text(evaluation: OutcomeEvaluation) -> str:
    settings, words = evaluation.settings, evaluation.context.words
    sentences = [
        f"Figures are of {len(evaluation.outcomes.names)} patients who were not trained on, {settings.folds} folds by patient, {settings.repeats} repeat(s); a"
        f" patient's prediction is the mean over the patient's {words.rows}. RMSE and MAE have the unit of {settings.target:.60}.",
        "R2: 1 - squared error / that of the training patients' mean; 0 is no better than the mean, and below 0 is worse. Spearman: rank correlation of"
        " patients that one fold's model predicted; its interval is widened by as much as refits vary more than fixed predictions.",
        "train: RMSE on training patients; far below RMSE means learned by heart.",
    ]
    if any(result.leaky for result in evaluation.models.values()):
        sentences.append(
            f"leaky: the RMSE of a split by {words.row}, with {words.rows} of one patient on both sides. It is no result."
        )
    if not settings.leaky:
        sentences.append(leaky_omission(words.row))
    return "\n".join(wrapped(sentence) for sentence in sentences)
