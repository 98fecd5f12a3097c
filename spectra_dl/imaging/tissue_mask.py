"""Segment a small image into tissue and glass."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.chroma import chroma
from spectra_dl.imaging.image import Pixels

Mask = NDArray[np.bool_]
_BLUR = 0.004  # of the longest side
_MOST_COLOURED_GLASS = 25.0  # of 255: the difference between its strongest and its weakest colour
_FEWEST_GLASS = 0.005  # of the image's pixels
_MOST_GREY, _COLOURED_SHARE = 4, 99.5  # of 255, in the most coloured half percent of the pixels
_LEAST_STAIN = 0.03  # optical density that tissue has more than glass


def tissue_mask(pixels: Pixels) -> Mask:
    """Return ``(h, w)`` bool: True where an image ``(h, w, 3)`` uint8 has tissue; everywhere on an image without glass.

    Glass is what is both paler and brighter than Otsu's threshold. Tissue differs from its colour by more than Otsu's threshold of the
    distance in optical density (Otsu 1979, doi 10.1109/TSMC.1979.4310076), so that a grey or pink light over the whole image does no harm.
    """
    from scipy.ndimage import gaussian_filter

    blur = max(1.0, _BLUR * max(pixels.shape))
    # Colour by colour: numpy reduces an axis of three pixel after pixel.
    smooth = [gaussian_filter(pixels[..., k].astype(np.float64), blur) for k in range(3)]
    red, green, blue = (-np.log10((plane + 1) / 256) for plane in smooth)
    colour, mean = chroma(*smooth), (red + green + blue) / 3.0
    pale = (colour <= otsu_threshold(colour)) & (mean <= otsu_threshold(mean))
    if pale.mean() < _FEWEST_GLASS or np.median(colour[pale]) > _MOST_COLOURED_GLASS:
        return np.ones(pixels.shape[:2], dtype=bool)
    distance = np.sqrt(sum((plane - np.median(plane[pale])) ** 2 for plane in (red, green, blue)))
    return np.asarray(distance > max(otsu_threshold(distance), _LEAST_STAIN), dtype=bool)


def refuse_grey(pixels: Pixels, where: str) -> None:
    """Refuse an image without colours, of which stains can't be known.

    Parameters
    ----------
    pixels
        ``(h, w, 3)`` uint8, small.
    where
        The image, for messages.

    Raises
    ------
    DataError
        Red, green and blue are the same all over it, but for what compression changes.
    """
    colour = chroma(*np.moveaxis(pixels, 2, 0))
    if np.percentile(colour, _COLOURED_SHARE) <= _MOST_GREY:
        raise DataError(
            f"{where}: a grey image, red, green and blue are the same all over it; stained tissue in colours is needed: export it as RGB"
        )


def otsu_threshold(values: FloatArray, bins: int = 256) -> float:
    """Return the value that splits ``values`` into two classes with the largest variance between them.

    Parameters
    ----------
    values
        Finite, of any shape.
    bins
        Of the histogram, 2 or more.

    References
    ----------
    Otsu 1979, doi 10.1109/TSMC.1979.4310076.

    Examples
    --------
    >>> 1.0 < otsu_threshold(np.array([0.0, 0.0, 1.0, 9.0, 10.0, 10.0])) < 9.0
    True
    """
    low, high = float(values.min()), float(values.max())
    if high - low <= bins * np.spacing(max(abs(low), abs(high))):
        return high  # one value, but for rounding: nothing to split
    count, edge = np.histogram(values, bins)
    below = np.cumsum(count)[:-1]
    above = below[-1] + count[-1] - below
    moment = np.cumsum(count * (edge[1:] + edge[:-1]) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (moment[:-1] / below - (moment[-1] - moment[:-1]) / above) ** 2
    between = np.nan_to_num(between, nan=-1.0)
    best = np.flatnonzero(between >= between.max())
    return float(edge[1:-1][best].mean())  # the middle of an empty gap
