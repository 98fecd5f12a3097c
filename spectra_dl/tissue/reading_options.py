"""What a user says of images that are to be read; importing this loads nothing heavy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageOptions:
    """Names of columns in a sheet, and how file names are read.

    Attributes
    ----------
    label, patient, slide
        Columns of a sheet; None takes those of these names.
    name_pattern
        How names say what an image is, such as ``"{label}___{patient}-{slide}-{x}-{y}"``; None reads none.

    Examples
    --------
    >>> ImageOptions(patient="case").patient
    'case'
    """

    label: str | None = None
    patient: str | None = None
    slide: str | None = None
    name_pattern: str | None = None
