"""An image alone: spots without counts are laid over its tissue."""

import math
import re
import struct
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.source import SectionSource
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import TissueImage
from spectra_dl.imaging.image_file import ImageFile
from spectra_dl.imaging.slide import SlideImage, open_tissue_image
from spectra_dl.imaging.tissue_mask import tissue_mask

DEFAULT_PITCH_UM = 100.0
_THUMBNAIL = 2_000
_MOST_SPOTS = 200_000
_PLAUSIBLE_UM = (0.05, 20.0)  # an image of tissue; resolutions for print lie far above
_DESCRIPTION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT = 270, 282, 283, 296
_UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}
_APERIO = re.compile(r"\|\s*MPP\s*=\s*([0-9.]{1,12})")
_OME = re.compile(r'PhysicalSizeX="([0-9.eE+-]{1,20})"')
_OME_UNIT = re.compile(r'PhysicalSizeXUnit="([^"]{1,10})"')


def read_slide(source: SectionSource) -> TissueSection:
    """Lay spots on a square grid over the tissue of an image.

    Raises
    ------
    DataError
        µm per pixel are neither given nor written in the file, or no spot would lie on tissue.
    """
    image = open_tissue_image(source.path)
    per_pixel, stated_by = _um_per_pixel(source, image)
    pitch = source.pitch_um or DEFAULT_PITCH_UM
    pixel = _grid(image, pitch / per_pixel)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=per_pixel,
        um_per_pixel_source=stated_by,
        barcode=text_array([f"{round(x)}x{round(y)}" for x, y in pixel]),
        position_um=pixel * per_pixel,
        reason=text_array([""] * len(pixel)),
        spot_pitch_um=pitch,
        notes=(
            f"{source.stem}: {per_pixel:.4g} µm per pixel, {stated_by}",
            f"{source.stem}: {len(pixel)} spots laid over the tissue, {pitch:g} µm apart",
        ),
    )


def _grid(image: TissueImage, step: float) -> FloatArray:
    """Return ``(n, 2)`` places ``step`` pixels apart whose centre lies on tissue."""
    if step < 2 or image.width * image.height / step**2 > _MOST_SPOTS:
        raise DataError(
            f"{image.path.name}: spots {step:.3g} pixels apart are too many or too close; give a larger pitch, or check µm per pixel"
        )
    small, scale = image.thumbnail(_THUMBNAIL)
    mask = tissue_mask(small)
    across, down = np.arange(step / 2, image.width, step), np.arange(step / 2, image.height, step)
    x, y = (axis.ravel() for axis in np.meshgrid(across, down))
    row = np.minimum((y * scale).astype(int), mask.shape[0] - 1)
    column = np.minimum((x * scale).astype(int), mask.shape[1] - 1)
    places: FloatArray = np.stack([x, y], axis=1)[mask[row, column]]
    if not len(places):
        raise DataError(
            f"{image.path.name}: none of {len(x)} spots {step:.4g} pixels apart would lie on tissue; check the image, the pitch and µm per pixel"
        )
    return places


def _um_per_pixel(source: SectionSource, image: TissueImage) -> tuple[float, str]:
    if source.um_per_pixel is not None:
        return source.um_per_pixel, "as given"
    written = written_um_per_pixel(image)
    if written is None:
        raise DataError(
            f"{image.path.name}: it does not say how many µm a pixel has; say --mpp, or fill in the column mpp"
        )
    return written


def written_um_per_pixel(image: TissueImage) -> tuple[float, str] | None:
    """Return µm per pixel as a TIFF's own fields give it and where from; None where it states nothing plausible for tissue."""
    if isinstance(image, SlideImage):
        known = image.um_per_pixel and _plausible(image.um_per_pixel)
        return (known, "from the slide's own field") if known else None
    tags = _tiff_tags(image.path) if isinstance(image, ImageFile) and image.kind == "TIFF" else {}
    text = _as_utf8(str(tags.get(_DESCRIPTION, ""))[: 1 << 20])
    aperio, ome, unit = _APERIO.search(text), _OME.search(text), _OME_UNIT.search(text)
    if aperio and (value := _plausible(aperio[1])):
        return value, "from MPP in the slide's description"
    if ome and (unit is None or unit[1] in ("µm", "um", "μm")) and (value := _plausible(ome[1])):
        return value, "from PhysicalSizeX in the slide's description"
    per_unit = _UM_PER_UNIT.get(_whole(tags.get(_UNIT, 2)), 0.0)
    across, down = (
        _plausible(per_unit / value) if (value := _number(tags.get(tag))) else None
        for tag in (_X_RESOLUTION, _Y_RESOLUTION)
    )
    if across and down and abs(across - down) < 0.01 * across:
        return across, "from the TIFF's resolution"
    return None


def _tiff_tags(path: Path) -> dict[int, object]:
    """Return the first directory's fields, without decoding the image."""
    import warnings

    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        with open(path, "rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            directory = ImageFileDirectory_v2(stream.read(8))
            stream.seek(directory.next)
            directory.load(stream)
            return {
                tag: directory[tag]
                for tag in (_DESCRIPTION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT)
                if tag in directory
            }
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error) as err:
        raise DataError(
            f"{path.name}: its TIFF fields can't be read ({str(err)[:80]}); take a fresh copy"
        ) from err


def _as_utf8(text: str) -> str:
    """Return a text field as UTF-8, which OME writes; TIFF itself knows ASCII only, and the bytes come as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _plausible(value: str | float) -> float | None:
    number = _number(value)
    return number if number is not None and _PLAUSIBLE_UM[0] <= number <= _PLAUSIBLE_UM[1] else None


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # a rational of the file, or anything else
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _whole(value: object) -> int:
    number = _number(value)
    return int(number) if number is not None else 0
