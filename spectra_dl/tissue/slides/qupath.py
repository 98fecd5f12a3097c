"""Annotations that QuPath exports: GeoJSON with polygons in the slide's pixels (RFC 7946; Bankhead et al. 2017, doi 10.1038/s41598-017-17204-5)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.tissue.slides.outlines import Outline

_LONGEST_NAME = 100
_LEAST = 3  # corners of an area


def read_geojson(content: bytes, where: str, *, most_points: int) -> tuple[list[Outline], Counter[str]]:
    """Return the areas of an export, and how many objects were left out, by why.

    Parameters
    ----------
    content
        The file's bytes.
    where
        The file, for messages.
    most_points
        Corners at most.

    Raises
    ------
    DataError
        It is no GeoJSON, an area is none, or there are too many corners.
    """
    import orjson

    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as err:
        raise DataError(f"{where}: no GeoJSON ({err!s:.80}); export the annotations again") from err
    outlines: list[Outline] = []
    left_out: Counter[str] = Counter()
    points = 0
    for feature in _features(document, where):
        name = _name(feature)
        polygons = list(_polygons(feature.get("geometry"), where))
        if not polygons:
            left_out["lines or points"] += 1
        elif _kind(feature) not in ("", "annotation"):
            left_out["no annotations but detections or tiles"] += 1
        elif not name:
            left_out["annotations without a class"] += 1
        else:
            for polygon in polygons:
                points += sum(len(ring) for ring in polygon)
                if points > most_points:
                    raise DataError(f"{where}: more than {most_points:,} corners; simplify the annotations")
                outlines.append(Outline(name, tuple(_ring(ring, where) for ring in polygon)))
    return outlines, left_out


def _features(document: Any, where: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a collection, a list or a single one."""
    if isinstance(document, dict):
        kind = document.get("type")
        document = document.get("features") if kind == "FeatureCollection" else [document]
    if not isinstance(document, list) or any(
        not isinstance(each, dict) or each.get("type") != "Feature" for each in document
    ):
        raise DataError(
            f"{where}: JSON, but no GeoJSON features; export them from QuPath with File, Export objects as GeoJSON"
        )
    yield from document


def _name(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return ""
    classified = properties.get("classification")
    for stated in (
        classified.get("name") if isinstance(classified, dict) else classified,
        properties.get("name"),
    ):
        if isinstance(stated, str) and stated.strip():
            return stated.strip()[:_LONGEST_NAME]
    return ""


def _kind(feature: Mapping[str, Any]) -> str:
    """Return what an object is in QuPath, in small letters; empty where it isn't said."""
    properties = feature.get("properties")
    stated = properties.get("objectType") if isinstance(properties, dict) else None
    stated = stated or {"PathAnnotationObject": "annotation", "PathDetectionObject": "detection"}.get(
        str(feature.get("id")), ""
    )
    return str(stated).lower()


def _polygons(geometry: Any, where: str) -> Iterator[list[Any]]:
    if not isinstance(geometry, dict):
        return
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        for part in geometry["geometries"]:
            if isinstance(part, dict) and part.get("type") != "GeometryCollection":
                yield from _polygons(part, where)
        return
    if kind not in ("Polygon", "MultiPolygon"):
        return
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list):
        raise _no_area(where)
    for polygon in polygons:
        if not isinstance(polygon, list) or not all(isinstance(ring, list) for ring in polygon):
            raise _no_area(where)
        if polygon:
            yield polygon


def _ring(points: list[Any], where: str) -> FloatArray:
    try:
        ring = np.array([point[:2] for point in points], dtype=np.float64)
    except (TypeError, ValueError, KeyError, OverflowError) as err:
        raise _no_area(where) from err
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < _LEAST or not np.isfinite(ring).all():
        raise _no_area(where)
    return ring


def _no_area(where: str) -> DataError:
    return DataError(f"{where}: a polygon that is no list of rings of x and y; export the annotations again")
