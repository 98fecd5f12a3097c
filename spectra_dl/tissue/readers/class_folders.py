"""Folders by class and patient: ``class/patient/image`` or ``class/patient/slide/image``."""

from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.tissue.readers.stated import StatedImage, image_files

_SPLITS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
_CLASS_PATIENT, _WITH_SLIDE = 3, 4  # parts of a path


def read_class_folders(folder: Path) -> tuple[list[StatedImage], tuple[str, ...]]:
    """Return the images of a folder with what their places say, and a note of it.

    Raises
    ------
    DataError
        Images don't lie in folders of class and patient, or the upper folders are those of a split.
    """
    names = image_files(folder)
    depths = {name.count("/") + 1 for name in names}
    top = sorted({name.split("/")[0] for name in names})
    if {name.lower() for name in top} <= _SPLITS:
        raise DataError(
            f"{folder.name}: {first_few(top)} are parts of a split, not classes; a split is drawn by patient here: bring one folder of class/patient/image, "
            "or a sheet with path, patient and label"
        )
    if depths not in ({_CLASS_PATIENT}, {_WITH_SLIDE}):
        raise DataError(
            f"{folder.name}: images such as {names[0]!r:.120} don't say class and patient by their folders (class/patient/image or "
            "class/patient/slide/image); give a sheet with path, patient and label, or say with --name-pattern how their names are to be read"
        )
    with_slide = depths == {_WITH_SLIDE}
    images = []
    for name in names:
        label, patient, *rest = name.split("/")
        said = {"label": label, "patient": patient} | (
            {"slide": f"{patient}/{rest[0]}"} if with_slide else {}
        )
        images.append(StatedImage(name, name, said))
    shown = "class/patient/slide/image" if with_slide else "class/patient/image"
    return images, (f"folders were read as {shown}, such as {names[0]!r:.120}",)
