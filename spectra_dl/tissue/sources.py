"""Where the pixels of images come from: files of their own, frames of DICOM files, or regions of slides; one place decides."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.grey_file import grey_of, open_grey
from spectra_dl.imaging.image import Cutter, Pixels, TissueImage
from spectra_dl.imaging.image_file import ImageFile, kind_of, open_image, refuse_dark_png
from spectra_dl.imaging.precut_tiles import MOST_TILE_PIXELS
from spectra_dl.imaging.slide import SlideImage, is_dicom, open_tissue_image
from spectra_dl.imaging.tiff_image import TiffImage
from spectra_dl.storage.hashing import sha256_of

if TYPE_CHECKING:
    from spectra_dl.imaging.dicom.file import DicomFile

Kind = Literal["image", "frames", "slide"]
TILE_PIXELS = (
    224  # of a side to which tiles of slides are brought: one size for all, whatever their scanner's pixel
)
_FEWEST_PIXELS = 4  # along a side
_TOO_LARGE = "a slide that could not be cut into images of at most 16 million pixels; see the notes"
_NOT_CUT = "a slide that could not be cut into tiles; see the notes"
_ANY_TIFF, _MIRAX = "generic-tiff", ".mrxs"


@dataclass(frozen=True, eq=False)
class Parts:
    """Which part of which file each of ``n`` images is; ``parts[rows]`` takes some of them.

    Attributes
    ----------
    file
        ``(n,)`` text: the file's path in the folder of the images.
    frame
        ``(n,)`` number of a frame of a DICOM file from 0, -1 of what is no frame.
    cut
        ``(n,)`` whether it is a region of a slide, at the image's position and with its side.
    tile_um
        The side of regions in µm; None without one.
    """

    file: TextArray
    frame: IndexArray
    cut: NDArray[np.bool_]
    tile_um: float | None = None

    def __len__(self) -> int:
        return len(self.file)

    def __getitem__(self, rows: IndexArray | NDArray[np.bool_]) -> "Parts":
        return Parts(self.file[rows], self.frame[rows], self.cut[rows], self.tile_um)


def kind_of_source(path: Path, *, cut: bool) -> tuple[Kind, tuple[str, ...]]:
    """Return whether a file is an image, a DICOM file of frames, or a slide that is cut, and notes of the file.

    A slide is what a scanner's format says, what has more than 16 million pixels, and every image where ``cut`` says so.

    Parameters
    ----------
    path
        The file.
    cut
        It is annotated, or a size of tiles is asked for.

    Raises
    ------
    UnsafeError
        The file holds pickle data.
    DataError
        It is no image, damaged, of a few pixels only, or claims a size that can't be true.
    """
    if is_dicom(path):
        from spectra_dl.imaging.dicom.file import is_whole_slide

        return ("slide" if is_whole_slide(path) else "frames"), ()
    image = _opened(path)
    scanned = isinstance(image, SlideImage) and image.vendor != _ANY_TIFF
    kind: Kind = "slide" if cut or scanned or image.width * image.height > MOST_TILE_PIXELS else "image"
    if min(image.width, image.height) < _FEWEST_PIXELS:
        raise DataError(
            f"{path.name}: {image.width} x {image.height} pixels, too few to show anything; export the image at its full size"
        )
    if isinstance(image, ImageFile) and (grey := grey_of(image)) is not None and grey.deep:
        return kind, (
            f"{path.name}: grey of more than 8 bits, whose 0.5 and 99.5 percentiles become black and white",
        )
    return kind, image.notes if isinstance(image, SlideImage | TiffImage | ImageFile) else ()


@dataclass(frozen=True, eq=False)
class ImageParts:
    """The pixels of images, read when they are asked for.

    Attributes
    ----------
    path
        The folder of the images.
    file
        ``(n,)`` the files, one of them as often as it has parts.
    parts
        Which part of its file each image is; None where all are whole files.
    position
        ``(n, 2)`` upper left corners of regions in the slide's pixels; None without regions.
    side
        ``(n,)`` of regions in the slide's pixels, NaN of a slide that could not be cut; None without regions.
    """

    path: Path
    file: tuple[Path, ...]
    parts: Parts | None = None
    position: FloatArray | None = None
    side: FloatArray | None = None

    def digests(self) -> list[str]:
        """Return a SHA-256 of each image: its file's, or one of its file's and where in it the image lies."""
        whole: dict[Path, str] = {}
        for row, path in enumerate(self.file):
            if path not in whole:
                whole[path] = open_tissue_image(path).sha256() if self._is_cut(row) else sha256_of(path)
        if self.parts is None:
            return [whole[path] for path in self.file]
        return [self._digest(whole[path], row) for row, path in enumerate(self.file)]

    def sha256(self) -> str:
        """Return a digest of all images, in their order."""
        return hashlib.sha256("".join(self.digests()).encode()).hexdigest()

    def read(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Yield ``(h, w, 3)`` pixels of these rows, in this order; what follows each other in one file is read in one go.

        Raises
        ------
        DataError
            One is damaged, or larger than an image may be.
        """
        for (path, kind), group in groupby((int(row) for row in rows), self._where):
            yield from self._read_from(path, kind, list(group))

    def faults(self) -> list[str]:
        """Return for each image why it can't be decoded; empty where it can."""
        faults = [""] * len(self.file)
        for _, group in groupby(range(len(self.file)), self._where):
            rows = list(group)
            try:
                for _ in self.read(rows):
                    pass
            except DataError:
                for row in rows:
                    faults[row] = self._fault(row)
        return faults

    def sizes(self) -> FloatArray:
        """Return width and height ``(n, 2)`` in pixels of each image, NaN where it can't be opened."""
        sizes = np.full((len(self.file), 2), np.nan)
        for (path, kind), group in groupby(range(len(self.file)), self._where):
            rows = list(group)
            try:
                sizes[rows] = (TILE_PIXELS, TILE_PIXELS) if kind == "slide" else _size(path, kind)
            except DataError:
                continue
        return sizes

    def origins(self) -> Iterator[tuple[str, tuple[int, int]] | None]:
        """Yield of each image that is no file of its own what its file says of the scanner, and the image's width and height; else None."""
        for (path, kind), group in groupby(range(len(self.file)), self._where):
            said = None if kind == "image" else _origin(path, kind)
            yield from (said for _ in group)

    def _where(self, row: int) -> tuple[Path, Kind]:
        return self.file[row], self._kind(row)

    def _kind(self, row: int) -> Kind:
        if self._is_cut(row):
            return "slide"
        return "frames" if self.parts is not None and self.parts.frame[row] >= 0 else "image"

    def _is_cut(self, row: int) -> bool:
        return self.parts is not None and bool(self.parts.cut[row])

    def _digest(self, whole: str, row: int) -> str:
        assert isinstance(self.parts, Parts)
        frame, kind = int(self.parts.frame[row]), self._kind(row)
        if kind == "image":
            return whole
        part = (
            f"frame {frame}"
            if kind == "frames"
            else f"region {self._corner(row)} {self._side(row)} {TILE_PIXELS}"
        )
        return hashlib.sha256(f"{whole} {part}".encode()).hexdigest()

    def _corner(self, row: int) -> tuple[float, float]:
        if self.position is None:
            return math.nan, math.nan
        return float(self.position[row, 0]), float(self.position[row, 1])

    def _side(self, row: int) -> float:
        return math.nan if self.side is None else float(self.side[row])

    def _read_from(self, path: Path, kind: Kind, rows: list[int]) -> Iterator[Pixels]:
        if kind == "frames":
            assert isinstance(self.parts, Parts)
            yield from _dicom(path).read([int(self.parts.frame[row]) for row in rows])
        elif kind == "slide":
            if not all(self._side(row) > 0 for row in rows):
                raise DataError(f"{path.name}: {_NOT_CUT}")
            cut = _region_cutter(open_tissue_image(path))
            for side, group in groupby(rows, self._side):
                corners = np.array([self._corner(row) for row in group])
                yield from cut(corners + side / 2, side, TILE_PIXELS)
        else:
            for _ in rows:
                yield _whole(path)

    def _fault(self, row: int) -> str:
        try:
            next(self.read([row]))
        except DataError as err:
            return str(err)
        return ""


