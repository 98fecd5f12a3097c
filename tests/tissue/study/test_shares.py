"""A share is of classes of images, and of a model that knows what it mistook."""

from dataclasses import replace

import pytest

from spectra_dl.errors import UsageError
from spectra_dl.tissue.study.predict import predict_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.tissue.study.train import train_study
from spectra_dl.training.settings import TrainingSettings

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
