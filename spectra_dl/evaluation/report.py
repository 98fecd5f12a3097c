"""What an evaluation says: as JSON that is the same bytes for the same seed, and as text a person reads."""

import math
import textwrap
from collections.abc import Mapping

from spectra_dl.evaluation.audit import Finding
from spectra_dl.evaluation.comparison import Difference
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.results import Evaluation, ModelResult
from spectra_dl.evaluation.splits import Fold, split_sha256, split_text
from spectra_dl.evaluation.wording import UNDEFINED, figure

RESEARCH_USE = "Research use only, not for diagnosis."
_WIDTH = 100
_NAME_WIDTH = 19
_AUC_WIDTH = 17  # of ".999 [.899, .999]"
_DECIMALS = 10  # far below what matters, far above what the order of a sum changes
_TABLE = {
    "balanced_accuracy": "balacc",
    "sensitivity": "sens",
    "specificity": "spec",
    "f1": "F1",
    "mcc": "MCC",
    "brier": "Brier",
}

Json = dict[str, object]


def evaluation_report(evaluation: Evaluation) -> Json:
    """Return everything the evaluation found, ready for JSON; undefined figures are null.

    Nothing in it depends on the clock: the same data, settings and seed give the same report.
    """
    patients, settings = evaluation.patients, evaluation.settings
    return {
        "use": RESEARCH_USE,
        "data": {
            "spectra": len(patients.of_row),
            "patients": len(patients.names),
            "classes": list(patients.classes),
            "patients_per_class": {name: patients.count(code) for code, name in enumerate(patients.classes)},
            "positive_class": evaluation.positive,
            "positive_class_reason": evaluation.positive_reason,
        },
        "settings": {
            "folds": settings.folds,
            "repeats": settings.repeats,
            "seed": settings.seed,
            "resamples": settings.resamples,
            "permutations": settings.permutations,
            "interval": settings.interval,
            "level": 0.95,
        },
        "audit": {
            "severity": evaluation.audit.severity,
            "findings": [_finding_json(finding) for finding in evaluation.audit.findings],
        },
        "models": {name: _model_json(evaluation, result) for name, result in evaluation.models.items()},
        "differences": [_difference_json(difference) for difference in evaluation.differences],
        "split": {
            "sha256": split_sha256(evaluation_split(evaluation)),
            "folds": [_fold_json(evaluation, fold) for fold in evaluation.folds],
        },
    }


def evaluation_split(evaluation: Evaluation) -> str:
    """Return the split as CSV text, for `splits.read_split`; its SHA-256 stands in the report."""
    return split_text(
        evaluation.folds, [evaluation.patients.names[code] for code in evaluation.patients.of_row]
    )


def evaluation_text(evaluation: Evaluation) -> str:
    """Return the evaluation as text of at most 100 columns: what to beware of first, then the models."""
    patients = evaluation.patients
    counts = ", ".join(f"{patients.count(code)} {name}" for code, name in enumerate(patients.classes))
    parts = [
        _wrap(f"{RESEARCH_USE} {len(patients.names)} patients ({counts}), {len(patients.of_row)} spectra."),
        _audit_text(evaluation),
        _models_text(evaluation),
        _comparison_text(evaluation),
        _reading_text(evaluation),
    ]
    return _without_controls("\n\n".join(part for part in parts if part) + "\n")


def _audit_text(evaluation: Evaluation) -> str:
    verdicts = {
        "stop": "Audit: STOP. The classes differ in something that is not biology; no score below shows a disease.",
        "warn": "Audit: look at these before you believe a score.",
        "fine": "Audit: nothing found that would let a model cheat.",
    }
    lines = [_wrap(verdicts[evaluation.audit.severity])]
    lines += [
        textwrap.fill(
            finding.sentence,
            _WIDTH,
            initial_indent=f"  {finding.severity:<5}",
            subsequent_indent=" " * 7,
            break_long_words=True,
        )
        for finding in evaluation.audit.findings
    ]
    return "\n".join(lines)


def _models_text(evaluation: Evaluation) -> str:
    width = min(_NAME_WIDTH, max(len("model"), *(len(name) for name in evaluation.models)))
    columns = "".join(f"{short:>7}" for short in (*_TABLE.values(), "train", "single", "leaky"))
    heading = f"{'model':<{width}} {'AUC [95 %]':<{_AUC_WIDTH}}{columns}"
    lines = [heading, "-" * len(heading)]
    for name, result in evaluation.models.items():
        auc = result.patient_level["auc"]
        interval = f"{_short(auc.value)} [{_short(auc.low)}, {_short(auc.high)}]"
        leaky = math.nan if result.leaky is None else result.leaky["auc"]
        single = result.spectrum_level["auc"].value
        cells = [
            *(result.patient_level[metric].value for metric in _TABLE),
            result.training_auc,
            single,
            leaky,
        ]
        numbers = "".join(f"{_short(value):>7}" for value in cells)
        lines.append(f"{name[:width]:<{width}} {interval:<{_AUC_WIDTH}}{numbers}")
    return "\n".join(lines)


