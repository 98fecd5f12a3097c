"""Predicted images of slides become objects for QuPath and maps, each at its place."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spectra_dl.tissue.maps.slide_maps import write_slide_maps
from spectra_dl.tissue.maps.slide_objects import write_slide_objects
from spectra_dl.tissue.maps.slide_tiles import slides_of
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.image_study import write_images
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, simulate_shares
from spectra_dl.tissue.study.predict import predict_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings
from tissue.qupath_schema import checked_features

pytestmark = pytest.mark.xdist_group("maps of slides")

SETTINGS = TissueStudySettings(
    members=3,
    share="necrotic/viable",
    training=TrainingSettings(epochs=3, least_steps=300, learning_rate=3e-3),
)


def written(folder, patients, seed):
    study = simulate_shares(ShareStudySettings(patients=patients, slides=2, tiles=9, side=40, seed=seed))
    return study, read_images(write_images(folder, study.images(), position=study.position))


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    _, images = written(tmp_path_factory.mktemp("training"), 8, 3)
    return train_study(images, SETTINGS, source="simulated images").predictor


@pytest.fixture(scope="module")
def predicted(predictor, tmp_path_factory):
    """A study of two new patients, the images, and the folder of what was predicted of them."""
    study, images = written(tmp_path_factory.mktemp("new"), 2, 4)
    out = tmp_path_factory.mktemp("out")
    return study, images, predict_study(predictor, images, out), out


@pytest.fixture
def slides(predictor, predicted):
    _, images, result, _ = predicted
    return list(slides_of(images, result.rows, predictor.decision))


def test_every_slide_has_its_objects_and_maps(predicted):
    study, _, _, out = predicted
    names = sorted(path.name for path in (out / "slides").iterdir())
    assert names == sorted(
        f"{slide}{end}" for slide in set(study.slide) for end in (".geojson", "_classes.png", "_heat.png")
    )


def test_objects_are_what_qupath_reads_at_the_places_of_the_sheet(predicted):
    study, _, result, out = predicted
    for name in set(study.slide):
        rows = np.flatnonzero(study.slide == name)
        features = checked_features(json.loads((out / "slides" / f"{name}.geojson").read_text()))
        assert len(features) == len(rows)
        for feature, row in zip(features, rows, strict=True):
            corners = np.array(feature["geometry"]["coordinates"][0][:4])
            np.testing.assert_array_equal(corners.min(axis=0), study.position[row])
            np.testing.assert_array_equal(np.ptp(corners, axis=0), [40, 40])
            assert feature["properties"]["objectType"] == "tile"
            stated = list(feature["properties"]["measurements"].values())
            shown = result.rows.stated_probability[row]
            np.testing.assert_allclose(stated, shown[np.isfinite(shown)], atol=1e-5)


def test_an_object_has_the_class_of_the_table(predicted):
    study, _, _, out = predicted
    table = list(csv.DictReader((out / "predictions.csv").read_text().splitlines()))
    of_file = {
        feature["properties"]["name"]: feature["properties"]["classification"]["name"]
        for slide in set(study.slide)
        for feature in json.loads((out / "slides" / f"{slide}.geojson").read_text())["features"]
    }
    assert of_file == {row["sample_id"]: row["predicted_class"] or "unlike training" for row in table}
    assert [(row["slide"], float(row["x"]), float(row["y"])) for row in table] == [
        (slide, *place) for slide, place in zip(study.slide, study.position.tolist(), strict=True)
    ]


def test_a_class_map_shows_each_image_in_its_class_colour(slides, tmp_path):
    slide = replace(slides[0], decided=np.array(["viable"] * 8 + ["necrotic"], dtype=object))
    all_necrotic = replace(slides[0], decided=np.array(["necrotic"] * 9, dtype=object), stem="other")
    shown = []
    for each in (slide, all_necrotic):
        name, _ = write_slide_maps(tmp_path, each)
        with Image.open(tmp_path / name) as drawn:
            shown.append(np.asarray(drawn.convert("RGB")).astype(int))
    greenish = [(pixels[..., 1] > pixels[..., 0] + 40).mean() for pixels in shown]
    assert greenish[0] > 0.05
    assert greenish[1] < 0.002


def width(path):
    with Image.open(path) as drawn:
        return drawn.width


def test_a_heat_map_has_a_panel_for_each_class_beside_the_tissue(slides, tmp_path):
    of_classes, of_heat = write_slide_maps(tmp_path, slides[0])
    # Slides of 3 x 3 tiles of 40 pixels are drawn four times as large.
    assert width(tmp_path / of_heat) - width(tmp_path / of_classes) == 2 * (4 * 120 + 10)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("far", [1e7, -4e6])
def test_a_slide_whose_images_are_too_far_apart_to_be_seen_has_no_map_and_is_said_to_have_none(
    predictor, predicted, tmp_path, far, axis
):
    _, images, _, _ = predicted
    position = images.position.copy()
    position[-1, axis] = far
    result = predict_study(predictor, replace(images, position=position), tmp_path)
    (note,) = [note for note in result.notes if note.startswith("no map of slide")]
    assert repr(str(images.slide[-1])) in note
    names = sorted(path.name for path in (tmp_path / "slides").iterdir())
    assert f"{images.slide[-1]}.geojson" in names
    assert f"{images.slide[-1]}_heat.png" not in names
    assert f"{images.slide[0]}_heat.png" in names


def test_a_wide_or_a_high_row_of_images_is_drawn(slides, tmp_path):
    slide, places = slides[0], np.arange(9.0) * 400
    for corner in (np.stack([places, 0 * places], axis=1), np.stack([0 * places, places], axis=1)):
        name, _ = write_slide_maps(tmp_path, replace(slide, corner=corner))
        with Image.open(tmp_path / name) as drawn:
            pixels = np.asarray(drawn.convert("RGB")).astype(int)
        assert (np.ptp(pixels, axis=2) > 40).sum() > 9 * 4 * 4


def test_where_images_are_pooled_the_attention_is_drawn_and_measured(slides, tmp_path):
    slide = slides[0]
    attention = np.linspace(0.01, 0.2, len(slide.images))
    attention[2] = np.nan
    pooled = replace(slide, attention=attention)
    of_classes, of_heat = write_slide_maps(tmp_path, pooled)
    assert width(tmp_path / of_heat) == width(tmp_path / of_classes)
    features = checked_features(json.loads((tmp_path / write_slide_objects(tmp_path, pooled)).read_text()))
    assert features[1]["properties"]["measurements"]["attention"] == pytest.approx(attention[1])
    assert "attention" not in features[2]["properties"]["measurements"]


def test_a_slide_of_which_no_image_was_pooled_has_a_map_without_attention(slides, tmp_path):
    unpooled = replace(slides[0], attention=np.full(len(slides[0].images), np.nan))
    assert len(write_slide_maps(tmp_path, unpooled)) == 2


def test_a_map_has_room_for_the_names_of_all_classes(slides, tmp_path):
    names = [f"class {number}" for number in range(30)]
    corner = np.stack([np.arange(30.0) * 40, np.zeros(30)], axis=1)
    slide, rows = slides[0], np.arange(30) % 9
    many = replace(
        slide,
        images=slide.images[rows],
        corner=corner,
        size=slide.size[rows],
        status=slide.status[rows],
        decided=np.array(names, dtype=object),
        classes=tuple(names),
        probability=np.full((30, 30), 1 / 30),
    )
    of_classes, _ = write_slide_maps(tmp_path, many)
    with Image.open(tmp_path / of_classes) as drawn:
        assert drawn.height > 30 * 20
        lowest = np.asarray(drawn.convert("L"))[-100:, -230:]
    assert (lowest < 128).any()


def test_a_refused_image_keeps_its_place_and_has_no_measurement(predictor, predicted, tmp_path):
    _, images, result, _ = predicted
    status = result.rows.status.copy()
    status[0] = "refused"
    probability = result.rows.probability.copy()
    probability[0] = np.nan
    rows = replace(result.rows, status=status, probability=probability)
    slide = next(slides_of(images, rows, predictor.decision))
    features = checked_features(json.loads((tmp_path / write_slide_objects(tmp_path, slide)).read_text()))
    assert features[0]["properties"]["classification"]["name"] == "refused"
    assert features[0]["properties"]["measurements"] == {}
    assert len(write_slide_maps(tmp_path, slide)) == 2


def test_a_slide_of_which_nothing_can_be_read_has_objects_and_no_map(predictor, slides, tmp_path):
    status = np.array(["refused"] * len(slides[0].images), dtype=object)
    assert write_slide_maps(tmp_path, replace(slides[0], status=status)) == []


def test_images_without_places_or_slides_have_no_folder_of_slides(predictor, predicted, tmp_path):
    _, images, _, _ = predicted
    for number, less in enumerate((replace(images, position=None), replace(images, slide=None))):
        predict_study(predictor, less, tmp_path / str(number))
        assert not (tmp_path / str(number) / "slides").exists()
        assert (tmp_path / str(number) / "share.csv").exists()


def test_two_images_at_one_place_are_both_objects(predictor, predicted, tmp_path):
    _, images, result, _ = predicted
    position = images.position.copy()
    position[1] = position[0]
    slide = next(slides_of(replace(images, position=position), result.rows, predictor.decision))
    assert len(write_slide_maps(tmp_path, slide)) == 2
    written_name = write_slide_objects(tmp_path, slide)
    assert len(checked_features(json.loads((tmp_path / written_name).read_text()))) == 9


def test_shares_are_stated_for_patients_and_slides(predicted):
    study, _, result, out = predicted
    table = list(csv.DictReader((out / "share.csv").read_text().splitlines()))
    assert [row["level"] for row in table] == ["patient"] * 2 + ["slide"] * 4
    assert [row["n_images"] for row in table] == ["18"] * 2 + ["9"] * 4
    for row, name in zip(table[:2], study.patients, strict=True):
        assert row["patient_id"] == name
        own = study.label[study.patient == name]
        seen = (own == "necrotic").sum() / np.isin(own.astype(str), ["necrotic", "viable"]).sum()
        assert float(row["share"]) == pytest.approx(seen, abs=0.2)
        assert float(row["low"]) <= float(row["share"]) <= float(row["high"])
        assert row["at_least_90"] in ("yes", "no", "undecided")
    shares = result.report["results"]["shares"]
    assert [each["at_least_90"] for each in shares] == [row["at_least_90"] for row in table]


def test_the_model_file_knows_what_was_mistaken_in_held_out_patients(predictor):
    part = predictor.header.input
    counts = np.array(part.held_out_counts)
    assert counts.shape == (8, 3, 3)
    assert counts.sum() == 8 * 18
    assert "Share          necrotic / (necrotic + viable)" in part.model_lines()


def test_another_share_may_be_asked_for(predictor, predicted):
    _, images, result, _ = predicted
    other = predict_study(predictor, images, share="viable/necrotic")
    for before, after in zip(result.shares, other.shares, strict=True):
        assert after.estimate.share == pytest.approx(1 - before.estimate.share)


def test_an_image_cut_at_a_lower_resolution_is_as_wide_as_the_sheet_says(predictor, predicted):
    _, images, result, _ = predicted
    quarter = replace(images, side=np.full(len(images), 160.0))
    slide = next(slides_of(quarter, result.rows, predictor.decision))
    np.testing.assert_array_equal(np.ptp(slide.rings(), axis=1), np.full((9, 2), 160))
    assert slide.um_per_pixel == pytest.approx(0.5 / 4)


def test_spellings_of_one_patient_are_one_share(predictor, predicted):
    _, images, _, _ = predicted
    spelled = images.patient.copy()
    spelled[0] = "sim 01"
    shares = predict_study(predictor, replace(images, patient=spelled, slide=None)).shares
    assert [each.images for each in shares] == [18, 18]
