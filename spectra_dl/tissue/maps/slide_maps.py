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

# In pixels of what is drawn: a panel's longer side, the room between two, above, and on the right for what colours mean, a line there, and the least width and height.
_PANEL, _GAP, _TITLE, _ASIDE, _LINE, _LEAST, _DOTS = 500, 10, 40, 240, 24, (320, 250), 100
_SEEN = 0.1  # of a pixel that an image must be wide in a map
_MOST_CLASSES = 6  # heat maps side by side
_ALPHA = 0.75


def write_slide_maps(folder: Path, slide: SlideTiles) -> list[str]:
    """Draw ``SLIDE_classes.png`` and ``SLIDE_heat.png`` and return their names; none where every image was refused, or they lie too far apart.

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
    if (slide.status == "refused").all() or too_far_apart(slide):
        return []
    canvas = _Canvas.of(slide)
    names = [f"{slide.stem}_classes.png", f"{slide.stem}_heat.png"]
    _draw_classes(folder / names[0], slide, canvas)
    _draw_heat(folder / names[1], slide, canvas)
    return names


def write_attention_map(folder: Path, slide: SlideTiles) -> list[str]:
    """Draw ``SLIDE_attention.png`` and return its name; none where the images lie too far apart.

    Parameters
    ----------
    folder
        An existing folder.
    slide
        With attention.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    if too_far_apart(slide):
        return []
    name = f"{slide.stem}_attention.png"
    _draw_heat(folder / name, slide, _Canvas.of(slide))
    return [name]


def too_far_apart(slide: SlideTiles) -> str:
    """Say so where no image of a slide would be seen in a map of all; empty where they would.

    Parameters
    ----------
    slide
        What was predicted of it.
    """
    wide, high = np.ptp(slide.rings().reshape(-1, 2), axis=0)
    side = float(np.median(slide.size))
    if side * _PANEL >= _SEEN * max(wide, high):
        return ""
    return (
        f"no map of slide {slide.name!r:.60}: its images lie over {wide:,.0f} x {high:,.0f} of its pixels and are {side:,.0f} wide, so none would be seen; correct x and y, "
        "which are pixels of the slide, or leave those empty that are not known"
    )


@dataclass(frozen=True, eq=False)
class _Canvas:
    """Small copies of the images at their places ``(h, w, 3)``, the corners of each ``(n, 4, 2)`` in pixels of it, and µm per pixel where known."""

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
        small, scale = tiles.thumbnail(_PANEL)
        # As large as it is drawn, so that nothing is resampled in the drawing.
        larger = max(1, _PANEL // max(small.shape[:2]))
        pixels, scale = small.repeat(larger, axis=0).repeat(larger, axis=1), scale * larger
        um = slide.um_per_pixel
        return cls(pixels, (slide.rings() - origin) * scale, None if um is None else um / scale)


@dataclass(frozen=True, eq=False)
class _Panels:
    """A canvas several times side by side, ``pitch`` pixels apart, in axes whose units are its pixels, and where what colours mean begins.

    One layout for all, in which that many lines have room aside, and no ticks: those that matplotlib looks for take longer than all that is drawn.
    """

    canvas: _Canvas
    figure: "Figure"
    axes: "Axes"
    pitch: int
    aside: int

    @classmethod
    def of(cls, canvas: _Canvas, titles: list[str], lines: int = 0) -> "_Panels":
        from matplotlib.figure import Figure

        high, wide = canvas.pixels.shape[:2]
        pitch = max(wide, _LEAST[0]) + _GAP
        aside = (len(titles) - 1) * pitch + wide + _GAP
        size = np.array([aside + _ASIDE, max(high, _LEAST[1], lines * _LINE) + _TITLE + _GAP])
        figure = Figure(figsize=tuple(size / _DOTS))
        axes = figure.add_axes((0, 0, 1, 1), xticks=(), yticks=())
        axes.set_axis_off()
        panels = cls(canvas, figure, axes, pitch, aside)
        for number, title in enumerate(titles):
            left = number * pitch
            axes.imshow(
                canvas.pixels, interpolation="nearest", aspect="auto", extent=(left, left + wide, high, 0)
            )
            axes.text(left, -_GAP, _plain(title), va="bottom", fontsize=10, parse_math=False)
        axes.set(xlim=(-_GAP, size[0] - _GAP), ylim=(size[1] - _TITLE, -_TITLE))
        if canvas.um_per_pixel is not None:
            draw_scale_bar(axes, canvas.pixels, canvas.um_per_pixel)
        return panels

    def tiles(self, number: int, rows: np.ndarray, **drawn: Any) -> "PolyCollection":
        """Colour images in a panel."""
        from matplotlib.collections import PolyCollection

        rings = self.canvas.rings[rows] + (number * self.pitch, 0)
        tiles = PolyCollection(list(rings), linewidths=0, alpha=_ALPHA, **drawn)
        self.axes.add_collection(tiles, autolim=False)
        return tiles

    def scale(self, drawn: "PolyCollection", label: str) -> None:
        """Draw the bar of colours beside the panels."""
        place = self.axes.transData.transform([(self.aside + _GAP, _LEAST[1]), (self.aside + 3 * _GAP, 0)])
        (left, low), (right, high) = self.figure.transFigure.inverted().transform(place)
        self.figure.colorbar(
            drawn, cax=self.figure.add_axes((left, low, right - left, high - low)), label=label
        )


def _draw_classes(path: Path, slide: SlideTiles, canvas: _Canvas) -> None:
    from matplotlib.patches import Patch

    shown = slide.shown_class
    colours = {name: _share_of_one(colour_of(name, slide.classes)) for name in dict.fromkeys(shown)}
    order = [name for name in (*slide.classes, "unlike training", "refused") if name in colours]
    panels = _Panels.of(canvas, [slide.name, "predicted class"], len(order))
    panels.tiles(1, np.ones(len(shown), dtype=bool), facecolors=[colours[name] for name in shown])
    handles = [Patch(color=colours[name], label=f"{_plain(name)} ({shown.count(name)})") for name in order]
    panels.axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(panels.aside, 0),
        bbox_transform=panels.axes.transData,
        frameon=False,
    )
    write_figure(path, panels.figure, small=True)


def _draw_heat(path: Path, slide: SlideTiles, canvas: _Canvas) -> None:
    """Draw the probability of each class; where images are pooled, all have that of their patient or slide, so the attention instead."""
    if slide.attention is not None:
        label, titles, shown = "share of the answer", ["attention"], slide.attention[np.newaxis]
        highest = float(np.nan_to_num(slide.attention).max()) or 1.0  # of images that were all not pooled
    elif slide.probability is not None:
        label, shown, highest = "probability", slide.probability.T[:_MOST_CLASSES], 1.0
        titles = [f"p({name})" for name in slide.classes[:_MOST_CLASSES]]
    else:
        return
    panels = _Panels.of(canvas, [slide.name, *titles])
    for number, values in enumerate(shown, start=1):
        known = np.isfinite(values)
        drawn = panels.tiles(number, known, array=values[known], cmap="viridis", clim=(0, highest))
    panels.scale(drawn, label)
    write_figure(path, panels.figure, small=True)


def _share_of_one(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def _plain(text: str) -> str:
    return text if text.isprintable() and len(text) <= 40 else ascii(text)[1:39]
