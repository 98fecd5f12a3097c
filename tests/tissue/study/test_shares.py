"""A share is of classes of images, and of a model that knows what it mistook."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.input_part import ShareOfClass, TissueInput
from spectra_dl.tissue.shares.held_out import decided_classes
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.models import network_of
from spectra_dl.tissue.study.predict import predict_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("shares")

QUICK = TissueStudySettings(members=2, training=TrainingSettings(epochs=1, least_steps=20))


def test_a_share_of_classes_of_patients_is_refused_before_anything_is_trained(of_patients):
    with pytest.raises(UsageError, match="here every patient has one class"):
        train_study(of_patients, replace(QUICK, share="necrotic/viable"), source="x")


def test_a_network_that_pools_images_counts_no_share(of_patients):
    pooled = replace(QUICK, network="attention", share="necrotic/viable")
    with pytest.raises(
        UsageError, match="attention answers for a patient or a slide, and a share is counted over images"
    ):
        train_study(of_patients, pooled, source="x")


def test_a_class_that_is_not_there_is_refused_before_anything_is_trained(images):
    with pytest.raises(UsageError, match="the classes are necrotic, no tumour, viable"):
        train_study(images, replace(QUICK, share="dead/viable"), source="x")


def test_a_model_of_patients_estimates_no_share(of_patients):
    predictor = train_study(of_patients, QUICK, source="x").predictor
    assert predict_study(predictor, of_patients).shares == ()
    with pytest.raises(UsageError, match="this model's classes are not of images"):
        predict_study(predictor, of_patients, share="necrotic/viable")


def test_without_patients_and_slides_all_images_are_one_share(images):
    predictor = train_study(images, QUICK, source="x").predictor
    plain = replace(images, patient=None, slide=None)
    (share,) = predict_study(predictor, plain, share="necrotic/viable").shares
    assert (share.level, share.images, share.name) == ("all", len(images), "all images")
    of_slides = predict_study(predictor, replace(images, patient=None), share="necrotic/viable").shares
    assert {each.level for each in of_slides} == {"slide"}
    assert len(of_slides) == len(set(images.slide))


# A specificity that moves the threshold far from one half.
UNEVEN = replace(
    QUICK,
    evaluation=EvaluationSettings(
        positive="viable", threshold_rule=1.0, resamples=200, permutations=100, refits=39, leaky=False
    ),
)


@pytest.fixture(scope="module")
def two_classes(images):
    """Six patients with two images of each of two classes, hard to tell apart."""
    label = np.where(images.label == "viable", "viable", "necrotic")
    label[::5] = np.where(label[::5] == "viable", "necrotic", "viable")
    return replace(images, label=text_array(label))


@pytest.fixture(scope="module")
def uneven(two_classes):
    return train_study(two_classes, UNEVEN, source="x").predictor


def test_shares_count_the_classes_that_the_table_states(uneven, two_classes, tmp_path):
    shares = predict_study(uneven, two_classes, tmp_path / "out", share="viable/necrotic").shares
    with open(tmp_path / "out" / "predictions.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    likeliest = ["viable" if float(row["p_viable"] or 0) > 0.5 else "necrotic" for row in rows]
    assert any(row["predicted_class"] not in ("", name) for row, name in zip(rows, likeliest, strict=True))
    for each in shares:
        own = [row["predicted_class"] for row in rows if each.name in (row["patient_id"], row["slide"])]
        own = [name for name in own if name]
        assert each.estimate.counted == pytest.approx(own.count("viable") / len(own))


def test_held_out_counts_are_of_classes_decided_by_the_threshold(two_classes, uneven):
    classifier = network_of("mlp", UNEVEN)
    cohort = labelled_images(two_classes)
    classifier.fit(encode_images(cohort.images, UNEVEN.encoders).values, cohort.label, cohort.patient)
    part, of_viable = uneven.classification, classifier.out_of_fold_probability_[:, 1]
    decided = of_viable >= part.decision_threshold
    assert (decided != (of_viable > 0.5)).any()
    assert np.array(uneven.header.input.held_out_counts).sum(axis=(0, 1))[1] == decided.sum()


def test_an_evaluations_shares_are_of_classes_decided_by_each_folds_threshold(two_classes):
    settings = replace(UNEVEN, models=("logistic",), folds=3, share="viable/necrotic")
    evaluation = evaluate_study(two_classes, settings).evaluation
    (result,) = [each for each in evaluation.models.values() if each.kind == "classical"]
    decided = decided_classes(result, evaluation.folds, 1)
    for fold, threshold in zip(evaluation.folds, result.threshold.per_fold, strict=True):
        above = result.probability[0, fold.test, 1] >= threshold.value
        np.testing.assert_array_equal(decided[fold.test], above)
    assert (decided != result.probability[0].argmax(axis=1)).any()


@pytest.mark.parametrize("of", ["patient", "slide"])
def test_a_model_whose_classes_are_not_of_images_has_no_counts_and_no_share(uneven, of):
    part, classification = uneven.header.input, uneven.classification
    part.check(classification)
    for without in (
        {"share": None},
        {"held_out_counts": [], "share": ShareOfClass(part="viable", rest="necrotic")},
    ):
        with pytest.raises(ValueError, match="are of images, and classes are not"):
            part.model_copy(update={"classes_of": of, **without}).check(classification)


def test_more_patients_than_are_worth_keeping_are_refused(uneven):
    said = uneven.header.input.model_dump()
    said["held_out_counts"] = [[[1, 0], [0, 1]]] * 10_001
    with pytest.raises(ValueError, match="at most 10000 items"):
        TissueInput.model_validate(said)
