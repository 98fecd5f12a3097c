"""What is said of slides: shares of a class, maps of predictions and of attention."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.classification.predictions import RowPredictions
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.storage.run_folder import make_run_folder
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.maps.slide_maps import too_far_apart, write_attention_map, write_slide_maps
from spectra_dl.tissue.maps.slide_objects import write_slide_objects
from spectra_dl.tissue.maps.slide_tiles import SlideTiles, attended_slides, slides_of
from spectra_dl.tissue.predictor import ImagePredictions, TissuePredictor
from spectra_dl.tissue.shares.confusion import Confusion
from spectra_dl.tissue.shares.estimate import ShareEstimator
from spectra_dl.tissue.shares.share_classes import ShareClasses, class_numbers
from spectra_dl.tissue.shares.stated import StatedShare, stated_shares

SLIDES_FOLDER = "slides"


def share_estimator(predictor: TissuePredictor, asked: str | None) -> ShareEstimator | None:
    """Return what estimates the share that is asked for, or else the model's own; None where there is neither.

    Parameters
    ----------
    predictor
        The model.
    asked
        Two classes parted by a slash; None takes the model's own.

    Raises
    ------
    UsageError
        The model has no such classes, or doesn't know what it mistook.
    """
    part, classes = predictor.header.input, tuple(predictor.classification.classes)
    if asked is None:
        own = part.share
        return None if own is None else _estimator(predictor, ShareClasses(own.part, own.rest))
    if not part.held_out_counts:
        raise UsageError(
            "--share: this model's classes are not of images, or its file doesn't say what it mistook in patients it never saw; train it again on images of several "
            "classes a patient"
        )
    return _estimator(predictor, ShareClasses.of(asked, classes))


def _estimator(predictor: TissuePredictor, share: ShareClasses) -> ShareEstimator:
    counts = np.array(predictor.header.input.held_out_counts)
    return ShareEstimator(share, tuple(predictor.classification.classes), Confusion(counts))


def images_shares(
    estimator: ShareEstimator, images: TissueImages, rows: RowPredictions, rule: DecisionRule
) -> tuple[StatedShare, ...]:
    """Return shares of patients and slides, by the class that is decided for each image that is like those of training.

    Parameters
    ----------
    estimator
        Of the share.
    images, rows
        What was predicted, and how.
    rule
        How images are decided.
    """
    decided = class_numbers(rule.of_rows(rows), rule.classes)
    return stated_shares(estimator, decided, images.patient, images.slide)


def share_notes(predictor: TissuePredictor, estimator: ShareEstimator | None) -> tuple[str, ...]:
    """Say what a share is corrected by.

    Parameters
    ----------
    predictor
        The model.
    estimator
        Of the share; None where none is estimated.
    """
    if estimator is None:
        return ()
    counts, rates = estimator.confusion.counts, estimator.confusion.rates
    unseen = [name for name, rate in zip(estimator.classes, rates.diagonal(), strict=True) if np.isnan(rate)]
    if unseen:
        return (
            f"no share is stated: nobody among the training patients had images of {first_few(unseen)}, so what is mistaken for it is not known",
        )
    right = ", ".join(f"{rates[at, at]:.0%} of {name}" for at, name in enumerate(estimator.classes))
    return (
        f"shares are corrected by what was predicted of {counts.sum()} images of {len(counts)} training patients by networks that never saw them: {right} were found",
    )


def place_columns(images: TissueImages) -> dict[str, list[str]]:
    """Return the columns of predictions.csv that say where images lie, by name; none where nobody said."""
    columns = {} if images.slide is None else {"slide": [str(name) for name in images.slide]}
    if images.position is not None:
        for name, values in zip("xy", images.position.T, strict=True):
            columns[name] = ["" if np.isnan(value) else f"{value:.10g}" for value in values.tolist()]
    return columns


def write_slides(
    folder: Path, images: TissueImages, rows: ImagePredictions, rule: DecisionRule
) -> tuple[str, ...]:
    """Write maps and objects of each slide whose images have places, and say which slides have no map for where they are said to lie.

    Parameters
    ----------
    folder
        Of the results.
    images, rows
        What was predicted, and how.
    rule
        How images are decided.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    return _written(folder, slides_of(images, rows, rule), write_slide_maps)


def write_attention(
    folder: Path, images: TissueImages, patient: TextArray, attention: FloatArray
) -> tuple[str, ...]:
    """Write the attention of each slide whose images have places, as a map and as objects, and say which slides have no map.

    Parameters
    ----------
    folder
        Of the results.
    images
        ``n`` images.
    patient
        ``(n,)`` whose each is.
    attention
        ``(n,)`` shares, which sum to 1 over a patient.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    return _written(folder, attended_slides(images, patient, attention), write_attention_map)


def _written(
    folder: Path, slides: Iterable[SlideTiles], write_map: Callable[[Path, SlideTiles], object]
) -> tuple[str, ...]:
    """Write objects and a map of each slide, and return notes on those that have none."""
    notes = []
    for slide in slides:
        make_run_folder(folder)
        make_run_folder(folder / SLIDES_FOLDER)
        write_slide_objects(folder / SLIDES_FOLDER, slide)
        write_map(folder / SLIDES_FOLDER, slide)
        if note := too_far_apart(slide):
            notes.append(note)
    return tuple(notes)
