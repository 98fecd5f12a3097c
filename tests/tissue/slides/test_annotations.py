"""Annotations of QuPath and ImageScope: what is read of them, and what is refused."""

import json

import numpy as np
import pytest

from spectra_dl.errors import DataError, UnsafeError
from spectra_dl.tissue.slides.annotation import read_annotation
from spectra_dl.tissue.slides.image_scope import read_image_scope
from spectra_dl.tissue.slides.outlines import TileGrid, coverage_of
from spectra_dl.tissue.slides.qupath import read_geojson
from tissue.example_slides import feature, image_scope_region, ring, write_geojson, write_image_scope

BOX, HOLE = (0, 0, 100, 100), (25, 25, 75, 75)


def covered(outlines):
    coverage = coverage_of(outlines, TileGrid(100, 1, 1))
    return {name: float(coverage.covered[k, 0, 0]) for k, name in enumerate(coverage.names)}


def test_a_polygon_with_a_hole(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [feature("Tumor", [ring(BOX), ring(HOLE)])])
    outlines, left_out = read_annotation(path)
    assert covered(outlines) == {"Tumor": 0.75}
    assert not left_out


def test_several_polygons_and_collections_are_areas(tmp_path):
    many = feature("A", [])
    many["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[ring((0, 0, 50, 50))], [ring((50, 50, 100, 100))]],
    }
    inside = feature("B", [])
    inside["geometry"] = {
        "type": "GeometryCollection",
        "geometries": [{"type": "Polygon", "coordinates": [ring(HOLE)]}],
    }
    assert covered(read_annotation(write_geojson(tmp_path / "a.json", [many, inside]))[0]) == {
        "A": 0.5,
        "B": 0.25,
    }


def test_a_list_and_a_single_feature_are_read_and_old_words_of_qupath():
    old = feature("A", [ring(BOX)])
    old["id"] = "PathAnnotationObject"
    old["properties"] = {"classification": {"name": "A", "colorRGB": -1}}
    for document in ([old], old, {"type": "FeatureCollection", "features": [old]}):
        assert covered(read_geojson(json.dumps(document).encode(), "a", most_points=9)[0]) == {"A": 1.0}


def test_what_is_no_classified_area_is_counted(tmp_path):
    line = feature("A", [])
    line["geometry"] = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    named = feature(None, [ring(BOX)])
    named["properties"]["name"] = "By name"
    features = [line, feature(None, [ring(BOX)]), feature("Cell", [ring(BOX)], "detection"), named]
    outlines, left_out = read_annotation(write_geojson(tmp_path / "a.geojson", features))
    assert [each.name for each in outlines] == ["By name"]
    assert dict(left_out) == {
        "lines or points": 1,
        "annotations without a class": 1,
        "no annotations but detections or tiles": 1,
    }


@pytest.mark.parametrize(
    ("hole", "share"),
    [
        ((50, 0, 150, 100), 0.5),
        ((-20, -20, 50, 50), 0.75),
        ((150, 0, 180, 100), 1.0),
        ((-9, -9, 150, 150), 0.0),
    ],
)
def test_a_hole_is_none_of_its_layer_wherever_it_begins(tmp_path, hole, share):
    regions = image_scope_region(ring(BOX)[:4]) + image_scope_region(ring(hole)[:4], negative=1)
    path = write_image_scope(tmp_path / "a.xml", [("A", regions)])
    coverage = coverage_of(read_annotation(path)[0], TileGrid(100, 2, 1))
    assert coverage.covered[0].tolist() == [[share, 0.0]]


@pytest.mark.parametrize(
    "classification",
    [
        {"names": ["Tumor", "Necrosis"], "color": [200, 0, 0]},
        {"name": "Necrosis", "colorRGB": -1, "parentClass": {"name": "Tumor", "colorRGB": -1}},
    ],
)
def test_a_class_of_several_parts_is_none_of_its_parts(classification):
    several, plain = feature("A", [ring(BOX)]), feature("Tumor", [ring(HOLE)])
    several["properties"] |= {"classification": classification, "name": "my region"}
    outlines, left_out = read_geojson(json.dumps([several, plain]).encode(), "a", most_points=20)
    assert [each.name for each in outlines] == ["Tumor: Necrosis", "Tumor"]
    assert not left_out


def test_annotations_inside_others_are_read():
    around, inside, cell = (
        feature("A", [ring(BOX)]),
        feature("B", [ring(HOLE)]),
        feature("C", [ring(HOLE)], "cell"),
    )
    around["properties"]["childObjects"] = [inside]
    inside["properties"]["childObjects"] = [cell, None]
    outlines, left_out = read_geojson(json.dumps(around).encode(), "a", most_points=20)
    assert [each.name for each in outlines] == ["A", "B"]
    assert dict(left_out) == {"no annotations but detections or tiles": 1}
    for _ in range(60):
        around = feature("A", [ring(BOX)]) | {"properties": {"childObjects": [around]}}
    with pytest.raises(DataError, match="objects inside one another"):
        read_geojson(json.dumps(around).encode(), "a", most_points=10_000)


