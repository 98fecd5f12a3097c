"""The images a model may be trained and evaluated on: each with a class and a patient, and the unit that is scored."""

from dataclasses import dataclass, replace

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit.identity import patients_in_several_classes
from spectra_dl.evaluation.folds.split_file import RowNames
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.sample_units import subjects_of, unit_ids
from spectra_dl.tissue.images import TissueImages

_FEW = 0.1  # of the patients: so few with several classes are rather misspelt labels


@dataclass(frozen=True, eq=False)
class ImageCohort:
    """Images of labelled patients.

    Attributes
    ----------
    images
        All of them.
    label, patient
        ``(n,)`` text; where classes are of images, ``patient`` has the ids of `spectra_dl.evaluation.sample_units`.
    notes
        Of the reader, and what is scored.
    """

    images: TissueImages
    label: TextArray
    patient: TextArray
    notes: tuple[str, ...]

    @property
    def subject(self) -> list[str]:
        """``(n,)`` whose each image is, whatever classes are of."""
        return subjects_of(self.patient)

    @property
    def slide(self) -> TextArray | None:
        """``(n,)`` the slide of each image; None where nobody said."""
        return self.images.slide

    @property
    def names(self) -> RowNames:
        """What the images are called in the input."""
        return RowNames.counted(len(self.images), self.images.name)


def labelled_images(images: TissueImages, *, label_per_sample: bool = False) -> ImageCohort:
    """Check classes and patients, and find out whether a class is a patient's or an image's.

    Where a tenth of the patients or more have images of several classes, classes are of images: a patient's images of one class are scored as
    one, and all that a patient has stays on one side of every split.

    Parameters
    ----------
    images
        As read.
    label_per_sample
        Classes are of images, however few patients have several.

    Raises
    ------
    DataError
        Class or patient is missing, there is one class only, or a few patients have several.
    """
    if images.label is None or images.patient is None:
        missing = "class" if images.label is None else "patient"
        raise DataError(
            f"nobody says which {missing} an image is of: name the column of a sheet with --{'label' if images.label is None else 'patient'}, put images into "
            "folders class/patient/image, or give --name-pattern"
        )
    people = one_spelling(images.patient)
    torn = patients_in_several_classes(people.names, images.label)
    several = label_per_sample or len(torn) > _FEW * len(set(people.names))
    patient = unit_ids(people.names, images.label) if several else text_array(people.names)
    read_patients(patient, images.label)
    notes = (*images.notes, *people.notes, *((_units_note(torn, people.names),) if several else ()))
    return ImageCohort(replace(images, notes=notes), images.label, patient, notes)


def _units_note(torn: list[str], names: list[str]) -> str:
    if not torn:
        return "--label-per-sample: no patient has images of several classes, so it changes nothing"
    return (
        f"classes are of images: {len(torn)} of {len(set(names))} patients have images of several; a patient's images of one class are scored as one, and "
        "patients are never divided between training and test"
    )
