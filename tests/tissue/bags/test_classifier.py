"""Patients are classified by all their images; nobody is needed who isn't there."""

import numpy as np
import pytest
from sklearn.base import clone

from spectra_dl.errors import DataError, UsageError
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.bags.standard import standard_of
from spectra_dl.tissue.bags.classifier import BagClassifier
from spectra_dl.tissue.bags.recipe import BagRecipe
from spectra_dl.tissue.estimators.model_names import POOLING
from spectra_dl.tissue.estimators.recipe import ImageRecipe
from spectra_dl.training.settings import TrainingSettings

BRIEF = TrainingSettings(epochs=3, least_steps=60, learning_rate=3e-3)


@pytest.fixture(scope="module")
def fitted(study):
    rows, label, patient = study
    return BagClassifier(members=4, training=BRIEF).fit(rows, label, groups=patient)


@pytest.mark.parametrize("pooling", list(POOLING))
def test_each_pooling_learns_what_a_third_of_the_images_says(study, pooling):
    rows, label, patient = study
    model = BagClassifier(pooling, members=3, training=BRIEF).fit(rows, label, groups=patient)
    assert np.mean(model.predict(rows) == label) > 0.85


def test_images_have_the_probabilities_of_their_bag(study, fitted):
    rows, _, patient = study
    probability = fitted.predict_proba(rows)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    for name in set(patient):
        assert len(np.unique(probability[patient == name], axis=0)) == 1


def test_patients_that_members_never_saw_say_how_sure_it_is(study, fitted):
    rows, _, patient = study
    assert fitted.out_of_fold_probability_.shape == (len(rows), 2)
    for name in set(patient):
        assert len(np.unique(fitted.out_of_fold_probability_[patient == name], axis=0)) == 1
    assert (fitted.out_of_fold_probability_ != fitted.predict_proba(rows)).any()


def test_the_same_seed_gives_the_same_bytes(study, fitted):
    rows, label, patient = study
    again = clone(fitted).fit(rows, label, groups=patient)
    for first, second in zip(fitted.networks_, again.networks_, strict=True):
        for name, tensor in first.state_dict().items():
            assert tensor.numpy().tobytes() == second.state_dict()[name].numpy().tobytes(), name
    other = BagClassifier(members=4, training=BRIEF, seed=1).fit(rows, label, groups=patient)
    assert (other.predict_proba(rows) != fitted.predict_proba(rows)).any()


def test_features_on_disk_give_the_same_bits(study, fitted, tmp_path):
    rows, label, patient = study
    np.save(tmp_path / "features.npy", rows.values)
    mapped = BaggedFeatures(np.load(tmp_path / "features.npy", mmap_mode="r"), rows.bag)
    model = clone(fitted).fit(mapped, label, groups=patient)
    np.testing.assert_array_equal(model.predict_proba(mapped), fitted.predict_proba(rows))


def test_a_class_of_one_patient_is_trained_but_not_calibrated(study):
    rows, label, patient = study
    few = np.flatnonzero(np.isin(patient, ["p00", "p01", "p02"]))
    model = BagClassifier(members=4, training=BRIEF).fit(rows[few], label[few], groups=patient[few])
    assert model.ensemble_ is None
    assert len(model.networks_) == 1
    assert model.predict_proba(rows[few]).shape == (len(few), 2)


def test_bags_of_slides_keep_a_patients_slides_together(study):
    rows, label, patient = study
    slide = np.array([f"{name}-{row % 2}" for row, name in enumerate(patient)], dtype=object)
    model = BagClassifier(members=2, training=BRIEF).fit(
        BaggedFeatures(rows.values, slide), label, groups=patient
    )
    assert len(model.ensemble_.out_of_fold_logits) == len(set(slide))


def test_a_bag_of_two_patients_is_refused(study):
    rows, label, patient = study
    bag = np.where(np.isin(patient, ["p02", "p04"]), "both", patient).astype(object)
    with pytest.raises(DataError, match="a bag holds images of two patients"):
        BagClassifier(training=BRIEF).fit(BaggedFeatures(rows.values, bag), label, groups=patient)


def test_features_without_bags_are_refused(study):
    rows, label, patient = study
    with pytest.raises(UsageError, match="takes BaggedFeatures, not ndarray"):
        BagClassifier(training=BRIEF).fit(rows.values, label, groups=patient)


def test_features_that_are_no_numbers_are_refused(study):
    rows, label, patient = study
    values = rows.values.copy()
    values[3, 1] = np.nan
    with pytest.raises(DataError, match="hold values that are no numbers"):
        BagClassifier(training=BRIEF).fit(BaggedFeatures(values, rows.bag), label, groups=patient)


def test_means_and_spreads_of_blocks_are_those_of_all_images():
    values = np.random.default_rng(0).normal(5, 3, size=(2100, 4)).astype(np.float32)
    values[:, 2] = 7.0
    bags = BaggedFeatures(values, np.array(["a"] * 2100, dtype=object)).bags
    expected = ImageRecipe(BRIEF).prepare(values)
    found = BagRecipe("attention", BRIEF).prepare(bags)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-6)
    np.testing.assert_allclose(found.scale, expected.scale, rtol=1e-6)
    assert standard_of(lambda: iter([values])).scale[2] == 1.0
