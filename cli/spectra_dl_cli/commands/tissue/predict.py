"""What spectra-dl predict does with a model of images."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from spectra_dl.errors import UsageError
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.options import open_store
from spectra_dl_cli.output import Output, origin_of, table_text, warn_of_training_rows
from spectra_dl_cli.predict_text import outcomes_text

if TYPE_CHECKING:
    from spectra_dl.classification.outcomes.predicted import PredictedOutcomes
    from spectra_dl.models.predictor import Predictor
    from spectra_dl.tissue.images import TissueImages
    from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor
    from spectra_dl.tissue.predictor import TissuePredictor
    from spectra_dl.tissue.study.predict import PredictedImages

_PARTIAL = 6
_PATIENTS = 1_000


def predict_images(
    data: tuple[Path, ...],
    reading: ImageOptions,
    predictor: "Predictor[Any]",
    output: Output,
    *,
    model_name: str,
    coverage: float | None,
    share: str | None,
    encoders: tuple[str, ...],
    store: Path | None,
) -> int:
    """Predict images, or what comes of their patients, and return the exit code.

    Parameters
    ----------
    data
        One folder or sheet.
    reading
        What the user says of it.
    predictor
        The model.
    output
        Where results go.
    model_name
        The model file's.
    coverage
        How often sets of classes, or intervals of numbers, shall hold the truth; None takes the model's own.
    share
        Two classes whose share is estimated; None takes the model's own.
    encoders
        Those that a model file alone may not call for.
    store
        Folder of features.

    Raises
    ------
    UsageError
        Several inputs are named, or a share of classes that there are none of.
    """
    of_outcome = predictor.header.input.kind == "tissue outcome"
    if of_outcome and share is not None:
        raise UsageError(
            "--share is of classes of images, and this model predicts what comes of patients; leave it out"
        )
    images = _read(data, reading, predictor.header.input.tile_um)
    how: dict[str, Any] = {
        "coverage": coverage,
        "encoders": encoders,
        "store": open_store(store) if store else None,
    }
    result: PredictedImages | PredictedOutcomes
    text: Callable[[], str]
    if of_outcome:
        from spectra_dl.tissue.study.predict_patients import predict_patients

        result = outcomes = predict_patients(
            cast("TissueOutcomePredictor", predictor), images, output.out, **how
        )
        text = partial(outcomes_text, outcomes, model_name)
    else:
        from spectra_dl.tissue.study.predict import predict_study

        result = classes = predict_study(
            cast("TissuePredictor", predictor), images, output.out, share=share, **how
        )
        text = partial(_text, classes, model_name)
    warn_of_training_rows(result.seen, len(images), "images")
    output.finish(result, lambda: origin_of(data), text)
    return _PARTIAL if result.damaged else 0


def _read(data: tuple[Path, ...], reading: ImageOptions, tile_um: float | None) -> "TissueImages":
    """Read one folder or sheet, and cut slides as those the model was trained on."""
    from spectra_dl.tissue.readers import read_images

    if len(data) > 1:
        raise UsageError("a model of images takes one folder or one sheet; put the images into one")
    return read_images(data[0], _cut_as_trained(reading, tile_um), labelled=False)


def _cut_as_trained(reading: ImageOptions, trained: float | None) -> ImageOptions:
    """Return how slides are cut: as those the model was trained on, where there were any."""
    if trained is None or reading.tile_um == trained:
        return reading
    if reading.tile_um is not None:
        raise UsageError(
            f"--tile-um {reading.tile_um:g}: the model was trained on tiles of {trained:g} um; leave the option out"
        )
    return replace(reading, tile_um=trained)


def _text(result: "PredictedImages", model_name: str) -> str:
    return "\n".join(_lines(result, model_name))


def _lines(result: "PredictedImages", model_name: str) -> Iterator[str]:
    from spectra_dl.tissue.shares.stated import response_lines

    training = result.predictor.header.training
    source = "SIMULATED images" if training.simulated else training.source
    yield f"Model {model_name}, trained on {source}. Research use only, not for diagnosis."
    for note in result.notes:
        yield f"Note: {note}"
    if result.share is not None:
        yield from ("", *response_lines(result.shares[:_PATIENTS], result.share.part), "")
    yield f"Answers at {result.coverage:.0%} coverage."
    yield ""
    classes = result.predictor.classification.classes
    owner = result.predictor.header.input.classes_of
    columns = [owner, "images", "status", "predicted", *(f"p({name})" for name in classes)]
    rows = list(_rows(result))
    yield table_text(columns, rows[:_PATIENTS])
    if len(rows) > _PATIENTS:
        yield f"and {len(rows) - _PATIENTS:,} more; --out writes them all to patients.csv"
    for name, status, reason in zip(
        result.rows.sample_id, result.rows.status, result.rows.reason, strict=True
    ):
        if status == "refused":
            yield f"refused: {reason or name}"


def _rows(result: "PredictedImages") -> Iterator[list[str]]:
    for some, answers in result.answered:
        stated = some.stated_probability
        for row, answer in enumerate(answers):
            decided = answer.predicted_class or ("-" if some.status[row] == "refused" else "abstains")
            shares = ["-" if isnan(value) else f"{value:.3f}" for value in stated[row].tolist()]
            used = f"{some.n_used[row]}/{some.n_rows[row]}"
            yield [some.patient[row], used, some.status[row], decided, *shares]
