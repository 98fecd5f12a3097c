"""Images of tissue as rows, with what is known of each; pixels are read when they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.image import Pixels
from spectra_dl.tissue.sources import ImageParts, Parts


@dataclass(frozen=True, eq=False)
class TissueImages:
    """A row per image; ``images[rows]`` takes some of them.

    Attributes
    ----------
    folder
        Under which all files lie.
    name
        ``(n,)`` text: each file's path in the folder, which is its id; of a frame or a region with which it is.
    label, patient, slide
        ``(n,)`` text; None where nobody said.
    position
        ``(n, 2)`` x and y of each image in its slide's pixels, NaN where it is not known; None where nobody said.
    mpp
        ``(n,)`` µm per pixel, NaN where it is not known; None where nobody said.
    side
        ``(n,)`` how many of its slide's pixels each image is wide, NaN where it is not known; None where nobody said.
    metadata
        ``(n,)`` text by name: what else was said.
    notes
        A sentence for each guess, and for what was left out.
    parts
        Which part of which file each image is; None where each is a file of its own.

    Raises
    ------
    DataError
        The parts have different lengths.

    Examples
    --------
    >>> names = np.array(["a.png", "b.png"], dtype=object)
    >>> images = TissueImages(Path("tiles"), names)
    >>> len(images), list(images[np.array([1])].name)
    (2, ['b.png'])
    """

    folder: Path
    name: TextArray
    label: TextArray | None = None
    patient: TextArray | None = None
    slide: TextArray | None = None
    position: FloatArray | None = None
    mpp: FloatArray | None = None
    side: FloatArray | None = None
    metadata: Mapping[str, TextArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: Parts | None = None

    def __post_init__(self) -> None:
        parts = (
            self.parts,
            self.label,
            self.patient,
            self.slide,
            self.position,
            self.mpp,
            self.side,
            *self.metadata.values(),
        )
        if any(part is not None and len(part) != len(self.name) for part in parts):
            raise DataError(f"{len(self.name)} images with parts of other lengths; give one entry per image")

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, rows: IndexArray | NDArray[np.bool_]) -> "TissueImages":
        return TissueImages(
            self.folder,
            self.name[rows],
            None if self.label is None else self.label[rows],
            None if self.patient is None else self.patient[rows],
            None if self.slide is None else self.slide[rows],
            None if self.position is None else self.position[rows],
            None if self.mpp is None else self.mpp[rows],
            None if self.side is None else self.side[rows],
            {name: cells[rows] for name, cells in self.metadata.items()},
            self.notes,
            None if self.parts is None else self.parts[rows],
        )

    @property
    def files(self) -> ImageParts:
        """What each image is read from, in order; it is opened when its pixels are asked for."""
        names = self.name if self.parts is None else self.parts.file
        files = tuple(self.folder / str(name) for name in names)
        return ImageParts(self.folder, files, self.parts, self.position, self.side)

    def pixels(self) -> Iterator[Pixels]:
        """Yield ``(h, w, 3)`` pixels of each image, one at a time.

        Raises
        ------
        DataError
            One is damaged.
        """
        return self.files.read(range(len(self)))


def rows_by(names: Sequence[str] | TextArray) -> dict[str, IndexArray]:
    """Return the rows of each name, names in order of first appearance.

    Parameters
    ----------
    names
        ``(n,)`` text.

    Examples
    --------
    >>> {name: rows.tolist() for name, rows in rows_by(["b", "a", "b"]).items()}
    {'b': [0, 2], 'a': [1]}
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(str(name), []).append(row)
    return {name: np.array(own, dtype=np.intp) for name, own in rows.items()}