def _whole(path: Path) -> Pixels:
    """Return the pixels of a file that is one image, in colours or grey."""
    if is_dicom(path):
        return next(_dicom(path).read([0]))
    image = _opened(path)
    if image.width * image.height > MOST_TILE_PIXELS:
        raise DataError(f"{path.name}: {image.width} x {image.height} pixels are {_TOO_LARGE}")
    if isinstance(image, ImageFile):
        if (grey := grey_of(image)) is not None:
            return grey.decoded()
        refuse_dark_png(path)
    return image.thumbnail(max(image.width, image.height))[0]


def _by_pillow(path: Path) -> bool:
    """Return whether a file is a JPEG, a PNG, or a TIFF without colours."""
    kind = kind_of(path)
    if kind != "TIFF":
        return kind is not None
    try:
        return open_grey(path) is not None
    except DataError:
        return False


def _opened(path: Path) -> TissueImage:
    return open_image(path) if _by_pillow(path) and path.suffix.lower() != _MIRAX else open_tissue_image(path)


def _size(path: Path, kind: Kind) -> tuple[int, int]:
    if kind == "frames":
        file = _dicom(path)
        return file.width, file.height
    image = _opened(path)
    return image.width, image.height


def _origin(path: Path, kind: Kind) -> tuple[str, tuple[int, int]]:
    if kind == "frames":
        file = _dicom(path)
        return file.scanner, (file.width, file.height)
    image = open_tissue_image(path)
    return image.vendor if isinstance(image, SlideImage) else "", (TILE_PIXELS, TILE_PIXELS)


def _dicom(path: Path) -> "DicomFile":
    from spectra_dl.imaging.dicom.file import open_dicom

    return open_dicom(path)


def _region_cutter(image: TissueImage) -> Cutter:
    return image.region_cutter() if isinstance(image, TiffImage) else image.cutter()
