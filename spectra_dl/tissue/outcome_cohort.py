"""The images that an outcome of patients may be predicted from: each with a patient, and what came of the patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.split_file import RowNames
from spectra_dl.evaluation.outcomes.survival.values import Survival, read_survival
from spectra_dl.evaluation.outcomes.values import Outcomes, RowsOfPatients, read_outcomes
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.tissue.images import TissueImages

Came = TypeVar("Came", bound=RowsOfPatients)


@dataclass(frozen=True, eq=False)
class ImagesOfPatients(Generic[Came]):
    """Images of patients of whom the outcome is known.

    Attributes
    ----------
    images
        All of them; the outcome is no longer among their columns, and a class of images is none either: it says what tissue an image shows.
    outcomes
        Whose each image is, and what came of each patient.
    """

    images: TissueImages
    outcomes: Came
    refused: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Of the reader."""
        return self.images.notes

    @property
    def patient(self) -> TextArray:
        """``(n,)`` the id of each image's patient."""
        return self.outcomes.patient_of_row

    @property
    def names(self) -> RowNames:
        """What the images are called in the input."""
        return RowNames.counted(len(self.images), self.images.name)


def images_with_numbers(images: TissueImages, target: str) -> ImagesOfPatients[Outcomes]:
    """Check numbers and patients of images.

    Parameters
    ----------
    images
        As read.
    target
        Column of the numbers.

    Raises
    ------
    UsageError
        There is no such column.
    DataError
        No patient is named, some or their numbers are missing, a number is none, or a patient has several.
    """
    (numbers,) = _cells(images, {"--target": target})
    outcomes = read_outcomes(_patients(images), numbers, column=target)
    return ImagesOfPatients(_without(images, (target,)), outcomes)


def images_with_times(images: TissueImages, time: str, event: str) -> ImagesOfPatients[Survival]:
    """Check times, events and patients of images.

    Parameters
    ----------
    images
        As read.
    time, event
        Columns of how long patients were followed, and whether the event came.

    Raises
    ------
    UsageError
        There is no such column.
    DataError
        No patient is named, some or their times or events are missing or impossible, a patient has several, or there are too few events.
    """
    columns = (time, event)
    times, events = _cells(images, {"--time": time, "--event": event})
    survival = read_survival(_patients(images), times, events, columns=columns)
    return ImagesOfPatients(_without(images, columns), survival)


def _cells(images: TissueImages, named: Mapping[str, str]) -> list[TextArray]:
    """Return the cells of columns, which are named by the options that ask for them."""
    known = dict(images.metadata) if images.label is None else {**images.metadata, "label": images.label}
    for option, column in named.items():
        if column not in known:
            there = first_few(known) or "none"
            raise UsageError(
                f"{option} {column!r:.80}: there is no such column in the sheet; there are {there}"
            )
    return [text_array(known[column]) for column in named.values()]


def _patients(images: TissueImages) -> TextArray:
    if images.patient is None:
        raise DataError(
            "nobody says which patient an image is of: name the column of the sheet with --patient, so that a patient's images stay together"
        )
    return text_array(one_spelling(images.patient).names)


def _without(images: TissueImages, columns: Sequence[str]) -> TissueImages:
    others = {name: cells for name, cells in images.metadata.items() if name not in columns}
    return replace(images, label=None, metadata=others)
