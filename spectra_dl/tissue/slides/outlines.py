"""What is drawn on a slide: areas with a class each, and how much of each tile they cover."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError

SAMPLES = 16  # points along a tile's side at which it is looked whether it is covered
_MOST_CROSSINGS, _AT_ONCE = 200_000_000, 2_000_000
_SEVERAL, _MOST_CLASSES = 255, 250
_EDGE = 0.01  # of the slide's longer side by which a hand may draw beyond it


@dataclass(frozen=True, eq=False)
class Outline:
    """One annotated area.

    Attributes
    ----------
    name
        Its class.
    rings
        The outer ring and the holes in it, each ``(k, 2)`` x and y in the slide's pixels; what lies in an odd number of rings is covered.
    holes
        Areas, likewise, of which nothing is covered, wherever their borders lie.
    """

    name: str
    rings: tuple[FloatArray, ...]
    holes: tuple[FloatArray, ...] = ()


@dataclass(frozen=True)
class TileGrid:
    """Tiles side by side from a slide's upper left corner, none of which reaches beyond it.

    Attributes
    ----------
    side
        Of a tile, in the slide's pixels.
    columns, rows
        How many there are.

    Examples
    --------
    >>> TileGrid.over(100, 70, 32)
    TileGrid(side=32, columns=3, rows=2)
    """

    side: int
    columns: int
    rows: int

    @classmethod
    def over(cls, width: int, height: int, side: int) -> "TileGrid":
        """Return the tiles that a slide has.

        Parameters
        ----------
        width, height
            Of the slide in pixels.
        side
            Of a tile in pixels.
        """
        return cls(side, width // side, height // side)

    def corners(self, chosen: NDArray[np.bool_]) -> FloatArray:
        """Return the upper left corners ``(k, 2)``, x and y, of the tiles that are chosen ``(rows, columns)``."""
        return np.argwhere(chosen)[:, ::-1].astype(np.float64) * self.side


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of each tile of a grid is covered.

    Attributes
    ----------
    names
        The classes, sorted.
    covered
        ``(c, rows, columns)`` float32: the share of a tile in areas of each class, from 0 to 1.
    alone
        The same without what lies in areas of several classes.
    """

    names: tuple[str, ...]
    covered: NDArray[np.float32]
    alone: NDArray[np.float32]

    def decided(self, least: float) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return each tile's class ``(rows, columns)`` as its number, -1 without one, and which tiles have none because annotations overlap.

        A tile is of the class whose areas alone cover ``least`` of it; where classes share a tile evenly it is of none of them.
        """
        enough = self.alone >= least
        number = np.where(enough.sum(axis=0) == 1, enough.argmax(axis=0), -1)
        return number, (number < 0) & (self.covered >= least).any(axis=0)


def coverage_of(outlines: Sequence[Outline], grid: TileGrid) -> Coverage:
    """Return how much of each tile lies in areas of each class, by 16 x 16 points in each.

    Parameters
    ----------
    outlines
        One or more.
    grid
        The tiles.

    Raises
    ------
    DataError
        There are too many classes, or lines that cross the slide too often to be followed.

    References
    ----------
    Points in polygons by the parity of crossings: Shimrat 1962, doi 10.1145/368637.368653.

    Examples
    --------
    >>> square = np.array([[0, 0], [15, 0], [15, 20], [0, 20]], dtype=float)
    >>> coverage_of([Outline("tumour", (square,))], TileGrid(10, 2, 2)).covered.tolist()
    [[[1.0, 0.5], [1.0, 0.5]]]
    """
    names = tuple(sorted({outline.name for outline in outlines}))
    if len(names) > _MOST_CLASSES:
        raise DataError(
            f"annotations of {len(names)} classes, and up to {_MOST_CLASSES} are read; choose some with --annotation"
        )
    owner = np.zeros((grid.rows * SAMPLES, grid.columns * SAMPLES), dtype=np.uint8)
    covered, left = [], _MOST_CROSSINGS
    for number, name in enumerate(names, start=1):
        mask = np.zeros(owner.shape, dtype=bool)
        for outline in outlines:
            if outline.name == name:
                left -= _cover(mask, outline, SAMPLES / grid.side, left)
        owner[mask] = np.where(owner[mask] == 0, number, _SEVERAL)
        covered.append(_by_tile(mask, grid))
    alone = [_by_tile(owner == number, grid) for number in range(1, len(names) + 1)]
    return Coverage(names, np.array(covered), np.array(alone))


def refuse_outside(outlines: Sequence[Outline], size: tuple[int, int], where: str) -> None:
    """Refuse areas that lie beyond the slide's edge by more than a hundredth of its longer side.

    Parameters
    ----------
    outlines
        Of the slide.
    size
        Its width and height in pixels.
    where
        The annotation's file, for messages.

    Raises
    ------
    DataError
        One does.
    """
    room = _EDGE * max(size)
    for outline in outlines:
        corners = np.concatenate(outline.rings)
        low, high = corners.min(axis=0), corners.max(axis=0)
        if (low < -room).any() or (high > np.array(size) + room).any():
            raise DataError(
                f"{where}: an area of {outline.name!r:.60} reaches from ({low[0]:.7g}, {low[1]:.7g}) to ({high[0]:.7g}, {high[1]:.7g}), and the slide has {size[0]} x {size[1]} "
                "pixels; name the annotation of this slide, in pixels of its full resolution"
            )


def merged_names(outlines: Sequence[Outline], named: Mapping[str, str]) -> list[Outline]:
    """Return the areas that are chosen, by the class each is to have; all of them where none is named.

    Parameters
    ----------
    outlines
        All of them.
    named
        The class by the annotation's name.
    """
    if not named:
        return list(outlines)
    return [replace(each, name=named[each.name]) for each in outlines if each.name in named]


def _cover(mask: NDArray[np.bool_], outline: Outline, scale: float, left: int) -> int:
    """Do what `_fill` does, but for the outline's holes."""
    if not outline.holes:
        return _fill(mask, outline, scale, left)
    area, hollow = np.zeros_like(mask), np.zeros_like(mask)
    total = _fill(area, outline, scale, left)
    for hole in outline.holes:
        total += _fill(hollow, Outline(outline.name, (hole,)), scale, left - total)
    mask |= area & ~hollow
    return total


