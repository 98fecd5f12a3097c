"""Where networks found a class, as colours over the image itself."""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.colours import VIRIDIS
from spectra_dl.imaging.image import Pixels

_DENSEST = 0.65  # share of the colour where most was found


def overlaid(pixels: Pixels, found: FloatArray) -> Pixels:
    """Return an image with colours of viridis where something was found: the more, the lighter and the denser.

    Parameters
    ----------
    pixels
        ``(h, w, 3)`` uint8.
    found
        ``(h, w)`` from 0 to 1; where it is 0 the image stays as it is.

    Examples
    --------
    >>> grey = np.full((1, 2, 3), 100, np.uint8)
    >>> overlaid(grey, np.array([[0.0, 1.0]])).tolist()
    [[[100, 100, 100], [199, 185, 59]]]
    """
    steps = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in VIRIDIS], dtype=float)
    colour = steps[np.rint(found * (len(steps) - 1)).astype(np.intp)]
    dense = _DENSEST * found[..., None]
    mixed: Pixels = np.rint((1 - dense) * pixels + dense * colour).astype(np.uint8)
    return mixed
