"""What every map over tissue has: a small copy of the image, a scale bar, and a file of its own."""

import base64
import io
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.evaluation.report.page.value_maps import bar_length
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shrunk(pixels: Pixels, longest: int) -> tuple[Pixels, float]:
    """Return an image with a longest side of at most ``longest`` pixels, and its pixels per given pixel.

    Parameters
    ----------
    pixels
        ``(h, w, 3)``, 8 bits.
    longest
        1 or more.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((longest, longest))
    small = np.asarray(image, dtype=np.uint8)
    return small, small.shape[1] / pixels.shape[1]


def jpeg_address(pixels: Pixels, quality: int) -> str:
    """Return an image as a JPEG file in a ``data:`` address, for a page that needs no other file.

    Parameters
    ----------
    pixels
        ``(h, w, 3)``, 8 bits.
    quality
        Of the JPEG, from 1 to 95.
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="JPEG", quality=quality)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def draw_scale_bar(axes: "Axes", pixels: Pixels, um_per_pixel: float) -> None:
    """Draw a bar of a round length in µm.

    Parameters
    ----------
    axes
        In pixels of the image.
    pixels
        The image that is drawn.
    um_per_pixel
        Of it.
    """
    height, width = pixels.shape[:2]
    length = bar_length(width * um_per_pixel)
    start, level = 0.04 * width, 0.95 * height
    end = start + length / um_per_pixel
    axes.plot([start, end], [level, level], color="black", linewidth=3, solid_capstyle="butt")
    axes.text(
        (start + end) / 2,
        level - 0.015 * height,
        f"{length:g} µm",
        ha="center",
        va="bottom",
        fontsize=9,
        bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1},
    )


def file_stems(names: Sequence[str], prefix: str = "") -> list[str]:
    """Return for each name what its file may be called, all distinct also where case is ignored.

    Parameters
    ----------
    names
        Of what is drawn.
    prefix
        That each file's name begins with.

    Examples
    --------
    >>> file_stems(["HLA/A", "hla:A"], "map_")
    ['map_HLA_A', 'map_hla_A_2']
    """
    stems, taken, tried = [], set[str](), dict[str, int]()
    for name in names:
        safe = "".join(
            letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "_" for letter in name
        )[:80]
        # What was taken stays taken: a name that comes again goes on from its last number.
        for number in itertools.count(tried.get(safe.lower(), 1)):
            stem = f"{prefix}{safe}{'' if number == 1 else f'_{number}'}"
            if stem.lower() not in taken:
                break
        tried[safe.lower()] = number + 1
        taken.add(stem.lower())
        stems.append(stem)
    return stems
