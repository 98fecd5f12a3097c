"""Outlines of cells that Space Ranger writes as GeoJSON, and their centroids."""

import re
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.source import refuse_far

_MOST_BYTES = 2 << 30
_CELL = re.compile(r"(?:cellid_)?0*([0-9]{1,18})(?:\.0|-[0-9]+)?")


def cell_centroids(path: Path, barcode: TextArray) -> FloatArray:
    """Return where each cell lies.

    Parameters
    ----------
    path
        A collection of polygons in full-resolution pixels, each with ``cell_id``.
    barcode
        ``(n,)`` cells of the counts, such as ``cellid_000000012-1``.

    Returns
    -------
    FloatArray
        ``(n, 2)`` x and y of each outline's centre of area; NaN where a cell has no outline.

    Raises
    ------
    DataError
        It is no such collection, or no cell of the counts is in it.
    """
    place = dict[str, tuple[float, float]]()
    for number, feature in enumerate(_features(path), start=1):
        try:
            cell, geometry = str(feature["properties"]["cell_id"]), feature["geometry"]  # type: ignore[index]
            if geometry is None:  # a cell without an outline
                continue
            key = _key(cell)
            rings = [np.array(ring, dtype=np.float64)[:, :2] for ring in _rings(geometry)]
            refuse_far(np.concatenate(rings), f"{path.name}, feature {number}")
            centre = _centre(rings)
        except (TypeError, KeyError, IndexError, ValueError) as err:
            raise DataError(
                f"{path.name}: feature {number} is no polygon with a cell_id; take a fresh copy"
            ) from err
        if key in place:
            raise DataError(f"{path.name}: cell {cell!r:.60} stands twice; take a fresh copy")
        place[key] = centre
    unknown = (float("nan"), float("nan"))
    centres = np.array([place.get(_key(str(name)), unknown) for name in barcode], dtype=np.float64)
    if not np.isfinite(centres).all(axis=1).any():
        raise DataError(
            f"{path.name}: none of the {len(barcode)} cells of the counts ({barcode[0]!r:.60}, …) is outlined in it; is it another sample's?"
        )
    return centres


def _features(path: Path) -> list[object]:
    import orjson

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path.name}: larger than 2 GiB; ask for bins of square_008um instead of cells")
        content = orjson.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as err:
        raise DataError(
            f"{path.name}: can't be read as GeoJSON ({' '.join(str(err).split())[:120]}); take a fresh copy"
        ) from err
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise DataError(f"{path.name}: no features in it; a collection of cells' polygons is needed")
    return features


def _rings(geometry: dict[str, object]) -> list[object]:
    """Return the outer rings of a polygon or of several."""
    coordinates: list[list[object]] = geometry["coordinates"]  # type: ignore[assignment]  # checked by use
    if geometry["type"] == "Polygon":
        return [coordinates[0]]
    if geometry["type"] == "MultiPolygon":
        return [polygon[0] for polygon in coordinates]
    raise ValueError(geometry["type"])


def _centre(rings: list[FloatArray]) -> tuple[float, float]:
    """Return the centre of area of outer rings; the mean of the first one's points where they have no area."""
    parts = [_area_and_centre(ring) for ring in rings]
    total = sum(area for area, _ in parts)
    if total < 1e-9:
        middle = rings[0].mean(axis=0)
    else:
        middle = sum((area * centre for area, centre in parts), np.zeros(2)) / total
    return float(middle[0]), float(middle[1])


def _area_and_centre(ring: FloatArray) -> tuple[float, FloatArray]:
    origin = ring[0]
    x, y = (ring - origin).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * next_y - next_x * y
    area = float(cross.sum())
    if len(ring) < 3 or abs(area) < 1e-9:
        return 0.0, origin
    return abs(area), origin + np.array([((x + next_x) * cross).sum(), ((y + next_y) * cross).sum()]) / (
        3 * area
    )


def _key(cell: str) -> str:
    """Return what a cell is known by: its number, or its name where that is none."""
    match = _CELL.fullmatch(cell)
    return match[1] if match else cell
