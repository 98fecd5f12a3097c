"""Models of images learn from features, know patients, and don't need more of them than there are."""

import numpy as np
import pytest
from sklearn.svm import SVC

from spectra_dl.errors import DataError, UsageError
from spectra_dl.tissue.estimators.calibrated import PatientCalibrated
from spectra_dl.tissue.estimators.classical import classical_models
from spectra_dl.tissue.estimators.classifier import TissueClassifier
from spectra_dl.tissue.estimators.model_names import CLASSICAL, CONTROL, chosen_models
from spectra_dl.tissue.estimators.recipe import ImageRecipe
from spectra_dl.training.settings import TrainingSettings

BRIEF = TrainingSettings(epochs=3, least_steps=60, learning_rate=3e-3)


def study(patients, classes=("dead", "viable"), apart=3.0):
    """Features of images that differ between classes, three of each patient."""
    generator = np.random.default_rng(0)
    code = np.repeat(np.arange(patients) % len(classes), 3)
    features = generator.normal(size=(len(code), 6))
    features[np.arange(len(code)), code] += apart
    patient = np.repeat([f"p{number:02d}" for number in range(patients)], 3)
    return features.astype(np.float32), np.array(classes)[code], patient


@pytest.mark.parametrize("classes", [("dead", "viable"), ("bone", "dead", "viable")])
@pytest.mark.parametrize("name", [*CLASSICAL.values(), "MLP"])
def test_each_learns_classes_that_are_there(name, classes):
    features, label, patient = study(12, classes)
    models = {**classical_models(), "MLP": TissueClassifier(members=4, training=BRIEF)}
    model = models[name]
    fitted = (
        model.fit(features, label, groups=patient) if name in ("MLP", "SVM") else model.fit(features, label)
    )
    probability = fitted.predict_proba(features)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, atol=1e-6)
    assert np.mean(np.asarray(fitted.classes_)[probability.argmax(axis=1)] == label) > 0.85


def test_the_control_says_the_same_of_everybody():
    features, label, _ = study(6)
    assert len(np.unique(classical_models()[CONTROL].fit(features, label).predict_proba(features))) == 1


def test_the_network_says_what_it_thinks_of_patients_it_never_saw():
    features, label, patient = study(12)
    model = TissueClassifier(members=4, training=BRIEF).fit(features, label, groups=patient)
    left_out = model.classes_[model.out_of_fold_probability_.argmax(axis=1)]
    assert np.mean(left_out == label) > 0.85
    assert len(model.networks_) == 4


def test_random_classes_are_not_found_in_patients_left_out():
    features, label, patient = study(24, apart=0.0)
    model = TissueClassifier(members=4, training=BRIEF).fit(features, label, groups=patient)
    left_out = model.classes_[model.out_of_fold_probability_.argmax(axis=1)]
    assert 0.25 < np.mean(left_out == label) < 0.75


def test_members_are_as_many_as_the_rarest_class_allows():
    features, label, patient = study(6)
    assert (
        len(TissueClassifier(members=10, training=BRIEF).fit(features, label, groups=patient).networks_) == 3
    )


def test_where_nobody_can_be_left_out_one_network_is_trained_on_all():
    features, label, patient = study(3)
    model = TissueClassifier(members=4, training=BRIEF).fit(features, label, groups=patient)
    assert model.ensemble_ is None
    assert not hasattr(model, "out_of_fold_probability_")
    assert np.mean(model.predict(features) == label) > 0.8


def test_the_same_seed_gives_the_same_network():
    features, label, patient = study(6)
    first, second = (
        TissueClassifier(members=2, training=BRIEF, seed=3)
        .fit(features, label, groups=patient)
        .predict_proba(features)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_a_network_is_fitted_on_its_own_rows_alone():
    features, _, _ = study(6)
    standard = ImageRecipe(BRIEF).prepare(features[:9])
    np.testing.assert_allclose(standard.mean, features[:9].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(standard.scale, features[:9].std(axis=0), rtol=1e-5)


def test_a_constant_feature_stays_one():
    assert ImageRecipe(BRIEF).prepare(np.full((4, 1), 0.1, dtype=np.float32)).scale == 1.0


def test_features_that_are_no_numbers_are_refused():
    features, label, patient = study(6)
    features[0, 0] = np.nan
    with pytest.raises(DataError, match="finite numbers"):
        TissueClassifier(members=2).fit(features, label, groups=patient)


def test_one_member_is_no_ensemble():
    features, label, patient = study(6)
    with pytest.raises(UsageError, match="at least 2"):
        TissueClassifier(members=1).fit(features, label, groups=patient)


def test_the_machine_ranks_as_the_library_does():
    features, label, patient = study(12)
    ours = PatientCalibrated().fit(features, label, groups=patient).predict_proba(features)[:, 1]
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    theirs = SVC(gamma="scale", class_weight="balanced").fit(standard, label).decision_function(standard)
    np.testing.assert_array_equal(np.argsort(ours), np.argsort(theirs))


def test_models_are_chosen_by_name():
    assert chosen_models(["mlp", "svm", "svm"]) == (("mlp",), ("SVM", CONTROL))
    with pytest.raises(UsageError, match="no model of images is called 'resnet'"):
        chosen_models(["resnet"])
