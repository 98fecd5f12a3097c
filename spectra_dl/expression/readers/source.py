"""What is said of a section before it is read, and what every reader checks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.image import TissueImage
from spectra_dl.expression.section import NO_COUNTS, FloatArray, TextArray, text_array

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")


@dataclass(frozen=True)
class SectionSource:
    """Where a section lies and what a person said of it.

    Attributes
    ----------
    path
        A counts table of legacy Spatial Transcriptomics, a Space Ranger folder, or an ``.h5ad``.
    name, patient
        The ids; the name defaults to the file's.
    um_per_pixel
        Of the full-resolution picture; None reads it from the files.
    image, spots
        The picture and the spot file, where they don't lie beside the counts under the usual names.
    """

    path: Path
    name: str | None = None
    patient: str | None = None
    um_per_pixel: float | None = None
    image: Path | None = None
    spots: Path | None = None

    @property
    def stem(self) -> str:
        """The section's name, or the file's without its endings."""
        return self.name or re.sub(r"(\.(tsv|csv|txt|gz|h5ad))+$", "", self.path.name)


def find_picture(source: SectionSource, folders: Sequence[Path], names: Sequence[str]) -> Path:
    """Return the named picture, or the one that lies under a usual name.

    Raises
    ------
    DataError
        There is none, or more than one.
    """
    if source.image is not None:
        return source.image
    found = [
        folder / f"{name}{ending}"
        for folder in folders
        for name in names
        for ending in PICTURES
        if (folder / f"{name}{ending}").is_file()
    ]
    found = list(dict.fromkeys(found))
    if len(found) != 1:
        listed = ", ".join(one.name for one in found) or "none"
        raise DataError(
            f"{source.path.name}: one picture of section {source.stem} is needed, found {listed:.200}; name it with --image or in the "
            "column image"
        )
    return found[0]


def spot_reasons(
    position_px: FloatArray, counts_per_spot: FloatArray, image: TissueImage, name: str
) -> TextArray:
    """Say for each spot why it can't be used; empty where it can.

    Raises
    ------
    DataError
        No spot falls on the picture.
    """
    known = np.asarray(np.isfinite(position_px).all(axis=1), dtype=bool)
    placed = np.nan_to_num(position_px, nan=-1.0)
    inside = np.asarray(((placed >= 0) & (placed < (image.width, image.height))).all(axis=1), dtype=bool)
    if not inside.any():
        raise DataError(
            f"{name}: 0 of {len(inside)} spots fall on the picture {image.path.name} ({image.width} x {image.height} pixels); is it another "
            "picture or another scale factor?"
        )
    reason = text_array([""] * len(inside))
    reason[counts_per_spot <= 0] = NO_COUNTS
    reason[~inside] = "off the picture"
    reason[~known] = "no position"
    return reason
