"""The image of a run of Space Ranger: the one named, one beside the counts, or the small one; and its pixels per full-resolution pixel."""

import contextlib
import gzip
import io
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.spatial_metadata import (
    SmallImage,
    SpatialMetadata,
    refuse_two_frames,
)
from spectra_dl.expression.readers.scale_factors import positive
from spectra_dl.expression.readers.source import IMAGES, SectionSource
from spectra_dl.expression.readers.tenx.layout import SpaceRangerFiles
from spectra_dl.imaging.image import Pixels, TissueImage
from spectra_dl.imaging.image_file import on_white
from spectra_dl.imaging.slide import open_tissue_image
from spectra_dl.imaging.whole_image import WholeImage

if TYPE_CHECKING:
    from PIL.Image import Image

_SAME_SIZE = 0.02
_SMALL = re.compile(
    r"(tissue_(hires|lowres)_image|aligned_fiducials|detected_tissue_image|aligned_tissue_image)\.\w+$"
)
_MOST_BESIDE = 20
_GZIP = b"\x1f\x8b"
_MOST_BYTES, _MOST_PIXELS = 512 << 20, 100_000_000
_FORMATS = ("PNG", "JPEG", "TIFF")


@dataclass(frozen=True)
class PackedImage(WholeImage):
    """A small image in a gzip file, as archives keep it, unpacked in memory when pixels of it are asked for.

    Attributes
    ----------
    path
        The file.
    width, height
        Pixels.
    """

    path: Path
    width: int
    height: int

    def decoded(self) -> Pixels:
        """Return the whole image, ``(height, width, 3)``."""
        with _unpacked(self.path) as image:
            try:
                return np.asarray(on_white(image), dtype=np.uint8)
            except (OSError, ValueError, SyntaxError) as err:
                raise _damaged(self.path, err) from err


def factor_of(small: Path | None) -> str:
    """Return the name of the scale factor that goes with a small image."""
    return "tissue_lowres_scalef" if small and "tissue_lowres_image" in small.name else "tissue_hires_scalef"


def small_image(
    source: SectionSource, files: SpaceRangerFiles, factors: Mapping[str, object], where: str
) -> tuple[Path | None, float | None]:
    """Return the small image that is read, and its pixels per full-resolution pixel; None without.

    Parameters
    ----------
    source
        The section; the image and its scale where a person states them.
    files
        The run's.
    factors
        Its scale factors.
    where
        Their file, for messages.

    Raises
    ------
    DataError
        By their scale factors two small images are those of full-resolution images of different sizes.
    """
    scales = {
        path: positive(factors, factor_of(path), where)
        for path in (files.hires, files.lowres)
        if path is not None
    }
    stated = [path for path in scales if scales[path] is not None]
    if source.image is None and len(stated) > 1:
        try:
            _refuse_two_frames({path: scales[path] for path in stated}, where)
        except DataError:
            if source.image_scale is None:
                raise
            return files.hires, None  # a person says it
    if source.image_scale is not None or not stated:
        return files.hires, scales.get(files.hires) if files.hires else None
    return stated[0], scales[stated[0]]


def _refuse_two_frames(scales: Mapping[Path, float | None], where: str) -> None:
    images = []
    for path, scale in scales.items():
        with contextlib.suppress(DataError):  # one that can't be read is not compared
            image, name = _opened(path), "lowres" if "lowres" in path.name else "hires"
            images.append(SmallImage(name, os.fspath(path), image.width, image.height, scale))
    refuse_two_frames(SpatialMetadata(images=tuple(images)), where)


