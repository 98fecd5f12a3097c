"""What a user says of images that are to be read; importing this loads nothing heavy."""

from dataclasses import dataclass

from spectra_dl.errors import UsageError


@dataclass(frozen=True)
class ImageOptions:
    """Names of columns in a sheet, and how file names are read.

    Attributes
    ----------
    label, patient, slide
        Columns of a sheet; None takes those of these names.
    name_pattern
        How names say what an image is, such as ``"{label}___{patient}-{slide}-{x}-{y}"``; None reads none.
    tile_um
        The side in µm of the tiles that slides are cut into; None takes 112, and cuts only what is a slide by its format, its size or an annotation.
    least_inside
        The least share of a tile inside areas of its class, or on tissue where nothing is annotated.
    annotations
        Which annotations are taken, each ``"NAME"`` or ``"NAME=CLASS"``; empty takes all by their own names.
    class_of_each
        Whether a class that is said of some images must be said of all; not where something else is predicted.

    Raises
    ------
    UsageError
        A size or a share can't be, or an annotation has no name.

    Examples
    --------
    >>> ImageOptions(patient="case").patient
    'case'
    """

    label: str | None = None
    patient: str | None = None
    slide: str | None = None
    name_pattern: str | None = None
    tile_um: float | None = None
    least_inside: float = 0.5
    annotations: tuple[str, ...] = ()
    class_of_each: bool = True

    def __post_init__(self) -> None:
        if self.tile_um is not None and not 1.0 <= self.tile_um <= 10_000.0:
            raise UsageError(f"--tile-um {self.tile_um:g}: tiles of 1 to 10,000 um can be cut")
        if not 0.0 < self.least_inside <= 1.0:
            raise UsageError(f"--least-inside {self.least_inside:g}: give a share above 0 and up to 1")
        self.classes_by_name()

    def classes_by_name(self) -> dict[str, str]:
        """Return the class by an annotation's name.

        Examples
        --------
        >>> ImageOptions(annotations=("Tumor=viable", "Necrosis")).classes_by_name()
        {'Tumor': 'viable', 'Necrosis': 'Necrosis'}
        """
        classes: dict[str, str] = {}
        for text in self.annotations:
            name, _, renamed = text.rpartition("=")
            name, renamed = (name.strip() if "=" in text else text.strip()), renamed.strip()
            if not name or not renamed:
                raise UsageError(f"--annotation {text!r:.80}: say NAME, or NAME=CLASS")
            if name in classes:
                raise UsageError(f"--annotation: {name!r:.60} stands twice; name it once")
            classes[name] = renamed
        return classes
