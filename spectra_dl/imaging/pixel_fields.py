"""The size of a pixel as the fields of a TIFF state it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.imaging.ome import OmePixels, in_um

PLAUSIBLE_UM = (0.05, 20.0)  # an image of tissue; resolutions for print lie far above
SAME_SCALE = 0.05  # relative: two statements of one scale differ by less
_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 282, 283, 296
_UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}
_MOST_TEXT = 1 << 20
_APERIO = re.compile(r"\|\s*MPP\s*=\s*([0-9.]{1,12})")
_APP_MAG = re.compile(r"\|\s*AppMag\s*=\s*([0-9.]{1,12})")
_MAGNIFICATIONS = (1.0, 100.0)
_IMAGEJ_UNIT = re.compile(r"^unit=(.{1,20}?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class StatedSize:
    """The size of a pixel as one field states it.

    Attributes
    ----------
    across_um, down_um
        µm per pixel, above 0.
    source
        The field, in words that go on from "µm per pixel, ".
    """

    across_um: float
    down_um: float
    source: str


def sizes_in_tiff(tags: Mapping[int, object], description: str, ome: OmePixels | None) -> list[StatedSize]:
    """Return each plausible statement, the surest first.

    Parameters
    ----------
    tags
        Resolutions and their unit, by the number of their tag.
    description
        The image's description.
    ome
        What OME-XML in it says.
    """
    sizes = [*_by_description(description[:_MOST_TEXT], ome), *_by_resolution(tags, description[:_MOST_TEXT])]
    return [size for size in sizes if plausible(size.across_um) and plausible(size.down_um)]


def unlikely_sizes(description: str, ome: OmePixels | None) -> list[str]:
    """Return a few words on each size that the description states and that no image of tissue has; resolutions for print are none.

    Parameters
    ----------
    description
        The image's description.
    ome
        What OME-XML in it says.
    """
    least, most = PLAUSIBLE_UM
    return [
        f"{size.across_um:.4g} µm per pixel {size.source} lie outside the {least:g} to {most:g} of images of tissue and are not used"
        for size in _by_description(description[:_MOST_TEXT], ome)
        if not (plausible(size.across_um) and plausible(size.down_um))
    ]


def magnification_in(description: str) -> float | None:
    """Return the magnification that a slide's description states as AppMag; None where it doesn't.

    Examples
    --------
    >>> magnification_in("Aperio |AppMag = 20|MPP = 0.5"), magnification_in("MPP = 0.5")
    (20.0, None)
    """
    labelled = _APP_MAG.search(description[:_MOST_TEXT])
    return magnification_of(labelled[1]) if labelled else None


def magnification_of(text: str) -> float | None:
    """Return a magnification that slides are scanned with, from its text; None for anything else."""
    value = _number(text)
    return value if _MAGNIFICATIONS[0] <= value <= _MAGNIFICATIONS[1] else None


def _by_description(head: str, ome: OmePixels | None) -> list[StatedSize]:
    sizes = []
    if ome is not None and (size := ome.size_um()):
        named = "Y" if ome.written[0] is None else "X"
        sizes.append(StatedSize(*size, f"from PhysicalSize{named} in the slide's description"))
    if aperio := _APERIO.search(head):
        value = _number(aperio[1])
        sizes.append(StatedSize(value, value, "from MPP in the slide's description"))
    return sizes


def plausible(value: float) -> bool:
    """Return whether a pixel of an image of tissue can be so many µm wide."""
    return PLAUSIBLE_UM[0] <= value <= PLAUSIBLE_UM[1]


def _by_resolution(tags: Mapping[int, object], description: str) -> list[StatedSize]:
    across, down = (_number(tags.get(tag)) for tag in (_X_RESOLUTION, _Y_RESOLUTION))
    if not (across > 0 and down > 0):
        return []
    unit = _IMAGEJ_UNIT.search(description) if description.startswith("ImageJ=") else None
    if unit:
        # ImageJ escapes the micro sign.
        length = in_um(1.0, unit[1].replace("\\u00B5", "µ").replace("\\u00b5", "µ"))
        source = "from ImageJ's unit and the TIFF's resolution"
    else:
        length = _UM_PER_UNIT.get(int(_number(tags.get(_UNIT, 2)) or 0))
        source = "from the TIFF's resolution"
    return [StatedSize(length / across, length / down, source)] if length else []


def _number(value: object) -> float:
    """Return a number above 0 of a field, a fraction being a pair; 0 for anything else."""
    try:
        if isinstance(value, tuple) and len(value) == 2:
            number = float(value[0]) / float(value[1])
        else:
            number = float(value)  # type: ignore[arg-type]  # whatever the file holds
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0