def image_and_scale(
    source: SectionSource, folder: Path, hires: Path | None, scale: float | None
) -> tuple[TissueImage, float]:
    """Return the image, and its pixels per full-resolution pixel.

    Parameters
    ----------
    source
        The section; the image and its scale where a person states them.
    folder
        Where the counts lie.
    hires
        The small image, where there is one.
    scale
        Its pixels per full-resolution pixel, as the scale factors state it.

    Raises
    ------
    DataError
        There is no image, or the one named has neither the size of the full-resolution image nor a scale that fits its size.
    """
    small = None if hires is None or scale is None else _opened(hires)
    if source.image is not None:
        image = _opened(source.image)
        return image, _scale_of_named(source, image, small, scale)
    if source.image_scale is None and (whole := _beside(folder, small, scale)):
        return whole, 1.0
    if hires is not None and scale is None:
        if source.image_scale is not None:
            return _opened(hires), source.image_scale
        raise DataError(
            f"{folder.name}: {hires.name} is there, but no scalefactors_json.json with its {factor_of(hires)} in spatial; put that file of the run "
            "there, give the factor with --image-scale, or name the full-resolution image with --image or in the column image"
        )
    if small is None or scale is None:
        raise DataError(
            f"{folder.name}: no tissue_hires_image.png with tissue_hires_scalef in spatial; name the full-resolution image with --image or in "
            "the column image"
        )
    if source.image_scale is not None and abs(source.image_scale - scale) > _SAME_SIZE * scale:
        raise DataError(
            f"{folder.name}: an image scale of {source.image_scale:g} was given, but {factor_of(hires)} says {scale:g} of {small.path.name}; "
            "name the image that the scale is of, or leave the scale away"
        )
    return small, scale


def _scale_of_named(
    source: SectionSource, image: TissueImage, small: TissueImage | None, scale: float | None
) -> float:
    """Return the scale of an image that a person named, held against the size that the small image states."""
    if small is None or scale is None:
        return source.image_scale or 1.0
    whole = np.array([small.width, small.height]) / scale
    ratio = np.array([image.width, image.height]) / whole
    stated = source.image_scale or 1.0
    tolerance = _SAME_SIZE + 2 / min(small.width, small.height)
    if np.all(np.abs(ratio / stated - 1) <= tolerance):
        return stated
    said = f"with the scale {stated:g} " if source.image_scale else ""
    remedy = "name the full-resolution image that Space Ranger was given"
    if abs(ratio[0] / ratio[1] - 1) <= tolerance:
        remedy += f", or give its scale, {ratio.mean():.4g}"
    raise DataError(
        f"{source.stem}: {image.path.name} is {image.width} x {image.height} pixels, {said}but by {small.path.name} and its scale of {scale:.4g} the "
        f"full-resolution image is {whole[0]:.0f} x {whole[1]:.0f}; {remedy}"
    )


def _beside(folder: Path, small: TissueImage | None, scale: float | None) -> TissueImage | None:
    """Return the only image beside the counts, if its size is that of the full-resolution one."""
    candidates = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in IMAGES and path.is_file() and not _SMALL.search(path.name)
    ]
    if small is None or scale is None:
        return open_tissue_image(candidates[0]) if len(candidates) == 1 else None
    fitting = []
    for path in candidates[:_MOST_BESIDE]:
        image = open_tissue_image(path)
        ratio = np.array([small.width / image.width, small.height / image.height]) / scale
        if np.all(np.abs(ratio - 1) < _SAME_SIZE):
            fitting.append(image)
    return fitting[0] if len(fitting) == 1 else None


def _opened(path: Path) -> TissueImage:
    """Open an image, plain or in a gzip file."""
    try:
        with open(path, "rb") as stream:
            packed = stream.read(2) == _GZIP
    except OSError:
        packed = False  # the sentence comes from the reader of plain images
    if not packed:
        return open_tissue_image(path)
    with _unpacked(path) as image:
        return PackedImage(path, *image.size)


def _unpacked(path: Path) -> "Image":
    from PIL import Image, UnidentifiedImageError

    try:
        with open(path, "rb") as plain, gzip.GzipFile(fileobj=plain) as stream:
            content = stream.read(_MOST_BYTES + 1)
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.DecompressionBombError as err:
        raise _damaged(path, err) from err
    except (OSError, EOFError, zlib.error, ValueError, SyntaxError, UnidentifiedImageError) as err:
        raise _damaged(path, err) from err
    if len(content) > _MOST_BYTES or image.width * image.height > _MOST_PIXELS:
        raise DataError(
            f"{path.name}: {image.width} x {image.height} pixels are more than a small image has; unpack it with gunzip and name it with --image"
        )
    return image


def _damaged(path: Path, err: Exception) -> DataError:
    return DataError(
        f"{path.name}: no image can be read from this gzip file ({' '.join(str(err).split())[:120]}); take a fresh copy"
    )
