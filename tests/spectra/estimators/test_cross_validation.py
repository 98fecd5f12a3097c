"""scikit-learn's tools with patients: what works without configuration, and what the refusal says where it can't."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from spectra_dl.errors import DataError
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.estimators.spectra_estimator import NO_GROUPS, patients_of
from spectra_dl.spectra.estimators.step_transformers import SpectraNormaliser, SpectraSmoother
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Normalise
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("cross-validation")
AXIS = np.linspace(500, 1700, 60)
PATIENT = np.repeat([f"P{k:02d}" for k in range(12)], 3)
Y = np.repeat([0, 1] * 6, 3)
BAND = np.exp(-0.5 * ((AXIS - 1000) / 20) ** 2)
X = np.random.default_rng(0).normal(0, 3, (36, 60)) + 500 + BAND * (300 + 160 * Y[:, None])
TABLE = SpectraTable(X, AXIS, np.arange(36), patient=PATIENT, label=Y)
FRAME = pd.DataFrame(X, columns=AXIS, index=pd.Index(PATIENT, name="patient"))
FOLDS = GroupKFold(3)
GRID = {"network": ["auto", "lenet5"]}


def model(wavenumber=AXIS):
    short = TrainingSettings(epochs=1, batch_size=32, device="cpu")
    return SpectraClassifier(wavenumber, Preprocessing((Normalise(),)), members=2, training=short)


def by_hand():
    """Accuracy on each fold, by a loop that gives each fit its patients."""
    scores = []
    for train, test in FOLDS.split(X, Y, PATIENT):
        fitted = model().fit(X[train], Y[train], groups=PATIENT[train])
        scores.append(np.mean(fitted.predict(X[test]) == Y[test]))
    return scores


@pytest.fixture(scope="module")
def expected():
    return by_hand()


def test_arrays_with_groups_as_a_parameter_of_fit(expected):
    scores = cross_val_score(model(), X, Y, groups=PATIENT, params={"groups": PATIENT}, cv=FOLDS)
    np.testing.assert_array_equal(scores, expected)


@pytest.mark.parametrize("rows", [TABLE, FRAME], ids=["table", "frame"])
def test_rows_that_know_their_patients_need_no_parameter(rows, expected):
    scores = cross_val_score(model(None), rows, Y, groups=PATIENT, cv=FOLDS)
    np.testing.assert_array_equal(scores, expected)
    predicted = cross_val_predict(model(), rows, Y, groups=PATIENT, cv=FOLDS)
    assert np.mean(predicted == Y) == pytest.approx(np.mean(expected))
    probability = cross_val_predict(model(), rows, Y, groups=PATIENT, cv=FOLDS, method="predict_proba")
    np.testing.assert_allclose(probability.sum(axis=1), 1)


@pytest.mark.parametrize("rows", [TABLE, FRAME], ids=["table", "frame"])
def test_a_grid_search_over_rows_that_know_their_patients(rows, expected):
    search = GridSearchCV(model(), GRID, cv=FOLDS).fit(rows, Y, groups=PATIENT)
    scores = [search.cv_results_[f"split{fold}_test_score"][0] for fold in range(3)]
    np.testing.assert_array_equal(scores, expected)
    assert set(search.predict(rows)) <= {0, 1}
    by_auc = GridSearchCV(model(), GRID, cv=FOLDS, scoring="roc_auc", refit=False).fit(
        rows, Y, groups=PATIENT
    )
    assert np.isfinite(by_auc.cv_results_["mean_test_score"]).all()


def test_metadata_routing_needs_no_request(expected):
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(model(), GRID, cv=FOLDS).fit(X, Y, groups=PATIENT)
        scores = cross_val_score(model(), X, Y, params={"groups": PATIENT}, cv=FOLDS)
        steps = make_pipeline(SpectraSmoother(AXIS), model())
        smoothed = GridSearchCV(steps, {"spectrasmoother__window": [5, 9]}, cv=FOLDS)
        assert smoothed.fit(X, Y, groups=PATIENT).best_params_["spectrasmoother__window"] in (5, 9)
    np.testing.assert_array_equal(scores, expected)
    np.testing.assert_array_equal(
        [search.cv_results_[f"split{fold}_test_score"][0] for fold in range(3)], expected
    )


def test_pipelines_pass_patients_by_name_or_in_the_index():
    plain = make_pipeline(SpectraSmoother(AXIS), model())
    named = {"spectraclassifier__groups": PATIENT}
    scores = cross_val_score(plain, X, Y, groups=PATIENT, params=named, cv=FOLDS)
    framed = make_pipeline(SpectraSmoother(), SpectraNormaliser(), model(None)).set_output(transform="pandas")
    assert np.isfinite(cross_val_score(framed, FRAME, Y, groups=PATIENT, cv=FOLDS)).all()
    smooth = make_pipeline(SpectraSmoother(), model(None)).set_output(transform="pandas")
    np.testing.assert_array_equal(cross_val_score(smooth, FRAME, Y, groups=PATIENT, cv=FOLDS), scores)


def test_the_classical_models_take_tables_and_frames():
    svm = classical_models(AXIS, Preprocessing((Normalise(),)))["SVM"]
    expected = cross_val_score(svm, X, Y, groups=PATIENT, params={"groups": PATIENT}, cv=FOLDS)
    for rows in (TABLE, FRAME):
        scores = cross_val_score(svm, rows, Y, groups=PATIENT, params={"groups": PATIENT}, cv=FOLDS)
        np.testing.assert_array_equal(scores, expected)


def test_fitted_models_come_back_from_other_processes():
    folds = list(FOLDS.split(X, Y, PATIENT))[:1]  # another process would import and compile for the second
    done = cross_validate(model(), FRAME, Y, cv=folds, n_jobs=2, return_estimator=True)
    train, test = folds[0]
    here = model().fit(X[train], Y[train], groups=PATIENT[train])
    np.testing.assert_array_equal(done["estimator"][0].predict_proba(X[test]), here.predict_proba(X[test]))


def test_plain_arrays_without_patients_are_refused_with_what_to_write():
    with pytest.raises(DataError) as refusal:
        model().fit(X, Y)
    assert str(refusal.value) == NO_GROUPS
    assert len(NO_GROUPS) <= 500
    for part in ("groups=patients", 'params={"groups": patients}', "enable_metadata_routing=True"):
        assert part in NO_GROUPS
    with pytest.raises(ValueError, match=re.escape('params={"groups": patients}')):
        cross_val_score(model(), X, Y, groups=PATIENT, cv=FOLDS)
    with pytest.raises(ValueError, match=re.escape("GridSearchCV needs X with its patients")):
        GridSearchCV(model(), GRID, cv=FOLDS).fit(X, Y, groups=PATIENT)


def test_groups_go_before_what_the_rows_say_and_only_a_named_index_says_anything():
    assert patients_of(FRAME, ["q"] * 36, 36)[0] == "q"
    both = FRAME.set_index(pd.MultiIndex.from_arrays([PATIENT, range(36)], names=["patient_id", "row"]))
    assert patients_of(both, None, 36).tolist() == PATIENT.tolist()
    for silent in (FRAME.rename_axis("sample"), FRAME.reset_index(drop=True), X, X.tolist()):
        with pytest.raises(DataError, match="no patient ids"):
            patients_of(silent, None, 36)
    missing = FRAME.set_index(pd.Index([*PATIENT[:-1], None], name="patient"))
    with pytest.raises(DataError, match=r"no patient id \(row 36\)"):
        patients_of(missing, None, 36)


def test_cleaning_in_a_pipeline_is_fitted_on_the_training_rows_of_each_fold():
    from sklearn.linear_model import LogisticRegression

    pipeline = make_pipeline(SpectraPreprocessor(AXIS), LogisticRegression(max_iter=2000))
    done = cross_validate(pipeline, X, Y, groups=PATIENT, cv=FOLDS, return_estimator=True)
    for fitted, (train, _) in zip(done["estimator"], FOLDS.split(X, Y, PATIENT), strict=True):
        alone = SpectraPreprocessor(AXIS).fit(X[train])
        assert fitted[0].fitted_.to_json() == alone.fitted_.to_json()
