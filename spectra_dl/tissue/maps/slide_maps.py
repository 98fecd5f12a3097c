"""Maps of a slide: the class of each image, and the probability of each class or the attention, over the images themselves."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.overlays.map_parts import draw_scale_bar
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.storage.figure_file import write_figure
from spectra_dl.tissue.maps.slide_tiles import SlideTiles, colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

_LONGEST_SIDE = 1200
_MOST_CLASSES = 6  # heat maps side by side
_ALPHA = 0.75


def write_slide_maps(folder: Path, slide: SlideTiles) -> list[str]:
    """Draw ``SLIDE_classes.png`` and ``SLIDE_heat.png`` and return their names; none where every image was refused.

    Parameters
    ----------
    folder
        An existing folder.
    slide
        What was predicted of it.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    if (slide.status == "refused").all():
        return []
    canvas = _Canvas.of(slide)
    names = [f"{slide.stem}_classes.png", f"{slide.stem}_heat.png"]
    _draw_classes(folder / names[0], slide, canvas)
    _draw_heat(folder / names[1], slide, canvas)
    return names


@dataclass(frozen=True, eq=False)
class _Canvas:
    """Small copies of the images at their places, the corners of each ``(n, 4, 2)`` in pixels of it, and µm per pixel where known."""

    pixels: Pixels
    rings: FloatArray
    um_per_pixel: float | None

    @classmethod
    def of(cls, slide: SlideTiles) -> "_Canvas":
        origin = slide.corner.min(axis=0)
        centre = slide.corner - origin + slide.size / 2
        _, first = np.unique(centre.round(2), axis=0, return_index=True)
        rows = np.array([row for row in np.sort(first) if slide.status[row] != "refused"], dtype=np.intp)
        side = float(np.median(slide.size))
        tiles = PrecutTiles(slide.images[rows].files, centre[rows], side)
        pixels, scale = tiles.thumbnail(_LONGEST_SIDE)
        um = slide.um_per_pixel
        return cls(pixels, (slide.rings() - origin) * scale, None if um is None else um / scale)


def _draw_classes(path: Path, slide: SlideTiles, canvas: _Canvas) -> None:
    from matplotlib.patches import Patch

    shown = slide.shown_class
    figure, axes = _panels(canvas, [slide.name, "predicted class"])
    colours = {name: _share_of_one(colour_of(name, slide.classes)) for name in dict.fromkeys(shown)}
    _tiles(axes[1], canvas, np.ones(len(shown), dtype=bool), facecolors=[colours[name] for name in shown])
    order = [name for name in (*slide.classes, "unlike training", "refused") if name in colours]
    handles = [Patch(color=colours[name], label=f"{_plain(name)} ({shown.count(name)})") for name in order]
    axes[1].legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    write_figure(path, figure)


def _draw_heat(path: Path, slide: SlideTiles, canvas: _Canvas) -> None:
    """Draw the probability of each class; where images are pooled, all have that of their patient or slide, so the attention instead."""
    label, shown, highest = "probability", slide.probability.T[:_MOST_CLASSES], 1.0
    titles = [f"p({name})" for name in slide.classes[:_MOST_CLASSES]]
    if slide.attention is not None:
        label, titles, shown = "share of the answer", ["attention"], slide.attention[np.newaxis]
        highest = float(np.nanmax(slide.attention))
    figure, axes = _panels(canvas, [slide.name, *titles])
    for at, values in zip(axes[1:], shown, strict=True):
        known = np.isfinite(values)
        drawn = _tiles(at, canvas, known, array=values[known], cmap="viridis", clim=(0, highest))
    figure.colorbar(drawn, ax=axes[1:], shrink=0.7, label=label)
    write_figure(path, figure)


def _panels(canvas: _Canvas, titles: list[str]) -> "tuple[Figure, list[Axes]]":
    """Return a figure with axes side by side, the images in each, a scale bar in the first where their scale is known."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(titles), 4.6), layout="constrained")
    axes = list(figure.subplots(1, len(titles)))
    for at, title in zip(axes, titles, strict=True):
        at.imshow(canvas.pixels)
        at.set_title(_plain(title), parse_math=False)
        at.set_axis_off()
    if canvas.um_per_pixel is not None:
        draw_scale_bar(axes[0], canvas.pixels, canvas.um_per_pixel)
    return figure, axes


def _tiles(axes: "Axes", canvas: _Canvas, rows: np.ndarray, **drawn: Any) -> "PolyCollection":
    from matplotlib.collections import PolyCollection

    tiles = PolyCollection(list(canvas.rings[rows]), linewidths=0, alpha=_ALPHA, **drawn)
    axes.add_collection(tiles, autolim=False)
    return tiles


def _share_of_one(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def _plain(text: str) -> str:
    return text if text.isprintable() and len(text) <= 40 else ascii(text)[1:39]