def _fill(mask: NDArray[np.bool_], outline: Outline, scale: float, left: int) -> int:
    """Set the points ``(k + 0.5) / scale`` that lie in an area, and return how many crossings were counted."""
    edges = [np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in outline.rings]
    edge = np.concatenate(edges) * scale - 0.5
    upward = edge[:, 1] > edge[:, 3]
    edge[upward] = edge[upward][:, [2, 3, 0, 1]]
    first = np.clip(np.ceil(edge[:, 1]), 0, len(mask)).astype(np.int64)
    last = np.clip(np.ceil(edge[:, 3]), 0, len(mask)).astype(np.int64)
    count = last - first
    total = int(count.sum())
    if total > left:
        raise DataError(
            "annotations have too many long lines to be followed; simplify their outlines, or cut larger tiles with --tile-um"
        )
    low = int(np.clip(np.floor(edge[:, [0, 2]].min()), 0, mask.shape[1]))
    high = int(np.clip(np.ceil(edge[:, [0, 2]].max()), low, mask.shape[1]))
    if total == 0 or high == low:
        return total
    for top, bottom in _bands(int(first.min()), int(last.max()), high - low):
        crossing = _crossings(edge, np.maximum(first, top), np.minimum(last, bottom))
        parity = np.zeros((bottom - top) * (high - low + 1), dtype=bool)
        for row, x in crossing:
            column = np.clip(np.ceil(x), low, high).astype(np.int64) - low
            at, times = np.unique((row - top) * (high - low + 1) + column, return_counts=True)
            parity[at] ^= times % 2 == 1
        inside = np.logical_xor.accumulate(parity.reshape(bottom - top, -1), axis=1)
        mask[top:bottom, low:high] |= inside[:, :-1]
    return total


def _bands(top: int, bottom: int, width: int) -> Iterator[tuple[int, int]]:
    step = max(1, _AT_ONCE // max(1, width))
    for start in range(top, bottom, step):
        yield start, min(bottom, start + step)


def _crossings(
    edge: FloatArray, first: NDArray[np.int64], last: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], FloatArray]]:
    """Yield rows and x where edges, whose ends are sorted by y, cross rows from ``first`` to before ``last``."""
    rows = np.maximum(last - first, 0)
    used = np.flatnonzero(rows)
    groups = np.cumsum(rows[used]) // _AT_ONCE
    for group in np.unique(groups):
        some = used[groups == group]
        number = np.repeat(some, rows[some])
        start = np.repeat(np.cumsum(rows[some]) - rows[some], rows[some])
        row = first[number] + np.arange(len(number)) - start
        x0, y0, x1, y1 = edge[number].T
        yield row, x0 + (row - y0) * ((x1 - x0) / (y1 - y0))


def _by_tile(mask: NDArray[np.bool_], grid: TileGrid) -> NDArray[np.float32]:
    tiles = mask.reshape(grid.rows, SAMPLES, grid.columns, SAMPLES)
    return np.asarray(tiles.mean(axis=(1, 3), dtype=np.float32))
