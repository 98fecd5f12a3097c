"""Predictions as GeoJSON that QuPath imports."""

import json
import uuid
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.expression.output.exports.qupath import write_geojson
from tissue.predictions import FULL, GENES, example_prediction, example_section
from tissue.qupath_schema import checked_features


def features_of(folder, prediction):
    assert write_geojson(folder, prediction) == ["predictions.geojson"]
    return checked_features(json.loads((folder / "predictions.geojson").read_text()))


def shape_of(feature):
    (ring,) = feature["geometry"]["coordinates"]
    return np.array(ring)[:-1]


def test_round_spots_are_detections_in_full_resolution_pixels(tmp_path):
    prediction = example_prediction()
    section = prediction.section
    features = features_of(tmp_path, prediction)
    placed = [*range(len(section) - 2), len(section) - 1]
    assert [feature["properties"]["name"] for feature in features] == list(section.barcode[placed])
    for feature, row in zip(features, placed, strict=True):
        corner = shape_of(feature)
        assert feature["properties"]["objectType"] == "detection"
        np.testing.assert_allclose(corner.mean(axis=0), section.full_pixel[row], atol=0.02)
        radius = np.linalg.norm(corner - section.full_pixel[row], axis=1)
        np.testing.assert_allclose(
            radius, section.spot_diameter_um / section.um_per_pixel * FULL / 2, atol=0.02
        )


def test_genes_are_measurements_and_what_is_doubtful_is_a_class(tmp_path):
    prediction = example_prediction()
    first, second, *_, last = features_of(tmp_path, prediction)
    measured = first["properties"]["measurements"]
    assert list(measured) == list(GENES)
    np.testing.assert_allclose(list(measured.values()), prediction.values[0], atol=1e-5)
    assert "classification" not in first["properties"]
    assert second["properties"]["classification"]["name"] == "warned"
    assert last["properties"]["classification"]["name"] == "refused"
    assert last["properties"]["measurements"] == {}
    assert last["properties"]["metadata"]["reason"] == "not under tissue"


def test_every_object_has_an_id_of_its_own_and_the_same_each_time(tmp_path):
    ids = [[each["id"] for each in features_of(tmp_path, example_prediction())] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len({uuid.UUID(each) for each in ids[0]}) == len(ids[0])


def test_spots_without_a_diameter_are_square_tiles_as_wide_as_the_pitch(tmp_path):
    section = replace(example_section(), spot_diameter_um=None)
    first, *_ = features_of(tmp_path, example_prediction(section))
    assert first["properties"]["objectType"] == "tile"
    side = np.ptp(shape_of(first), axis=0)
    pitch = section.spot_pitch_um / section.um_per_pixel * FULL
    assert side == pytest.approx([pitch, pitch], abs=0.02)


def test_a_section_of_which_nothing_has_a_place_is_an_empty_collection(tmp_path):
    section = example_section()
    nowhere = replace(section, position_um=np.full((len(section), 2), np.nan))
    assert features_of(tmp_path, example_prediction(nowhere)) == []
