"""Which bag each image is in: its patient's where classes are of patients, its slide's where they are of slides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit.identity import patients_in_several_classes
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.tissue.cohort import ImageCohort
from spectra_dl.tissue.images import TissueImages

ClassesOf = Literal["patient", "slide", "image"]
BagsOf = Literal["patient", "slide"]


@dataclass(frozen=True, eq=False)
class Bagging:
    """The bag of each image.

    Attributes
    ----------
    of
        What a bag is.
    name
        ``(n,)`` text.
    """

    of: BagsOf
    name: TextArray


def bags_of_cohort(cohort: ImageCohort) -> Bagging | None:
    """Return the bag of each image; None where classes are of images, of which none can be pooled."""
    if read_patients(cohort.patient, cohort.label).cluster is None:
        return Bagging("patient", text_array(cohort.subject))
    slide = cohort.slide
    if slide is None or not all(slide) or patients_in_several_classes(slide, cohort.label):
        return None
    return Bagging("slide", slide)


def bags_of_input(images: TissueImages, of: BagsOf, model: str) -> TextArray:
    """Return the bag of each image that is to be predicted.

    Parameters
    ----------
    images
        As read.
    of
        What the model's bags are.
    model
        Its name, for the refusal.

    Raises
    ------
    DataError
        Nobody says whose an image is.
    """
    given = images.patient if of == "patient" else images.slide
    if given is None or not all(given):
        where = "--patient COLUMN, folders class/patient/image, " if of == "patient" else "--slide COLUMN "
        raise DataError(
            f"{model} pools the images of a {of} to one answer, and nobody says which {of} each image is of: name it with {where}or --name-pattern"
        )
    return text_array(one_spelling(given).names) if of == "patient" else given


def refuse_unpooled(names: Sequence[str]) -> NoReturn:
    """Refuse models that pool images whose classes are their own.

    Parameters
    ----------
    names
        Of the models, as users type them.

    Raises
    ------
    DataError
        Always.
    """
    raise DataError(
        f"{' and '.join(names)}: all images of a patient or a slide are pooled to one class, but here patients and slides have images of several classes; "
        "take mlp, logistic, svm or random-forest, which classify each image, or name a column of patients' classes with --label"
    )
