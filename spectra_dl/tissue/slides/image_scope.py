"""Annotations of Aperio ImageScope: XML with layers of regions in the slide's pixels."""

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.imaging.pixel_fields import SAME_SCALE, plausible
from spectra_dl.tissue.slides.outlines import Outline

_POLYGON, _RECTANGLE, _ELLIPSE = "0", "1", "2"
_LEAST, _DEEPEST, _CORNERS_OF_ELLIPSE, _LONGEST_NAME = 3, 20, 64, 100
_FARTHEST = 100_000_000  # pixels
_MOST_PAIRS = 100_000  # of a hole and an area


def read_image_scope(
    content: bytes, where: str, *, most_points: int, um_per_pixel: Collection[float] = ()
) -> tuple[list[Outline], Counter[str]]:
    """Return the areas of an export, and how many regions were left out, by why.

    A layer's name is its class; without one, what its attribute Description says, or its number. Regions with ``NegativeROA`` are holes in what
    else the layer covers.

    Parameters
    ----------
    content
        The file's bytes.
    where
        The file, for messages.
    most_points
        Corners at most.
    um_per_pixel
        What the slide's pixels may measure; empty leaves what the file says of them unread.

    Raises
    ------
    DataError
        It is no such XML, defines a document type, has too many corners, or was drawn on a slide with other pixels.
    """
    from xml.parsers import expat

    layers = _Layers(where, most_points, um_per_pixel)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = layers.refuse_doctype
    parser.StartElementHandler = layers.start
    parser.EndElementHandler = layers.end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as err:
        raise DataError(f"{where}: no XML ({err!s:.80}); export the annotations again") from err
    if not layers.seen:
        raise DataError(
            f"{where}: XML, but no annotations of ImageScope; name its .xml, or a GeoJSON of QuPath"
        )
    return layers.outlines, layers.left_out


class _Layers:
    """What a parser has met so far."""

    def __init__(self, where: str, most_points: int, um_per_pixel: Collection[float]) -> None:
        self.where, self._left, self._um_per_pixel = where, most_points, um_per_pixel
        self.outlines: list[Outline] = []
        self.left_out: Counter[str] = Counter()
        self.seen = False
        self._depth = self._number = 0
        self._name = ""
        self._areas: list[FloatArray] = []
        self._holes: list[FloatArray] = []
        self._region: dict[str, str] | None = None
        self._points: list[tuple[float, float]] = []

    def refuse_doctype(self, *_: Any) -> None:
        raise DataError(
            f"{self.where}: XML that defines a document type, by which it could grow without bound; annotations need none: export them again"
        )

    def start(self, tag: str, said: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise DataError(f"{self.where}: XML of more than {_DEEPEST} levels; export the annotations again")
        if tag == "Annotations":
            self.seen = True
            self._refuse_other_pixels(said.get("MicronsPerPixel", ""))
        elif tag == "Annotation":
            self._number += 1
            self._name, self._areas, self._holes = said.get("Name", "").strip(), [], []
        elif tag == "Attribute" and self._region is None and not self._name:
            described = said.get("Value", "") if said.get("Name") == "Description" else said.get("Name", "")
            self._name = described.strip()
        elif tag == "Region":
            self._region, self._points = said, []
        elif tag in ("Vertex", "V") and self._region is not None:
            self._points.append(self._corner(said))

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "Region" and self._region is not None:
            self._close(self._region)
            self._region = None
        elif tag == "Annotation":
            name = (self._name or f"layer {self._number}")[:_LONGEST_NAME]
            if len(self._holes) * len(self._areas) > _MOST_PAIRS:
                raise DataError(f"{self.where}: too many holes in too many areas; simplify the annotations")
            for area in self._areas:
                holes = tuple(hole for hole in self._holes if _overlap(area, hole))
                self.outlines.append(Outline(name, (area,), holes))

    def _refuse_other_pixels(self, stated: str) -> None:
        """Refuse annotations that were drawn on a slide whose pixels have another size."""
        try:
            drawn_on = float(stated.replace(",", "."))
        except ValueError:
            return
        if not (self._um_per_pixel and plausible(drawn_on)):
            return
        if all(abs(each - drawn_on) > SAME_SCALE * drawn_on for each in self._um_per_pixel):
            raise DataError(
                f"{self.where}: drawn on a slide of {drawn_on:g} um per pixel, and this one has {min(self._um_per_pixel):.4g}; name the annotation of "
                "this slide, or correct mpp"
            )

    def _corner(self, said: dict[str, str]) -> tuple[float, float]:
        self._left -= 1
        if self._left < 0:
            raise DataError(f"{self.where}: too many corners; simplify the annotations")
        try:
            x, y = float(said["X"]), float(said["Y"])
        except (KeyError, ValueError):
            x = y = float("nan")
        if not (abs(x) <= _FARTHEST and abs(y) <= _FARTHEST):
            raise DataError(
                f"{self.where}: a corner without X and Y that a slide can have; export the annotations again"
            )
        return x, y

    def _close(self, said: dict[str, str]) -> None:
        kind, ring = said.get("Type", _POLYGON), np.array(self._points, dtype=np.float64).reshape(-1, 2)
        if kind == _ELLIPSE and len(ring) >= 2:
            ring = _ellipse(ring)
        elif kind == _RECTANGLE and len(ring) == 2:
            (left, top), (right, bottom) = ring
            ring = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        if kind not in (_POLYGON, _RECTANGLE, _ELLIPSE) or len(ring) < _LEAST:
            self.left_out["lines or points"] += 1
        else:
            (self._holes if said.get("NegativeROA", "0") == "1" else self._areas).append(ring)


def _overlap(area: FloatArray, hole: FloatArray) -> bool:
    """Return whether the boxes of two rings do."""
    return bool((area.min(axis=0) <= hole.max(axis=0)).all() and (hole.min(axis=0) <= area.max(axis=0)).all())


def _ellipse(ring: FloatArray) -> FloatArray:
    """Return the ellipse in the box of its corners."""
    low, high = ring.min(axis=0), ring.max(axis=0)
    angle = np.linspace(0, 2 * np.pi, _CORNERS_OF_ELLIPSE, endpoint=False)
    drawn: FloatArray = (low + high) / 2 + np.column_stack([np.cos(angle), np.sin(angle)]) * (high - low) / 2
    return drawn
