"""Predict what comes of patients from all images of each."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path

from spectra_dl.arrays import text_array
from spectra_dl.classification.outcomes.predicted import PredictedOutcomes, predicted_outcomes
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.tissue.image_networks import scale_notes
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor
from spectra_dl.tissue.study.slides import place_columns, write_attention


def predict_patients(
    predictor: TissueOutcomePredictor,
    images: TissueImages,
    folder: Path | None = None,
    *,
    coverage: float | None = None,
    encoders: Sequence[str] = (),
    store: FeatureStore | None = None,
) -> PredictedOutcomes:
    """Predict patients, and write a line for each image and each patient, and maps of which tiles of slides the answers were read from.

    Parameters
    ----------
    predictor
        The model.
    images
        Of named patients.
    folder
        Where ``predictions.csv`` and ``patients.csv`` are written; None writes nothing.
    coverage
        Of the intervals of numbers; None takes the model's own.
    encoders
        Those that a model file alone may not call for.
    store
        Where features are looked up and kept.

    Raises
    ------
    UsageError
        The model has no intervals for this coverage, or an encoder must be named.
    DataError
        Nobody says whose an image is.
    EnvironmentFault
        A file can't be written.
    """
    predictor.coverage(coverage)  # refused before images are encoded
    rows = predictor.predict(images, encoders=encoders, store=store)
    more = place_columns(images)
    maps: tuple[str, ...] = ()
    if rows.attention is not None and predictor.header.input.network.name == "attention":
        more["attention"] = ["" if isnan(share) else f"{share:.9g}" for share in rows.attention.tolist()]
        seen = ~rows.damaged
        if folder is not None and seen.any():
            owner = text_array(predictor.bags(images)[seen])
            maps = write_attention(folder, images[seen], owner, rows.attention[seen])
    result = predicted_outcomes(
        predictor, [(rows, tuple(more.values()))], folder, more=list(more), coverage=coverage
    )
    return replace(
        result,
        notes=(*images.notes, *scale_notes(predictor.header.input, images), *maps, *result.notes),
        seen=predictor.seen_in_training(images),
    )
