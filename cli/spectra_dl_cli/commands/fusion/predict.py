"""What spectra-dl predict does with a fusion."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from spectra_dl.errors import UsageError
from spectra_dl_cli.options import open_store
from spectra_dl_cli.output import Output, origin_of, table_text, warn_of_training_rows
from spectra_dl_cli.predict_text import first_of, outcomes_text

if TYPE_CHECKING:
    from spectra_dl.arrays import FloatArray
    from spectra_dl.fusion.outcomes.predictor import FusionOutcomePredictor
    from spectra_dl.fusion.predictor import FusionPredictor
    from spectra_dl.fusion.readers.stated import StatedStudy
    from spectra_dl.fusion.study.predict import PredictedFusion
    from spectra_dl.fusion.study.predict_outcome import PredictedFusedOutcomes
    from spectra_dl.models.predictor import Predictor

_PATIENTS, _ABSTAINED = 1_000, 10


def predict_patients(
    data: tuple[Path, ...],
    predictor: "Predictor[Any]",
    output: Output,
    features: tuple[tuple[str, ...], Path | None],
    *,
    model_name: str,
    coverage: float | None,
) -> int:
    """Predict the classes of a study's patients, or what comes of them, and return the exit code.

    Parameters
    ----------
    data
        The study file.
    predictor
        The model.
    output
        Where results go.
    features
        Encoders that a model file alone may not call for, and the folder of features.
    model_name
        The model file's.
    coverage
        How often sets of classes, or intervals of numbers, shall hold the truth; None takes the model's own.

    Raises
    ------
    UsageError
        Something else than one study file is named.
    """
    stated, (encoders, store) = _study(data), features
    how: dict[str, Any] = {
        "coverage": coverage,
        "encoders": encoders,
        "store": open_store(store) if store else None,
    }
    result: PredictedFusion | PredictedFusedOutcomes
    text: Callable[[], str]
    if predictor.header.input.kind == "fusion outcome":
        from spectra_dl.fusion.study.predict_outcome import predict_outcome_study

        outcomes = predict_outcome_study(cast("FusionOutcomePredictor", predictor), stated, output.out, **how)
        result = outcomes
        seen_of_block: Mapping[str, tuple[int, int]] = outcomes.seen_of_block
        text = partial(outcomes_text, outcomes, model_name)
    else:
        from spectra_dl.fusion.study.predict import predict_study

        classes = predict_study(cast("FusionPredictor", predictor), stated, output.out, **how)
        result, seen_of_block = classes, classes.seen
        text = partial(_text, classes, model_name)
    for block, (seen, rows) in seen_of_block.items():
        warn_of_training_rows(seen, rows, f"rows of {block}")
    output.finish(result, lambda: origin_of(stated.files), text)
    return 0


def _study(data: tuple[Path, ...]) -> "StatedStudy":
    from spectra_dl.fusion.readers.study_file import read_study_file

    if len(data) > 1 or data[0].suffix.lower() != ".toml":
        raise UsageError("a fusion predicts the patients of a study file; name one, such as STUDY.toml")
    return read_study_file(data[0])


def _text(result: "PredictedFusion", model_name: str) -> str:
    return "\n".join(_lines(result, model_name))


def _lines(result: "PredictedFusion", model_name: str) -> Iterator[str]:
    training, predicted = result.predictor.header.training, result.predicted
    classes, positive = predicted.patients.classes, result.predictor.classification.positive_class
    at = classes.index(positive)
    yield f"Model {model_name}, trained on {training.source}. Research use only, not for diagnosis."
    for note in result.notes:
        yield f"Note: {note}"
    yield f"Answers at {result.coverage:.0%} coverage. Columns of blocks: what each adds to the log odds of {positive}; in brackets: the patient lacks it."
    yield ""
    columns = ["patient", "predicted", *(f"p({name})" for name in classes), *predicted.blocks]
    rows = []
    stated = predicted.patients.stated_probability
    for row, answer in enumerate(result.answers[:_PATIENTS]):
        refused = predicted.patients.status[row] == "refused"
        decided = answer.predicted_class or ("-" if refused else "abstains")
        shares = ["-" if isnan(value) else f"{value:.3f}" for value in stated[row].tolist()]
        says = [_log_odds(each[row], at) for each in predicted.says]
        lacked = [said if has else f"({said})" for said, has in zip(says, predicted.has[:, row], strict=True)]
        rows.append([predicted.patients.patient[row], decided, *shares, *lacked])
    yield table_text(columns, rows)
    if len(result.answers) > _PATIENTS:
        yield f"and {len(result.answers) - _PATIENTS:,} more; --out writes them all to patients.csv"
    abstained = [
        f"{name}: {answer.abstains}"
        for name, answer in zip(predicted.patients.patient, result.answers, strict=True)
        if answer.abstains
    ]
    if abstained:
        yield ""
        yield f"No answer for {len(abstained)} of {len(result.answers)} patients:"
        yield from first_of(abstained[:_ABSTAINED], len(abstained), "report.json")


def _log_odds(logits: "FloatArray", positive: int) -> str:
    others = [value for at, value in enumerate(logits.tolist()) if at != positive]
    return f"{logits[positive] - sum(others) / len(others):+.2f}"
