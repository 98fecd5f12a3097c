"""The classical models: one contract for all, and what each is made of."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from spectra_dl.errors import DataError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.spectra.estimators.classical import (
    PartialLeastSquaresScores,
    PatientCalibrated,
    PrincipalComponents,
    classical_models,
)
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import EMSC, Normalise
from spectra_dl.spectra.table import SpectraTable

WAVENUMBER = np.linspace(600, 1700, 120)
SNV = Preprocessing((Normalise(),))
MODELS = classical_models(WAVENUMBER, SNV)


def spectra(patients=24, classes=("healthy", "sick"), seed=0):
    """Return three spectra per patient with one band that goes with the class, labels and patients."""
    generator = np.random.default_rng(seed)
    code = np.repeat(np.arange(patients) % len(classes), 3)
    bands = [np.exp(-(((WAVENUMBER - at) / 15) ** 2)) for at in (850, 1003, 1250, 1450)]
    weight = np.repeat(generator.uniform(0.8, 1.2, (patients, 4)), 3, axis=0)
    weight[:, 1] += 0.6 * code
    rows = 100 + 50 * weight @ np.array(bands) + generator.normal(size=(code.size, WAVENUMBER.size))
    return rows, np.array(classes)[code], np.repeat([f"p{k:02d}" for k in range(patients)], 3)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("classes", [("healthy", "sick"), ("a", "b", "c")])
def test_every_model_keeps_the_contract(name, classes):
    rows, label, _ = spectra(classes=classes)
    model = clone(MODELS[name])
    first = model.fit(rows, label).predict_proba(rows)
    assert first.shape == (72, len(classes))
    np.testing.assert_allclose(first.sum(axis=1), 1.0)
    assert list(model.classes_) == list(classes)
    assert set(model.predict(rows)) <= set(classes)
    np.testing.assert_array_equal(clone(model).fit(rows, label).predict_proba(rows), first)
    assert model.get_params().keys() == MODELS[name].get_params().keys()


@pytest.mark.parametrize("name", [name for name in MODELS if name != "majority class"])
def test_every_model_finds_an_obvious_band(name):
    quick = EvaluationSettings(folds=3, resamples=100, permutations=100, leaky=False)
    result = evaluate({name: MODELS[name]}, *spectra(), quick).models[name]
    assert result.patient_level["auc"].value > 0.95


def test_the_majority_class_knows_nothing():
    rows, label, patient = spectra(30)
    quick = EvaluationSettings(folds=3, resamples=100, permutations=100, leaky=False)
    result = evaluate({"majority class": MODELS["majority class"]}, rows, label, patient, quick).models[
        "majority class"
    ]
    assert result.patient_level["auc"].value == 0.5


def test_few_rows_give_few_components():
    rows = np.random.default_rng(0).normal(size=(5, 40))
    label = np.array(["a", "b", "a", "b", "a"])
    assert PrincipalComponents(30).fit(rows).transform(rows).shape == (5, 4)
    assert PartialLeastSquaresScores(10).fit(rows, label).transform(rows).shape[1] <= 4


def test_principal_scores_equal_scikit_learns():
    rows = np.random.default_rng(0).normal(size=(80, 20)) * np.arange(1, 21)
    expected = PCA(5, svd_solver="full").fit_transform(rows)
    np.testing.assert_allclose(
        np.abs(PrincipalComponents(5).fit(rows).transform(rows)), np.abs(expected), atol=1e-8
    )


def test_cleaning_is_fitted_on_the_training_rows_alone():
    rows, _, _ = spectra()
    cleaner = SpectraPreprocessor(WAVENUMBER, Preprocessing((EMSC(order=1),)), FoldMemory())
    reference = clone(cleaner).fit(rows[:36]).fitted_.to_json()
    changed = rows.copy()
    changed[36:] *= 7
    assert clone(cleaner).fit(changed[:36]).fitted_.to_json() == reference
    assert clone(cleaner).fit(rows[36:]).fitted_.to_json() != reference


def test_remembered_spectra_equal_those_cleaned_afresh_also_when_what_was_learnt_differs():
    rows, _, _ = spectra()
    steps = Preprocessing((EMSC(order=1),))
    memory = FoldMemory()
    for training in (rows[:36], rows[36:], rows[:36]):
        remembered = clone(SpectraPreprocessor(WAVENUMBER, steps, memory)).fit(training).transform(rows[::-1])
        afresh = SpectraPreprocessor(WAVENUMBER, steps).fit(training).transform(rows[::-1])
        np.testing.assert_array_equal(remembered, afresh)


def test_copies_of_a_model_share_one_memory():
    memory = FoldMemory()
    assert clone(SpectraPreprocessor(WAVENUMBER, SNV, memory)).memory is memory


def test_the_transformer_equals_the_preprocessing():
    rows, _, _ = spectra()
    table = SpectraTable(rows, WAVENUMBER, [str(row) for row in range(len(rows))])
    expected = SNV.fit(table).transform(table).matrix
    np.testing.assert_array_equal(SpectraPreprocessor(WAVENUMBER, SNV).fit_transform(rows), expected)


def test_a_class_of_one_training_patient_is_refused():
    rows, label, _ = spectra(4)
    with pytest.raises(DataError, match="only one training patient"):
        clone(MODELS["SVM"]).fit(
            rows,
            label,
            groups=[f"{name} {row % 2 if name == 'sick' else ''}" for row, name in enumerate(label)],
        )


def test_probabilities_learnt_by_patient_are_less_sure_than_by_spectrum():
    rows, label, patient = spectra(40, seed=3)
    generator = np.random.default_rng(5)
    patient_part = np.repeat(generator.normal(size=(40, WAVENUMBER.size)), 3, axis=0)
    noise = 100 + patient_part + 0.05 * generator.normal(size=rows.shape)  # patients differ, classes don't
    model = PatientCalibrated(MODELS["SVM"].estimator)
    by_patient = clone(model).fit(noise, label, groups=patient).predict_proba(noise)
    by_spectrum = clone(model).fit(noise, label).predict_proba(noise)
    assert by_patient.max(axis=1).mean() < 0.7 < 0.9 < by_spectrum.max(axis=1).mean()


def calibrated_on_noise(*patients, sets=20):
    """Return models of classes of as many patients that differ in nothing: what separates some is wrong for whoever is left out."""
    generator, label = np.random.default_rng(1), np.repeat(["a", "b", "c"][: len(patients)], patients)
    rows = generator.normal(size=(sets, label.size, 30))
    return [(PatientCalibrated(SVC(kernel="linear")).fit(each, label), each) for each in rows]


@pytest.mark.parametrize("patients", [(6, 6), (6, 6, 6)])
def test_no_distance_makes_its_own_class_less_likely(patients):
    slopes = np.array([model.curve_.coef_.diagonal() for model, _ in calibrated_on_noise(*patients)])
    assert (slopes >= 0).all()
    assert (slopes == 0).any()  # as it would have


def test_a_distance_that_goes_the_wrong_way_leaves_everybody_the_classes_shares():
    wrong = [(model, rows) for model, rows in calibrated_on_noise(4, 12) if model.curve_.coef_[0, 0] == 0]
    assert wrong
    for model, rows in wrong:
        np.testing.assert_allclose(model.predict_proba(rows), [[0.25, 0.75]] * 16, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_rows_that_vary_in_one_way_have_one_partial_least_squares_component(classes):
    generator = np.random.default_rng(0)
    target = np.arange(60) % classes
    rows = np.repeat(generator.normal(size=(60, 2)) + target[:, None], 16, axis=1)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
    scores = PartialLeastSquaresScores(5).fit_transform(rows.astype(np.float32), target)
    assert scores.shape == (60, 1)
    assert np.isfinite(scores).all()


def test_a_fitted_model_stays_as_it_is_while_another_of_them_is_fitted():
    models = classical_models(WAVENUMBER, Preprocessing((EMSC(),)))
    rows, label, _ = spectra()
    first = models["PCA-LDA"].fit(rows[:36], label[:36])
    before = first.predict_proba(rows)
    models["random forest"].fit(2 * rows[36:] + 30 * WAVENUMBER / 1000, label[36:])
    np.testing.assert_array_equal(first.predict_proba(rows), before)
