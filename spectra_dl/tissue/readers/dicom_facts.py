"""What DICOM files say of themselves besides their pixels, and of whose they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.evaluation.wording import counted, first_few
from spectra_dl.imaging.slide import is_dicom
from spectra_dl.tissue.readers.parts import ListedFile
from spectra_dl.tissue.readers.stated import PATIENT_TAG, StatedImage


def with_patients_of_files(folder: Path, stated: Sequence[StatedImage]) -> list[StatedImage]:
    """Return what was said of each image, and whose it is by the field PatientID of its DICOM file.

    Parameters
    ----------
    folder
        Under which the files lie.
    stated
        What was said of each.

    Raises
    ------
    DataError
        A file is no DICOM file, or doesn't say whose it is.
    """
    from spectra_dl.imaging.dicom.file import patient_of

    named = []
    for image in stated:
        path = folder / image.name
        patient = patient_of(path) if is_dicom(path) else ""
        if not patient:
            raise DataError(
                f"{image.where}: {image.name!r:.120} has no {PATIENT_TAG}, which --patient {PATIENT_TAG} asks for; say patients in a column of the sheet"
            )
        named.append(replace(image, said={**image.said, "patient": patient}))
    return named


def dicom_notes(folder: Path, files: Sequence[ListedFile], *, by_tag: bool) -> list[str]:
    """Say what a reader of DICOM files should know: text in the pixels, windows that are missing, and patients who are called otherwise in the sheet.

    Parameters
    ----------
    folder
        Under which the files lie.
    files
        All that were listed.
    by_tag
        Whether patients are called as the files call them.
    """
    opened = [(file.stated, file.dicom) for file in files if file.dicom is not None]
    notes = []
    if by_tag:
        notes.append(
            f"patients are called by the {PATIENT_TAG} in the files, as --patient {PATIENT_TAG} asks; results repeat it"
        )
    for text, said in (
        ("yes", "with text burnt into the pixels, as BurnedInAnnotation says"),
        (
            "maybe",
            "captured from a screen or film without a word on whether text is burnt into the pixels",
        ),
    ):
        if names := [stated.name for stated, dicom in opened if dicom.text == text]:
            notes.append(
                f"WARNING: {counted(len(names), 'DICOM file')} {said}: {first_few(names, at_most=3)}; text may name a person, and a model may read it: look at them, and cover it"
            )
    if names := [stated.name for stated, dicom in opened if dicom.stretched]:
        notes.append(
            f"{counted(len(names), 'DICOM file')} without a window, whose 0.5 and 99.5 percentiles become black and white, frame by frame, such as {names[0]!r:.120}"
        )
    return notes if by_tag else [*notes, *_differing_patients(folder, files)]


def _patient_in(folder: Path, file: ListedFile) -> str:
    """Return the PatientID of frames or of a slide, empty of what isn't DICOM."""
    if file.dicom is not None:
        return file.dicom.patient
    path = folder / file.stated.name
    if file.kind != "slide" or not is_dicom(path):
        return ""
    from spectra_dl.imaging.dicom.file import patient_of

    return patient_of(path)


def _differing_patients(folder: Path, files: Sequence[ListedFile]) -> list[str]:
    """Say where the sheet parts what files call one patient, or joins what they call several; ids themselves are not repeated."""
    of_tag: dict[str, dict[str, str]] = defaultdict(dict)
    of_sheet: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        said, tag = spelling_key(file.stated.said.get("patient", "")), spelling_key(_patient_in(folder, file))
        if tag and said:
            of_tag[tag].setdefault(said, file.stated.name)
            of_sheet[said].setdefault(tag, file.stated.name)
    notes = []
    parted = [names for names in of_tag.values() if len(names) > 1]
    if parted and len(of_tag) == 1:
        notes.append(
            f"all DICOM files have one {PATIENT_TAG}, and are given to {len(of_sheet)} patients: it is a placeholder, or one person stands on both sides of a split; make sure which"
        )
    elif parted:
        notes.append(
            f"{counted(len(parted), 'value')} of {PATIENT_TAG} in files of several patients, such as {first_few(parted[0].values(), at_most=2)}: if one person is meant, "
            "call it by one id, or it stands on both sides of a split"
        )
    joined = [names for names in of_sheet.values() if len(names) > 1]
    if joined:
        notes.append(
            f"{counted(len(joined), 'patient')} with several values of {PATIENT_TAG} in the files, such as {first_few(joined[0].values(), at_most=2)}; the ids that were given are followed"
        )
    return notes
