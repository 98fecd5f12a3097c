"""Classical models as stored models say what the classical estimators say."""

import numpy as np
import pytest

from spectra_dl.classification.training_data import TrainingData
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.models.members import network_output
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.estimators.parts.classical import LinearModel
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

# Weights are kept in float32; logistic regression stops where its gradient is small, and no two roundings stop alike.
NEAR = {"logistic": 2e-3, "pls-da": 2e-5, "pca-lda": 2e-5}
NAMES = tuple(NEAR)


def study(classes: int):
    table = simulate_study(StudySettings(patients=18, spectra_per_patient=2, n_wavenumbers=120)).table
    label = np.array([f"class {int(name[-2:]) % classes}" for name in table.patient])
    return table, label, np.asarray(table.patient)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_stored_model_says_what_the_estimator_says(name, classes):
    table, label, patient = study(classes)
    target = np.unique(label, return_inverse=True)[1]
    part = LinearModel(name, Preprocessing.default(), 3, 0).fit(
        TrainingData(table, label, patient, target, classes)
    )
    estimator = classical_models(table.wavenumber, Preprocessing.default())[CLASS_MODELS.classical[name]]

    def softmax(logits):
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    expected = estimator.fit(table.intensity, label).predict_proba(table.intensity)
    logits = network_output(part.combined(np.ones(1)), part.prepared.transform(table).matrix)
    np.testing.assert_allclose(softmax(logits), expected, atol=NEAR[name])
    for fold in patient_folds(patient, label, folds=3, seed=0):
        estimator.fit(table.intensity[fold.train], label[fold.train])
        unseen = estimator.predict_proba(table.intensity[fold.test])
        np.testing.assert_allclose(softmax(part.out_of_fold_logits[0, fold.test]), unseen, atol=NEAR[name])


@pytest.mark.parametrize("name", [*NAMES, "minirocket"])
def test_a_model_file_of_one_opens_and_says_the_same(name, tmp_path):
    from spectra_dl import load_model

    table, label, patient = study(2)
    fitted = SpectraClassifier(table.wavenumber, network=name, members=3).fit(
        table.intensity, label, groups=patient
    )
    fitted.predictor_.save(tmp_path / "m.safetensors")
    loaded = load_model(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(
        loaded.predict(table)[0].probability, fitted.predictor_.predict(table)[0].probability
    )
    assert loaded.header.input.network.name == name