def _comparison_text(evaluation: Evaluation) -> str:
    compared = [difference for difference in evaluation.differences if difference.metric == "auc"]
    if not compared:
        return ""
    lines = [f"Patient AUC against {compared[0].reference}, same folds, same resampled patients:"]
    for one in compared:
        interval = one.interval
        lines.append(
            f"  {one.model[:30]:<30} {interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]  {one.verdict}"
        )
    return "\n".join(lines)


def _reading_text(evaluation: Evaluation) -> str:
    """Explain the table's columns, and only what occurs in it."""
    n_patients = len(evaluation.patients.names)
    sentences = [
        f"Figures are of {n_patients} patients who were not trained on, {evaluation.settings.folds} folds by patient,"
        f" {evaluation.settings.repeats} repeat(s). {evaluation.positive_reason}",
        "train: patient AUC on training patients; far above AUC means learned by heart. single: AUC of single"
        " spectra, not pooled by patient.",
    ]
    if any(result.leaky for result in evaluation.models.values()):
        sentences.append(
            "leaky: what a split by spectrum, with spectra of one patient on both sides, would have claimed in place"
            " of single. It is no result."
        )
    intervals = [result.patient_level["auc"] for result in evaluation.models.values()]
    if any(interval.high - interval.low == 0 for interval in intervals):
        sentences.append(
            "An interval without width means that all resamples of these patients agree, not that there is no doubt."
        )
    if any(
        math.isnan(result.patient_level[metric].value)
        for result in evaluation.models.values()
        for metric in _TABLE
    ):
        sentences.append(
            f"{UNDEFINED}: undefined, for instance the correlation of a model that names one class for everybody."
        )
    return "\n".join(_wrap(sentence) for sentence in sentences)


def _model_json(evaluation: Evaluation, result: ModelResult) -> Json:
    patients = evaluation.patients
    probability = {
        name: [[_number(value) for value in row] for row in result.patient_probability[:, code, :]]
        for code, name in enumerate(patients.names)
    }
    return {
        "patient_level": _intervals_json(result.patient_level),
        "spectrum_level": _intervals_json(result.spectrum_level),
        "training_patient_auc": _number(result.training_auc),
        "permutation_p": _number(result.permutation_p),
        "leaky_spectrum_split": None
        if result.leaky is None
        else {metric: _number(value) for metric, value in result.leaky.items()},
        "patient_probability": probability,
    }


def _fold_json(evaluation: Evaluation, fold: Fold) -> Json:
    patients = evaluation.patients
    tested = sorted({patients.names[code] for code in patients.of_row[fold.test]})
    return {
        "repeat": fold.repeat + 1,
        "fold": fold.number + 1,
        "test_patients": tested,
        "test_rows": [int(row) + 1 for row in fold.test],
    }


def _finding_json(finding: Finding) -> Json:
    auc = None if finding.auc is None else _interval_json(finding.auc)
    return {
        "name": finding.name,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "patient_auc": auc,
    }


def _difference_json(difference: Difference) -> Json:
    return {
        "model": difference.model,
        "reference": difference.reference,
        "metric": difference.metric,
        "difference": _interval_json(difference.interval),
        "verdict": difference.verdict,
    }


def _intervals_json(intervals: Mapping[str, Interval]) -> Json:
    return {name: _interval_json(interval) for name, interval in intervals.items()}


def _interval_json(interval: Interval) -> Json:
    numbers = {name: _number(getattr(interval, name)) for name in ("value", "low", "high", "undefined_share")}
    return {**numbers, "method": interval.method}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), _DECIMALS)


def _short(value: float) -> str:
    """Write a figure between -1 and 1 in five characters at most; a whole one in three, as 1.0."""
    text = figure(value)
    return {"1.000": "1.0", "-1.000": "-1.0"}.get(text, text.replace("0.", ".", 1))


def _without_controls(text: str) -> str:
    """Spell out characters of ids and labels that would steer a terminal."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)


def _wrap(sentence: str) -> str:
    return textwrap.fill(sentence, _WIDTH)
