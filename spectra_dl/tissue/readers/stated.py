"""What was said of each image, before anything is checked: the one form that sheets, folders and names are brought to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.errors import DataError

_SLIDES = (".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".svslide", ".czi")
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".dcm", ".dicom", *_SLIDES})
#: What --patient may name besides a column: the field of DICOM files, where a sheet has no such column.
PATIENT_TAG = "PatientID"


@dataclass(frozen=True)
class StatedImage:
    """One image and what was said of it.

    Attributes
    ----------
    name
        Path in the folder, with ``/``.
    where
        Where that was said, for messages.
    said
        Text by field: label, patient, slide, x, y, mpp, side, annotation; one that is missing wasn't said.
    other
        Text by column: what else was said.
    """

    name: str
    where: str
    said: Mapping[str, str]
    other: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str) -> float:
        """Return a number that was said, NaN where it wasn't.

        Raises
        ------
        DataError
            It is no number.
        """
        text = self.said.get(name, "")
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DataError(f"{self.where}: {name} is {text!r:.40}; give a number or leave it empty")
        return value


def image_files(folder: Path) -> list[str]:
    """Return the paths of all images in a folder and the folders in it, sorted; links and hidden files are left alone.

    Raises
    ------
    DataError
        There is none.
    """
    found = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not path.is_symlink()
    )
    names = [name for name in found if not any(part.startswith(".") for part in name.split("/"))]
    if not names:
        raise DataError(
            f"{folder.name}: no JPEG, PNG, TIFF, DICOM or slide in it; name a folder of images, or a sheet"
        )
    return names


def text_column(images: list[StatedImage], name: str) -> TextArray | None:
    """Return what was said of a field, ``(n,)`` text; None where it was said of no image.

    Parameters
    ----------
    images
        All of them.
    name
        The field.
    """
    if not any(name in image.said for image in images):
        return None
    return text_array([image.said.get(name, "") for image in images])


def number_column(images: list[StatedImage], name: str) -> FloatArray | None:
    """Return the numbers that were said of a field, ``(n,)``; None where none was.

    Parameters
    ----------
    images
        All of them.
    name
        The field.

    Raises
    ------
    DataError
        One is no number.
    """
    values = np.array([image.number(name) for image in images])
    return values if np.isfinite(values).any() else None
