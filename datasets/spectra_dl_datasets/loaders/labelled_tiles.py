"""Images of tissue whose names say class, patient, slide and place: ``class___case-slide-x-y_number.jpg``."""

import re
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import DataError

_NAME = re.compile(r"(?P<label>(?:(?!___).)++)___(?P<patient>.+)-(?P<slide>[^-]++)-\d++-\d++(_\d++)?")


@dataclass(frozen=True)
class LabelledTiles:
    """Tiles, sorted by name.

    Attributes
    ----------
    path
        The images.
    label, patient, slide
        One text for each image, as in its name.
    """

    path: tuple[Path, ...]
    label: tuple[str, ...]
    patient: tuple[str, ...]
    slide: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.path)


def load(folder: Path) -> LabelledTiles:
    """Return the tiles of the folder ``tiles`` with what their names say; no image is opened.

    Raises
    ------
    DataError
        There are no images, or a name does not say class, patient and slide.
    """
    paths = sorted((folder / "tiles").glob("*.jpg"))
    if not paths:
        raise DataError(f"{folder.name}/tiles: no .jpg in it; put the tiles there")
    matches = [_NAME.fullmatch(path.stem) for path in paths]
    for path, match in zip(paths, matches, strict=True):
        if match is None:
            raise DataError(
                f"{path.name!r:.120}: the name does not say class, patient and slide; name tiles class___case-slide-x-y.jpg"
            )
    names = [match for match in matches if match is not None]
    return LabelledTiles(
        tuple(paths),
        tuple(match["label"] for match in names),
        tuple(match["patient"] for match in names),
        tuple(match["slide"] for match in names),
    )
