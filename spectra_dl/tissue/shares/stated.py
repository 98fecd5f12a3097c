"""Shares of slides and patients as they are written: a table, JSON, and a statement on good response."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import IndexArray, TextArray, text_array
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.tissue.images import rows_by
from spectra_dl.tissue.shares.estimate import GOOD_RESPONSE, ShareEstimate, ShareEstimator

SHARES_FILE = "share.csv"
_REACHES = f"{GOOD_RESPONSE * 100:.0f}"
_COLUMNS = (
    *("level", "patient_id", "slide", "n_slides", "n_images", "n_used"),
    *("counted_share", "share", "low", "high"),
    *(f"p_at_least_{_REACHES}", f"at_least_{_REACHES}", "research_use_only_not_for_diagnosis"),
)


@dataclass(frozen=True)
class StatedShare:
    """The share of a slide, a patient, or of all images where nobody says whose they are.

    Attributes
    ----------
    patient, slide
        Whose it is; empty where that is not known, and a patient's own has no slide.
    slides, images, used
        How many there are, and how many images were predicted and are like those of training.
    estimate
        The share.
    """

    patient: str
    slide: str
    slides: int
    images: int
    used: int
    estimate: ShareEstimate

    @property
    def level(self) -> str:
        """``"slide"``, ``"patient"`` or ``"all"``."""
        return "slide" if self.slide else "patient" if self.patient else "all"

    @property
    def name(self) -> str:
        """What it is called in a list."""
        return self.slide or self.patient or "all images"

    def json(self) -> dict[str, object]:
        """Return it ready for JSON."""
        figures = {
            "counted": self.estimate.counted,
            "share": self.estimate.share,
            "low": self.estimate.low,
            "high": self.estimate.high,
            "probability_at_least_90": self.estimate.probability,
        }
        return {
            "level": self.level,
            "patient": self.patient,
            "slide": self.slide,
            "slides": self.slides,
            "images": self.images,
            "used": self.used,
            **{name: None if math.isnan(value) else round(value, 6) for name, value in figures.items()},
            "at_least_90": self.estimate.reaches,
        }


def stated_shares(
    estimator: ShareEstimator,
    predicted: IndexArray,
    patient: TextArray | None,
    slide: TextArray | None,
    *,
    slides: bool = True,
) -> tuple[StatedShare, ...]:
    """Return the share of each patient, and then that of each slide, in order of first appearance; spellings of one id are one patient.

    Parameters
    ----------
    estimator
        Of the share that is asked for.
    predicted
        ``(n,)`` number of each image's predicted class; negative where there is none.
    patient, slide
        ``(n,)`` whose each image is; None where nobody said. Images without a slide count as one.
    slides
        Whether slides have shares of their own too.
    """
    every = np.full(len(predicted), "", dtype=object)
    people = every if patient is None else patient
    parts = people if slide is None else slide
    shares = []
    if patient is not None or slide is None:
        keys = text_array([spelling_key(str(name)) for name in people])
        for rows in rows_by(keys).values():
            shares.append(_stated(estimator, predicted[rows], parts[rows], str(people[rows[0]]), ""))
    if slide is not None and slides:
        for name, rows in rows_by(slide).items():
            shares.append(_stated(estimator, predicted[rows], parts[rows], str(people[rows[0]]), name))
    return tuple(shares)


def _stated(
    estimator: ShareEstimator, predicted: IndexArray, part: TextArray, patient: str, slide: str
) -> StatedShare:
    numbers = np.unique(np.asarray(part, dtype=str), return_inverse=True)[1]
    counts = np.zeros((numbers.max() + 1, len(estimator.classes)), dtype=np.intp)
    used = predicted >= 0
    np.add.at(counts, (numbers[used], predicted[used]), 1)
    return StatedShare(
        patient, slide, len(counts), len(predicted), int(used.sum()), estimator.estimate(counts)
    )


def write_shares(path: Path, shares: Iterable[StatedShare]) -> None:
    """Write a line for each share.

    Parameters
    ----------
    path
        The file; one that is there is replaced.
    shares
        From `stated_shares`.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    with csv_rows(path) as write_row:
        write_row(_COLUMNS)
        for each in shares:
            said = each.estimate
            figures = (said.counted, said.share, said.low, said.high, said.probability)
            cells = ["" if math.isnan(value) else f"{value:.4f}" for value in figures]
            counts = (each.slides, each.images, each.used)
            write_row([each.level, each.patient, each.slide, *counts, *cells, said.reaches, ""])


def response_lines(shares: Sequence[StatedShare], part: str) -> list[str]:
    """Say of each patient, or of each slide where no patients are known, what its share is and whether it reaches 90 %.

    Parameters
    ----------
    shares
        From `stated_shares`.
    part
        The class whose share it is.
    """
    lines = [
        f"Share of {part!r:.60}, corrected by what the model mistook in patients it never saw, with a 95 % interval:"
    ]
    patients = [each for each in shares if each.level != "slide"]
    for each in patients or shares:
        said, of = (
            each.estimate,
            f"{each.used}/{each.images} images, {each.slides} slide{'s' * (each.slides != 1)}",
        )
        if math.isnan(said.share):
            lines.append(f"  {each.name}: unknown ({of}): no image was predicted as either class")
            continue
        chance = f"probability {said.probability:.0%}" if math.isfinite(said.probability) else "unknown"
        lines.append(
            f"  {each.name}: {said.share:.0%} [{said.low:.0%} to {said.high:.0%}] ({of}); at least {GOOD_RESPONSE:.0%}: {said.reaches} ({chance})"
        )
    return lines