@pytest.mark.parametrize("kind", ["PathCellObject", "PathTileObject", "TMACoreObject"])
def test_old_words_for_what_is_no_annotation_are_known(kind):
    old = feature("A", [ring(BOX)]) | {"id": kind, "properties": {"classification": {"name": "A"}}}
    assert not read_geojson(json.dumps(old).encode(), "a", most_points=9)[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"type": "Feature", "properties": {"measurements": {"x": NaN}}}', "Exclude measurements"),
        (b"[" * 90, "no GeoJSON"),
        (b'{"type": "FeatureCollection", "features": {}}', "no GeoJSON features"),
        (b'[1, 2]', "no GeoJSON features"),
        (json.dumps(feature("A", [[[0, 0], [1, "x"], [2, 2]]])).encode(), "a polygon that is no list of rings"),
        (json.dumps(feature("A", [[[0, 0], [1, 1]]])).encode(), "a polygon that is no list of rings"),
        (json.dumps(feature("A", 7)).encode(), "a polygon that is no list of rings"),
        (json.dumps(feature("A", [[[0, 0], [1, 1e999], [3, 3]]])).encode(), "no GeoJSON|no list of rings"),
        (json.dumps(feature("A", [ring(BOX)] * 3)).encode(), "more than 12 corners"),
        (b"[" + b"{}," * 50 + b"{}]", "far more than 12 corners"),
    ],
)  # fmt: skip
def test_what_is_no_geojson_is_refused(content, said):
    with pytest.raises(DataError, match=f"a.geojson: .*({said})"):
        read_geojson(content, "a.geojson", most_points=12)


def test_layers_regions_and_holes(tmp_path):
    regions = image_scope_region(ring(BOX)[:4]) + image_scope_region(ring(HOLE)[:4], negative=1)
    path = write_image_scope(
        tmp_path / "a.xml", [("Tumor", regions), ("", image_scope_region(ring(HOLE)[:4]))]
    )
    outlines, left_out = read_annotation(path)
    assert covered(outlines) == {"Tumor": 0.75, "layer 2": 0.25}
    assert not left_out


def test_ellipses_and_rectangles_are_areas_and_arrows_are_not(tmp_path):
    ellipse = image_scope_region([(0, 0), (100, 100)], kind=2)
    arrow = image_scope_region([(0, 0), (9, 9)], kind=3)
    rectangle = image_scope_region([(0, 0), (50, 100)], kind=1)
    layers = [("E", ellipse + arrow), ("R", rectangle)]
    outlines, left_out = read_annotation(write_image_scope(tmp_path / "a.xml", layers))
    assert covered(outlines)["E"] == pytest.approx(np.pi / 4, abs=0.03)
    assert covered(outlines)["R"] == 0.5
    assert dict(left_out) == {"lines or points": 1}


def test_a_layer_is_called_by_its_description():
    text = (
        '<Annotations><Annotation Id="1" Name=""><Attributes><Attribute Name="Description" Id="0" Value="necrosis"/></Attributes>'
        f"<Regions>{image_scope_region(ring(BOX)[:4])}</Regions></Annotation></Annotations>"
    )
    assert [each.name for each in read_image_scope(text.encode(), "a", most_points=9)[0]] == ["necrosis"]


BOMB = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><Annotations>&c;</Annotations>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB.encode(), "defines a document type"),
        (BOMB.encode("utf-16"), "defines a document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Annotations/>', "defines a document type"),
        (b"<Annotations><Annotation>", "no XML"),
        (b"<svg/>", "no annotations of ImageScope"),
        (b"<Annotations>" + b"<a>" * 200_000, "more than 20 levels"),
        (b'<Annotations><Annotation><Region><Vertex X="nan" Y="0"/></Region></Annotation></Annotations>', "a corner without X and Y"),
        (b'<Annotations><Annotation><Region><Vertex X="1"/></Region></Annotation></Annotations>', "a corner without X and Y"),
        (b"<Annotations><Annotation><Region>" + b'<Vertex X="1" Y="1"/>' * 99, "too many corners"),
    ],
)  # fmt: skip
def test_what_is_no_annotation_in_xml_is_refused(content, said):
    with pytest.raises(DataError, match=f"a.xml: .*{said}"):
        read_image_scope(content, "a.xml", most_points=50)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="neither GeoJSON"):
        read_annotation(tmp_path / "a.txt")
    (tmp_path / "b.geojson").write_bytes(b"\x80\x04\x95evil")
    with pytest.raises(UnsafeError):
        read_annotation(tmp_path / "b.geojson")
    with pytest.raises(DataError, match="can't be read"):
        read_annotation(tmp_path / "gone.xml")
    with open(tmp_path / "large.xml", "wb") as file:
        file.truncate((128 << 20) + 1)
    with pytest.raises(DataError, match="larger than 128 MiB"):
        read_annotation(tmp_path / "large.xml")


def test_geojson_in_utf_16_is_read(tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [feature("A", [ring((0, 0, 9, 9))])])
    path.write_bytes(path.read_text().encode("utf-16"))
    assert [each.name for each in read_annotation(path)[0]] == ["A"]
