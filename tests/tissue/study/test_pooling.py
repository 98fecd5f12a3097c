"""Models that pool a patient's or a slide's images are evaluated, written, read again, and say which images counted."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.loading import load_model
from spectra_dl.models.trained import MODEL_FILE
from spectra_dl.tissue.bags.of_cohort import bags_of_cohort
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.models import study_models
from spectra_dl.tissue.study.predict import predict_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("pooling")

SETTINGS = TissueStudySettings(
    network="attention", members=3, training=TrainingSettings(epochs=3, least_steps=60, learning_rate=3e-3)
)
QUICK = EvaluationSettings(resamples=200, permutations=100, refits=39, leaky=False)


@pytest.fixture(scope="module")
def trained(of_patients, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pooling") / "out"
    result = train_study(of_patients, SETTINGS, source="simulated images", folder=folder)
    return result, folder / MODEL_FILE


@pytest.fixture(scope="module")
def of_slides(images):
    """Six patients with a slide of each of two classes."""
    label = np.where([str(name).endswith("1") for name in images.slide], "viable", "necrotic")
    return replace(images, label=text_array(label))


@pytest.fixture
def new_images(tmp_path):
    settings = ImageStudySettings(patients=3, tiles_per_class=4, side=48, one_class_each=True, seed=9)
    write_images(tmp_path, simulate_images(settings))
    return read_images(tmp_path)


def lines(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_model_from_its_file_predicts_the_same_bits(trained, new_images):
    result, path = trained
    here, there = result.predictor.predict(new_images), load_model(path).predict(new_images)
    np.testing.assert_array_equal(here.probability, there.probability)
    np.testing.assert_array_equal(here.attention, there.attention)


def test_its_card_says_what_it_is(trained):
    assert "attention pooling, 3 members" in trained[0].text()
    assert trained[0].predictor.header.input.classes_of == "patient"
    assert trained[0].predictor.classification.rows_per_patient == 3


def test_attention_sums_to_one_over_each_patients_images(trained, new_images, tmp_path):
    predict_study(trained[0].predictor, new_images, tmp_path / "out")
    rows = lines(tmp_path / "out" / "predictions.csv")
    for name in set(new_images.patient):
        shares = [float(row["attention"] or 0) for row in rows if row["patient_id"] == name]
        assert len(shares) == 4
        assert sum(shares) == pytest.approx(1.0, abs=1e-7)


def test_each_image_has_its_patients_answer(trained, new_images, tmp_path):
    predicted = predict_study(trained[0].predictor, new_images, tmp_path / "out")
    rows = predicted.rows
    for some, _ in predicted.answered:
        for name, probability in zip(some.patient, some.probability, strict=True):
            own = rows.probability[rows.patient == name]
            np.testing.assert_allclose(own, np.broadcast_to(probability, own.shape), rtol=1e-12)
    assert [row["n_images"] for row in lines(tmp_path / "out" / "patients.csv")] == ["4", "4", "4"]


def test_a_patient_has_the_same_answer_in_other_company(trained, new_images):
    predictor, whole = trained[0].predictor, trained[0].predictor.predict(new_images)
    own = np.flatnonzero(new_images.patient == new_images.patient[0])
    alone = predictor.predict(new_images[own])
    np.testing.assert_array_equal(alone.probability, whole.probability[own])
    np.testing.assert_array_equal(alone.attention, whole.attention[own])


def test_a_damaged_image_counts_nothing_and_the_others_are_pooled(trained, new_images, tmp_path):
    whole = trained[0].predictor.predict(new_images)
    path = new_images.folder / str(new_images.name[2])
    path.write_bytes(path.read_bytes()[:400])
    rows = trained[0].predictor.predict(new_images)
    own = rows.patient == rows.patient[2]
    assert np.isnan(rows.attention[2])
    assert np.nansum(rows.attention[own]) == pytest.approx(1.0)
    np.testing.assert_array_equal(rows.probability[~own], whole.probability[~own])
    predict_study(trained[0].predictor, new_images, tmp_path / "out")
    assert lines(tmp_path / "out" / "predictions.csv")[2]["attention"] == ""


def with_strange(images, pixels, rows):
    """Write an image unlike any tissue in the place of some."""
    for row in rows:
        path = images.folder / str(images.name[row])
        Image.fromarray(pixels).save(path, format="PNG")


STRANGE = {
    "blue": np.full((48, 48, 3), (20, 40, 220), np.uint8),
    "glass": np.full((48, 48, 3), 245, np.uint8),
    "black": np.zeros((48, 48, 3), np.uint8),
    "noise": np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("kind", list(STRANGE))
@pytest.mark.parametrize("row", [0, 3])
def test_an_image_unlike_training_changes_nothing_of_its_patients_answer(trained, new_images, kind, row):
    predictor, whole = trained[0].predictor, np.arange(len(new_images))
    with_strange(new_images, STRANGE[kind], [row])
    rows, without = predictor.predict(new_images), predictor.predict(new_images[whole != row])
    assert rows.ood_score[row] > 1
    np.testing.assert_array_equal(rows.logits[whole != row], without.logits)
    np.testing.assert_array_equal(rows.attention[whole != row], without.attention)
    assert np.isnan(rows.attention[row])


def test_a_patient_all_of_whose_images_are_unlike_training_has_no_answer(trained, new_images):
    own = np.flatnonzero(new_images.patient == new_images.patient[0])
    with_strange(new_images, STRANGE["blue"], own)
    predicted = predict_study(trained[0].predictor, new_images)
    ((_, answers),) = predicted.answered
    assert "unlike the training images" in answers[0].abstains
    assert np.nansum(predicted.rows.attention[own]) == pytest.approx(1.0)


def test_images_of_nobody_are_refused(trained, new_images):
    with pytest.raises(DataError, match="attention pooling pools the images of a patient to one answer"):
        trained[0].predictor.predict(replace(new_images, patient=None))


def test_features_from_a_store_on_disk_give_the_same_model(trained, of_patients, tmp_path):
    stored = train_study(of_patients, SETTINGS, source="simulated images", store=FeatureStore(tmp_path))
    assert stored.predictor.header.weights_sha256 == trained[0].predictor.header.weights_sha256
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix != ".lock"] == [".h5"]


def test_where_classes_are_of_slides_each_slide_has_an_answer(of_slides, tmp_path):
    predictor = train_study(of_slides, SETTINGS, source="simulated images").predictor
    assert predictor.header.input.classes_of == "slide"
    assert any(note.startswith("Classes are of slides") for note in predictor.header.training.notes)
    predicted = predict_study(predictor, of_slides, tmp_path / "out")
    assert any("each slide has its own answer" in note for note in predicted.notes)
    assert {row["patient_id"] for row in lines(tmp_path / "out" / "patients.csv")} == set(of_slides.slide)
    rows = lines(tmp_path / "out" / "predictions.csv")
    shares = [
        sum(
            float(row["attention"] or 0)
            for row, own in zip(rows, of_slides.slide, strict=True)
            if own == name
        )
        for name in set(of_slides.slide)
    ]
    np.testing.assert_allclose(shares, 1.0, atol=1e-7)
    with pytest.raises(DataError, match="pools the images of a slide"):
        predictor.predict(replace(of_slides, slide=None))
    spelled = of_slides.slide.copy()
    spelled[spelled == "SIM01-2"] = "sim01-1"  # another slide than SIM01-1
    predicted = predict_study(predictor, replace(of_slides, slide=spelled))
    assert sum(len(answers) for _, answers in predicted.answered) == len(set(of_slides.slide))


@pytest.mark.parametrize("name", ["attention", "mean-pooling"])
def test_where_classes_are_of_images_pooling_is_refused_with_what_to_do(images, name):
    said = f"{name}: all images of a patient or a slide are pooled to one class, .* take mlp, logistic, svm or random-forest"
    with pytest.raises(DataError, match=said):
        train_study(images, replace(SETTINGS, network=name), source="x")
    with pytest.raises(DataError, match=said):
        evaluate_study(images, TissueStudySettings(models=("logistic", name), evaluation=QUICK))


def test_pooling_is_evaluated_beside_the_others_which_it_does_not_change(of_patients):
    settings = replace(SETTINGS, models=("mean-pooling", "attention", "logistic"), members=2, folds=2)
    result = evaluate_study(of_patients, replace(settings, evaluation=QUICK)).evaluation
    assert list(result.models)[:3] == ["mean pooling", "attention pooling", "logistic regression"]
    assert result.models["attention pooling"].patient_level["auc"].value > 0.8
    assert "pool all images of a patient by gated attention" in result.models["attention pooling"].words
    alone = evaluate_study(of_patients, replace(settings, models=("logistic",), evaluation=QUICK)).evaluation
    np.testing.assert_array_equal(
        result.models["logistic regression"].probability, alone.models["logistic regression"].probability
    )


def test_all_models_are_those_that_the_classes_allow(images, of_patients):
    names = {
        bagging and bagging.of: [entry.name for entry in study_models(TissueStudySettings(), bagging)]
        for bagging in map(bags_of_cohort, map(labelled_images, (images, of_patients)))
    }
    assert {"attention pooling", "mean pooling"} <= set(names["patient"])
    assert set(names["patient"]) - set(names[None]) == {"attention pooling", "mean pooling"}
