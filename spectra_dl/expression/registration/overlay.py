"""An image of a section's registration: spots drawn to scale over the tissue."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.imaging.image import Pixels
from spectra_dl.storage.atomic import whole_file

# Yellow, black, grey: visible on purple and on glass.
ON_TISSUE, OFF_TISSUE, NOT_USED = (255, 225, 0), (0, 0, 0), (130, 130, 130)


def write_overlay(
    path: str | os.PathLike[str],
    pixels: Pixels,
    centre: NDArray[np.float64],
    radius: float,
    colour: list[tuple[int, int, int]],
) -> None:
    """Write a PNG of ``pixels`` with a circle around each centre.

    Parameters
    ----------
    pixels
        ``(h, w, 3)`` uint8.
    centre
        ``(n, 2)`` x and y in pixels; circles at NaN are left out.
    radius
        Of the circles, in pixels.
    colour
        ``n`` triples of red, green and blue, 0 to 255.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    from PIL import Image, ImageDraw

    image = Image.fromarray(pixels)
    draw, width = ImageDraw.Draw(image), max(1, round(max(pixels.shape) / 800))
    for (x, y), ink in zip(centre, colour, strict=True):
        if np.isfinite(x + y):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=width)
    with whole_file(Path(path)) as stream:
        image.save(stream, format="PNG")
