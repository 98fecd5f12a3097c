"""Objects on a slide as QuPath imports them."""

import json

import numpy as np

from spectra_dl.imaging.overlays.map_parts import file_stems
from spectra_dl.imaging.overlays.qupath_objects import QuPathObject, write_objects
from tissue.qupath_schema import checked_features

SQUARE = np.array([[0, 0], [8, 0], [8, 8], [0, 8]], dtype=float)


def test_names_that_no_file_can_hold_are_written_all_the_same(tmp_path):
    odd = QuPathObject(
        "s\0", "na\0me\ud800", SQUARE, "tile", {"p": 0.5, "q": np.nan}, {"a": "", "b": "x\0"}, "c\0"
    )
    write_objects(tmp_path / "x.geojson", [odd])
    (feature,) = checked_features(json.loads((tmp_path / "x.geojson").read_text()))
    assert feature["properties"]["measurements"] == {"p": 0.5}
    assert feature["properties"]["metadata"] == {"b": "x\ufffd"}
    assert feature["properties"]["classification"]["name"] == "c\ufffd"


def test_objects_of_one_name_on_two_slides_have_ids_of_their_own(tmp_path):
    write_objects(
        tmp_path / "x.geojson", [QuPathObject(slide, "1", SQUARE, "detection", {}) for slide in "ab"]
    )
    assert len(checked_features(json.loads((tmp_path / "x.geojson").read_text()))) == 2


def test_files_of_names_that_look_alike_have_names_of_their_own():
    assert file_stems(["a/1", "A:1", "b"]) == ["a_1", "A_1_2", "b"]
