"""The GeoJSON that QuPath 0.4 and newer reads (qupath.lib.io.GsonTools), as assertions."""

import math
import uuid
from itertools import pairwise

TYPES = {"annotation", "detection", "cell", "tile", "tma_core", "root"}


def checked_features(collection):
    """The features of a collection that QuPath takes."""
    assert set(collection) == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    ids = [check_feature(feature) for feature in collection["features"]]
    assert len(set(ids)) == len(ids)
    return collection["features"]


def check_feature(feature):
    """One object: its id is returned."""
    assert set(feature) == {"type", "id", "geometry", "properties"}
    assert feature["type"] == "Feature"
    check_polygon(feature["geometry"])
    properties = feature["properties"]
    assert properties["objectType"] in TYPES
    assert isinstance(properties["name"], str)
    assert isinstance(properties["isLocked"], bool)
    assert all(isinstance(text, str) for text in properties["metadata"].values())
    for name, value in properties["measurements"].items():
        assert isinstance(name, str)
        assert math.isfinite(value)
    if "classification" in properties:
        check_class(properties["classification"])
    return uuid.UUID(feature["id"])


def check_class(classification):
    """A class has a name and a colour of three bytes."""
    assert set(classification) == {"name", "color"}
    assert isinstance(classification["name"], str)
    assert classification["name"]
    red_green_blue = classification["color"]
    assert len(red_green_blue) == 3
    assert all(isinstance(value, int) and 0 <= value <= 255 for value in red_green_blue)


def check_polygon(geometry):
    """A ring that ends where it begins, against the clock as RFC 7946 wants it."""
    assert set(geometry) == {"type", "coordinates"}
    assert geometry["type"] == "Polygon"
    (ring,) = geometry["coordinates"]
    assert len(ring) >= 4
    assert ring[0] == ring[-1]
    assert all(len(place) == 2 and all(math.isfinite(value) for value in place) for place in ring)
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring))
    assert area > 0
