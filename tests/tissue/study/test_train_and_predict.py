"""A model of images is written, read again, and predicts the same; damaged images are refused one by one."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.errors import DataError, ModelFileError
from spectra_dl.loading import load_model, read_header
from spectra_dl.models.trained import MODEL_FILE
from spectra_dl.tissue.predictor import TissuePredictor
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images
from spectra_dl.tissue.study.predict import predict_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings
from tissue.example_slides import write_slide

pytestmark = pytest.mark.xdist_group("tissue model")

SETTINGS = TissueStudySettings(
    members=3, training=TrainingSettings(epochs=3, least_steps=120, learning_rate=3e-3)
)


@pytest.fixture(scope="module")
def trained(of_patients, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "out"
    result = train_study(of_patients, SETTINGS, source="simulated images", folder=folder)
    return result, folder / MODEL_FILE


@pytest.fixture
def new_images(tmp_path):
    """Images of three patients the model never saw."""
    settings = ImageStudySettings(patients=3, tiles_per_class=3, side=48, one_class_each=True, seed=9)
    write_images(tmp_path, simulate_images(settings))
    return read_images(tmp_path)


def test_a_model_from_its_file_predicts_the_same(trained, new_images):
    result, path = trained
    loaded = load_model(path)
    assert isinstance(loaded, TissuePredictor)
    assert loaded.sha256 == result.sha256
    np.testing.assert_array_equal(
        loaded.predict(new_images).probability, result.predictor.predict(new_images).probability
    )


def test_its_card_says_what_it_is(trained):
    result, path = trained
    header, _ = read_header(path)
    assert header.input.kind == "tissue"
    assert header.input.classes_of == "patient"
    text = result.text()
    for said in ("colour-texture, whole images", "36 images", "4 necrotic, 4 no tumour, 4 viable patients"):
        assert said in text
    assert any(finding.name == "stain" for finding in header.audit)


def test_patients_it_never_saw_get_their_class(trained, new_images, tmp_path):
    result, _ = trained
    predicted = predict_study(result.predictor, new_images, tmp_path / "out", coverage=0.5)
    with open(tmp_path / "out" / "patients.csv", newline="") as stream:
        patients = list(csv.DictReader(stream))
    truth = dict(zip(new_images.patient, new_images.label, strict=True))
    likeliest = {
        each["patient_id"]: max(truth.values(), key=lambda name: float(each[f"p_{name}"] or 0))
        for each in patients
    }
    assert sum(likeliest[name] == truth[name] for name in truth) >= 2
    assert predicted.seen == 0
    assert [each["n_images"] for each in patients] == ["3", "3", "3"]


def test_an_image_has_the_same_probability_in_other_company(trained, new_images):
    predictor = trained[0].predictor
    whole = predictor.predict(new_images).probability
    other = predictor.predict(new_images[np.array([4, 1])]).probability
    np.testing.assert_allclose(other, whole[[4, 1]], rtol=1e-12)


def test_a_damaged_image_is_refused_and_the_others_are_predicted(trained, new_images):
    path = new_images.folder / str(new_images.name[2])
    path.write_bytes(path.read_bytes()[:400])
    rows = trained[0].predictor.predict(new_images)
    assert list(np.flatnonzero(rows.status == "refused")) == [2]
    assert "truncated or damaged JPEG" in rows.reason[2]
    assert np.isnan(rows.probability[2]).all()
    assert np.isfinite(np.delete(rows.probability, 2, axis=0)).all()


def test_images_it_was_trained_on_are_known_again(trained, of_patients):
    assert trained[0].predictor.seen_in_training(of_patients) == len(of_patients)


def test_an_image_of_another_kind_is_unlike_training(trained, tmp_path):
    from PIL import Image

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)).save(
        tmp_path / "noise.png"
    )
    rows = trained[0].predictor.predict(read_images(tmp_path, labelled=False))
    assert rows.ood_score[0] > 1
    assert rows.status[0] == "warned"


def test_slides_are_cut_for_a_model_of_images_with_a_word_on_their_scale(trained, new_images, tmp_path):
    said = "the model was trained on whole images, not on slides: tiles of 200 um"
    write_slide(tmp_path / "slide.tif")
    (tmp_path / "slides.csv").write_text("path,patient\nslide.tif,N1\n")
    slides = read_images(tmp_path / "slides.csv", ImageOptions(tile_um=200.0), labelled=False)
    notes = predict_study(trained[0].predictor, slides).notes
    assert any(note.startswith(said) for note in notes)
    assert not any("not on slides" in note for note in predict_study(trained[0].predictor, new_images).notes)


def test_where_classes_are_of_images_no_patient_gets_one(images):
    result = train_study(images, SETTINGS, source="simulated images")
    assert result.predictor.header.input.classes_of == "image"
    predicted = predict_study(result.predictor, images)
    assert sum(len(answers) for _, answers in predicted.answered) == len(images)
    assert any("each image has its own answer" in note for note in predicted.notes)


def test_a_class_of_one_patient_can_not_be_calibrated(of_patients):
    few = of_patients[np.isin(of_patients.patient.astype(str), ["SIM01", "SIM02", "SIM04"])]
    with pytest.raises(DataError, match="bring a second patient of each class"):
        train_study(few, SETTINGS, source="x")


def test_an_encoder_that_gives_other_numbers_is_refused(trained, new_images):
    predictor = trained[0].predictor
    part = predictor.header.input
    (encoder,) = part.encoders
    changed = part.model_copy(
        update={
            "encoders": [
                encoder.model_copy(update={"calibration": [value + 1 for value in encoder.calibration]})
            ]
        }
    )
    header = predictor.header.model_copy(update={"input": changed})
    with pytest.raises(ModelFileError, match="gives other features here"):
        replace(predictor, header=header).predict(new_images)
