"""Models of what comes of patients are written, read again, and predict the same; what they don't know they don't answer."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, ModelFileError, UsageError
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.loading import load_model, read_header
from spectra_dl.models.file import read_model_file, save_model
from spectra_dl.models.trained import MODEL_FILE
from spectra_dl.storage.sealed import read_sealed
from spectra_dl.tissue.outcome_predictor import TissueOutcomePredictor
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.share_study import ShareStudySettings
from spectra_dl.tissue.study.evaluate_patients import PatientStudySettings
from spectra_dl.tissue.study.predict_patients import predict_patients
from spectra_dl.tissue.study.simulate import write_share_study
from spectra_dl.tissue.study.train_patients import train_patients
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("tissue patients")

BRIEF = {"resamples": 100, "refits": 39}
TRAINING = TrainingSettings(epochs=25, learning_rate=3e-3)
NUMBER = PatientStudySettings(OutcomeSettings("necrosis", **BRIEF), members=3, training=TRAINING)
TIME = PatientStudySettings(SurvivalSettings("months", "event", **BRIEF), members=3, training=TRAINING)


def study(folder, patients, seed):
    """Images of patients who are followed, with each one's share of necrosis as a column."""
    written = write_share_study(
        ShareStudySettings(patients, 1, 3, side=32, seed=seed, hazard_ratio=4.0), folder
    )
    images = read_images(folder / "images")
    shares = dict(zip(written.study.patients, written.study.truth, strict=True))
    cells = text_array(f"{shares[name]:.4f}" for name in images.patient)
    return replace(images, metadata={**images.metadata, "necrosis": cells}), shares


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return study(tmp_path_factory.mktemp("followed"), 40, 5)[0]


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    return study(tmp_path_factory.mktemp("unseen"), 12, 6)


