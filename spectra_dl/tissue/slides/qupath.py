"""Annotations that QuPath exports: GeoJSON with polygons in the slide's pixels (RFC 7946; Bankhead et al. 2017, doi 10.1038/s41598-017-17204-5)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.tissue.slides.outlines import Outline

_LONGEST_NAME, _ELEMENTS_PER_CORNER = 100, 8
_OLD_KIND = re.compile(r"(?:Path)?(\w{1,20})Object")  # until 0.2 it stood in place of an id
_LEAST, _DEEPEST = 3, 50  # corners of an area; objects in objects, and classes of classes


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

    # Counted before anything is decoded, since an element takes up to twenty times the memory of its bytes.
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > _ELEMENTS_PER_CORNER * most_points:
        raise DataError(
            f"{where}: far more than {most_points:,} corners; export annotations only, without detections, or simplify them"
        )
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as err:
        how = ' with "Exclude measurements", of which one is NaN' if b"NaN" in content else ""
        raise DataError(f"{where}: no GeoJSON ({err!s:.80}); export the annotations again{how}") from err
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
    yield from _with_children(document, where, _DEEPEST)


def _with_children(features: list[Any], where: str, left: int) -> Iterator[Mapping[str, Any]]:
    """Yield objects, and those that an export of a hierarchy has inside them."""
    if left == 0:
        raise DataError(f"{where}: more than {_DEEPEST} objects inside one another; export annotations only")
    for feature in features:
        if not isinstance(feature, dict):
            continue
        yield feature
        children = _properties(feature).get("childObjects")
        if isinstance(children, list):
            yield from _with_children(children, where, left - 1)


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _name(feature: Mapping[str, Any]) -> str:
    """Return an object's class, of several parts as QuPath shows it (``Tumor: Positive``), or else its own name."""
    properties = _properties(feature)
    for stated in (_class_name(properties.get("classification")), properties.get("name")):
        if isinstance(stated, str) and stated.strip():
            return stated.strip()[:_LONGEST_NAME]
    return ""


def _class_name(classified: Any) -> Any:
    if not isinstance(classified, dict):
        return classified
    parts = classified.get("names")
    if not isinstance(parts, list):  # until 0.3, a class of several parts held that of the others
        parts = []
        while isinstance(classified, dict) and len(parts) < _DEEPEST:
            parts.insert(0, classified.get("name"))
            classified = classified.get("parentClass")
    return ": ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def _kind(feature: Mapping[str, Any]) -> str:
    """Return what an object is in QuPath, in small letters; empty where it isn't said."""
    properties = _properties(feature)
    stated = properties.get("objectType") or properties.get("object_type")
    if not stated and (kind := _OLD_KIND.fullmatch(str(feature.get("id")))):
        stated = kind[1]
    return str(stated or "").lower()


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
