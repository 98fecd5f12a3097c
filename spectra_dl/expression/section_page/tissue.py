"""The tissue that maps are drawn over: the part of the image where spots lie, small, with a scale bar and the spots' places on it."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.page.value_maps import WIDTH, Places, bar_length, places_of
from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.overlays.map_parts import jpeg_address, shrunk

_MARGIN = 1.5  # diameters of a spot around the outermost ones
_TALLEST = 1.25  # of the width
_LONGEST_SIDE, _QUALITY = 440, 68  # of the JPEG within the page: about 25 kB
_SMALLEST_SPOT = 1.2


@dataclass(frozen=True)
class Tissue:
    """The tissue within a map.

    Attributes
    ----------
    image
        As a ``data:`` address.
    x, width, height
        Where the image begins, and its size, in units of the figure; the figure is `WIDTH` wide.
    bar, bar_um
        Length of the scale bar in these units and in µm.
    """

    image: str
    x: float
    width: float
    height: float
    bar: float
    bar_um: float


def tissue_of(prediction: SectionPrediction, most_places: int) -> tuple[Tissue, Places]:
    """Return the tissue under the spots, and where these stand on it.

    Parameters
    ----------
    prediction
        Of a section.
    most_places
        Of more spots, squares are drawn.
    """
    section = prediction.section
    pixels, scale = prediction.small_image
    per_um = scale / section.um_per_pixel
    at, diameter = section.position_um * per_um, prediction.diameter_um * per_um
    left, top, right, bottom = _window(at, pixels, _MARGIN * diameter)
    unit = min(WIDTH / (right - left), _TALLEST * WIDTH / (bottom - top))
    width, height = (right - left) * unit, (bottom - top) * unit
    x = (WIDTH - width) / 2
    bar_um = bar_length(width / unit / per_um)
    small, _ = shrunk(np.ascontiguousarray(pixels[top:bottom, left:right]), _LONGEST_SIDE)
    tissue = Tissue(
        jpeg_address(small, _QUALITY),
        round(x, 1),
        round(width, 1),
        round(height, 1),
        round(bar_um * per_um * unit, 1),
        bar_um,
    )
    size = max(_SMALLEST_SPOT, diameter * unit)
    return tissue, places_of((at[:, 0] - left) * unit + x, (at[:, 1] - top) * unit, size, most_places)


def _window(at: FloatArray, pixels: Pixels, margin: float) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the part of an image around the spots."""
    height, width = pixels.shape[:2]
    known = at[np.isfinite(at).all(axis=1)]
    inside = known[(known >= 0).all(axis=1) & (known < (width, height)).all(axis=1)]
    if not len(inside):
        return 0, 0, width, height
    low, high = inside.min(axis=0) - margin, inside.max(axis=0) + margin
    left, top = np.maximum(np.floor(low), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(high) + 1, (width, height)).astype(int).tolist()
    return left, top, right, bottom