@pytest.fixture(scope="module")
def of_number(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("number") / "out"
    return train_patients(images, NUMBER, source="simulated images", folder=folder), folder / MODEL_FILE


@pytest.fixture(scope="module")
def of_time(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("time") / "out"
    return train_patients(images, TIME, source="simulated images", folder=folder), folder / MODEL_FILE


def table(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("kind", ["of_number", "of_time"])
def test_a_model_from_its_file_says_the_same(kind, unseen, request):
    trained, path = request.getfixturevalue(kind)
    loaded = load_model(path)
    assert isinstance(loaded, TissueOutcomePredictor)
    assert loaded.sha256 == trained.sha256
    np.testing.assert_array_equal(loaded.predict(unseen[0]).said, trained.predictor.predict(unseen[0]).said)
    header, _ = read_header(path)
    assert header.classification is None
    assert "attention pooling, 3 members" in trained.text()


def test_numbers_stand_in_their_intervals(of_number, unseen, tmp_path):
    images, shares = unseen
    predicted = predict_patients(of_number[0].predictor, images, tmp_path / "out", coverage=0.8)
    lines = table(tmp_path / "out" / "patients.csv")
    assert [line["coverage"] for line in lines] == ["0.8"] * 12
    answered = [line for line in lines if line["predicted"]]
    within = [float(line["low"]) <= shares[line["patient_id"]] <= float(line["high"]) for line in answered]
    assert len(within) >= 10
    assert np.mean(within) >= 0.6
    ranks = np.corrcoef(
        [float(line["predicted"]) for line in answered], [shares[line["patient_id"]] for line in answered]
    )
    assert ranks[0, 1] > 0.4
    assert predicted.report["results"]["target"] == "necrosis"
    rows = table(tmp_path / "out" / "predictions.csv")
    assert sum(float(row["attention"] or 0) for row in rows) == pytest.approx(12, abs=1e-6)
    assert (tmp_path / "out" / "slides" / "SIM01-1.geojson").exists()


def test_the_hazard_goes_with_the_probability_and_the_truth(of_time, unseen, tmp_path):
    images, shares = unseen
    predict_patients(of_time[0].predictor, images, tmp_path / "out")
    lines = [line for line in table(tmp_path / "out" / "patients.csv") if line["hazard_ratio"]]
    hazard, without, low, high = (
        np.array([float(line[name]) for line in lines])
        for name in ("hazard_ratio", "p_no_event", "low", "high")
    )
    assert np.all((low <= without) & (without <= high))
    assert np.all(np.diff(without[np.argsort(hazard)]) <= 0)
    assert np.corrcoef(np.log(hazard), [shares[line["patient_id"]] for line in lines])[0, 1] < -0.3


def test_patients_unlike_training_get_no_answer(of_number, unseen, tmp_path):
    predictor = of_number[0].predictor
    reference = replace(predictor.reference, residual_limit=1e-9, distance_limit=1e-9)
    unknown = replace(predictor, reference=reference)
    predicted = predict_patients(unknown, unseen[0], tmp_path / "out")
    assert all("unlike the training images" in one.answer.abstains for one in predicted.listed)
    assert all(not line["predicted"] for line in table(tmp_path / "out" / "patients.csv"))
    assert all(not line["predicted"] for line in table(tmp_path / "out" / "predictions.csv"))


def test_the_same_seed_gives_the_same_file(images, of_time, tmp_path):
    again = train_patients(images, TIME, source="simulated images", folder=tmp_path / "again")
    assert again.sha256 == of_time[0].sha256


def test_what_can_not_be_asked_is_refused(images, of_number, of_time, unseen):
    with pytest.raises(UsageError, match="take attention or mean-pooling"):
        train_patients(images, replace(TIME, models=("cox",)), source="x")
    with pytest.raises(UsageError, match=r"limits at 95% alone"):
        predict_patients(of_time[0].predictor, unseen[0], coverage=0.8)
    with pytest.raises(UsageError, match=r"whole percents from 50 to 99.* take 0.97 or less"):
        predict_patients(of_number[0].predictor, unseen[0], coverage=0.99)
    with pytest.raises(DataError, match="which patient each image is of"):
        predict_patients(of_time[0].predictor, replace(unseen[0], patient=None))


def test_a_file_whose_parts_do_not_fit_is_refused(of_time, of_number, tmp_path):
    file = read_model_file(of_time[1])
    header = file.header(TissueOutcomePredictor.input_part())
    tensors = dict(file.tensors)
    tensors["outcome.resampled"] = tensors["outcome.resampled"][:, :2]
    from spectra_dl.models.file import weights_sha256

    changed = header.model_copy(update={"weights_sha256": weights_sha256(tensors)})
    save_model(tmp_path / "other.safetensors", changed, tensors)
    with pytest.raises(ModelFileError, match="mis-shaped tensors"):
        load_model(tmp_path / "other.safetensors")
    assert '"outcome": {"kind": "number"' in read_sealed(of_number[1], "spectra_dl").text


def test_too_few_patients_to_leave_any_out_are_refused(images):
    some = images[np.isin(images.patient.astype(str), ["SIM01", "SIM02", "SIM03"])]
    with pytest.raises(DataError, match="too few"):
        train_patients(some, NUMBER, source="x")


def test_images_of_another_magnification_are_refused_and_those_of_an_unknown_one_noted(of_number, unseen):
    images, predictor = unseen[0], of_number[0].predictor
    known = predictor.header.input.image_um
    assert known.least == known.most == pytest.approx(32 * images.mpp[0])
    finer = np.where(np.arange(len(images)) == 2, images.mpp / 4, images.mpp)
    predicted = predict_patients(predictor, replace(images, mpp=finer))
    assert predicted.status["refused"] == predicted.damaged == 1
    assert "another magnification" in predicted.refused[0]
    unstated = predict_patients(predictor, replace(images, mpp=None))
    assert unstated.damaged == 0
    assert any("nobody says how wide" in note for note in unstated.notes)
