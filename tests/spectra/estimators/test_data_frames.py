"""A data frame's columns are the axis or are refused, in fit and in predict; and what else is checked of X."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.estimators.classical import (
    PartialLeastSquaresScores,
    PatientCalibrated,
    PrincipalComponents,
    classical_models,
)
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.matrices import require_same_axis
from spectra_dl.spectra.estimators.minirocket import MiniRocket, PatientRidge
from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
from spectra_dl.spectra.estimators.step_transformers import SpectraNormaliser
from spectra_dl.spectra.frames import column_axis
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Normalise
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("data frames")
AXIS = np.linspace(500, 1700, 61)
PATIENT = np.repeat([f"P{k:02d}" for k in range(12)], 3)
LABEL = np.repeat(["a", "b"] * 6, 3)
X = np.random.default_rng(0).normal(500, 3, (36, 61)) + np.exp(-0.5 * ((AXIS - 1000) / 20) ** 2) * 300
FRAME = pd.DataFrame(X, columns=AXIS)


def untrained(wavenumber=AXIS):
    short = TrainingSettings(epochs=1, batch_size=32, device="cpu")
    return SpectraClassifier(wavenumber, Preprocessing((Normalise(),)), members=2, training=short)


@pytest.fixture(scope="module")
def fitted():
    return untrained().fit(FRAME, LABEL, groups=PATIENT)


def named(columns):
    return FRAME.set_axis(list(columns), axis=1)


SAME_AXIS = {
    "floats": FRAME,
    "float32": named(AXIS.astype(np.float32)),
    "texts": named(map(str, AXIS)),
    "spaces": named(f" {value:.1f} " for value in AXIS),
    "cm-1": named(f"{value:.1f} cm-1" for value in AXIS),
    "cm^-1": named(f"{value:.1f}cm^-1" for value in AXIS),
    "cm⁻¹": named(f"{value:.1f} [cm⁻¹]" for value in AXIS),
    "1/cm": named(f"{value:.1f} (1/cm)" for value in AXIS),
    "whole numbers": named(AXIS.astype(int)),
    "a tenth of a thousandth of a step off": named(AXIS + 0.002),
    "R's names": named(f"X{value:.1f}" for value in AXIS),
    "words": named(f"wn_{value:.0f}" for value in AXIS),
    "of another index": FRAME.set_index(np.arange(36)[::-1]),
}
OTHER_AXIS = {
    "reversed": (FRAME.iloc[:, ::-1], "another order"),
    "two exchanged": (FRAME.iloc[:, [1, 0, *range(2, 61)]], "another order"),
    "rolled": (FRAME.iloc[:, np.roll(np.arange(61), 7)], "another order"),
    "reversed texts": (named(map(str, AXIS)).iloc[:, ::-1], "another order"),
    "200 cm-1 off": (named(AXIS + 200), "column 1 is 700, not 500"),
    "one step off": (named(AXIS + 20), "column 1 is 520, not 500"),
    "a hundredth of a step off": (named(AXIS + 0.2), "column 1 is 500.2, not 500"),
    "one column off": (named([*AXIS[:-1], 1701.0]), "column 61 is 1701, not 1700"),
    "texts off": (named(f"{value + 5:.1f} cm-1" for value in AXIS), "column 1 is 505, not 500"),
    "a part": (FRAME.iloc[:, 10:], "51 wavenumbers from 700"),
    "every second": (FRAME.iloc[:, ::2], "31 wavenumbers"),
    "one point more": (FRAME.assign(**{"1720": 500.0}), "62 wavenumbers"),
    "one point twice": (FRAME.iloc[:, [0, 0, *range(2, 61)]], "column 2 is 500, not 520"),
    "numbered from 0": (pd.DataFrame(X), "numbers its columns 0 to 60"),
    "numbered from 1": (named(range(1, 62)), "numbers its columns 1 to 61"),
    "R's names reversed": (named(f"X{value:.1f}" for value in AXIS[::-1]), "another order"),
    "R's names 200 cm-1 off": (named(f"X{value + 200:.1f}" for value in AXIS), "column 1 is 700, not 500"),
    "words with nanometres": (named(f"at_{value:.1f}_nm" for value in AXIS), "says 'nm'"),
    "nanometres": (named(f"{value:.1f} nm" for value in AXIS), "says 'nm'"),
    "electronvolts": (named(f"{value:.1f} meV" for value in AXIS), "says 'meV'"),
    "decimal commas": (named(f"{value:.1f}".replace(".", ",") for value in AXIS), "another spelling"),
    "a column of patients": (FRAME.assign(patient=PATIENT), "'patient' is none"),
    "several levels": (named(pd.MultiIndex.from_product([["raman"], AXIS])), "several levels"),
}


@pytest.mark.parametrize("kind", SAME_AXIS)
def test_columns_that_are_the_axis_are_taken_in_whatever_spelling(fitted, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(fitted.predict_proba(SAME_AXIS[kind]), fitted.predict_proba(X))
        again = untrained().fit(SAME_AXIS[kind], LABEL, groups=PATIENT)
        np.testing.assert_array_equal(again.predict_proba(FRAME), fitted.predict_proba(X))


@pytest.mark.parametrize("kind", OTHER_AXIS)
def test_columns_that_are_another_axis_are_refused_in_fit_and_in_predict(fitted, kind):
    frame, sentence = OTHER_AXIS[kind]
    with pytest.raises(DataError, match=sentence) as refusal:
        fitted.predict_proba(frame)
    assert len(str(refusal.value)) <= 500
    for method in (fitted.predict, lambda X: fitted.score(X, LABEL)):
        with pytest.raises(DataError, match=sentence):
            method(frame)
    for estimator in (untrained(), SpectraPreprocessor(AXIS), SpectraNormaliser(AXIS)):
        with pytest.raises(DataError, match=sentence):
            estimator.fit(frame, LABEL)


@pytest.mark.parametrize("name", ["SVM", "MiniRocket", "PLS-DA"])
@pytest.mark.parametrize("kind", ["reversed", "200 cm-1 off"])
def test_the_classical_models_check_columns_too(name, kind):
    model = classical_models(AXIS, Preprocessing((Normalise(),)))[name].fit(FRAME, LABEL)
    with pytest.raises(DataError, match=OTHER_AXIS[kind][1]):
        model.predict(OTHER_AXIS[kind][0])


@pytest.mark.parametrize("digits", [0, 1])
def test_columns_may_be_the_axis_in_fewer_digits_and_no_more_than_that(digits):
    axis = np.linspace(500, 1700, 120)
    rounded = np.round(axis, digits)
    require_same_axis(rounded, axis)
    for others in (rounded + 10.0**-digits, np.round(axis + 0.4 * 10.0**-digits, digits), axis + 0.1):
        with pytest.raises(DataError, match="column"):
            require_same_axis(others, axis)
    with pytest.raises(DataError, match="column"):
        require_same_axis(np.round(np.arange(500, 520, 1.5)), np.arange(500, 520, 1.5))


def test_other_names_follow_scikit_learns_rule():
    bands = named(f"band {number}" for number in range(61))
    model = untrained().fit(bands, LABEL, groups=PATIENT)
    assert model.feature_names_in_.tolist() == bands.columns.tolist()
    assert model.n_features_in_ == 61
    model.predict(bands)
    with pytest.raises(DataError, match="same order"):
        model.predict(bands.iloc[:, ::-1])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


def test_without_an_axis_the_columns_or_the_table_give_it():
    by_frame = untrained(None).fit(FRAME, LABEL, groups=PATIENT)
    np.testing.assert_array_equal(by_frame.wavenumber_, AXIS)
    table = SpectraTable(X, AXIS, np.arange(36), patient=PATIENT)
    by_table = untrained(None).fit(table, LABEL)
    np.testing.assert_array_equal(by_table.predict_proba(table), by_frame.predict_proba(FRAME))
    for plain in (X, named(f"band {number}" for number in range(61))):
        with pytest.raises(DataError, match="no axis: give SpectraClassifier"):
            untrained(None).fit(plain, LABEL, groups=PATIENT)
    with pytest.raises(DataError, match="numbers its columns"):
        untrained(None).fit(pd.DataFrame(X), LABEL, groups=PATIENT)
    with pytest.raises(UsageError, match="no list of numbers"):
        untrained(list("abc")).fit(X, LABEL, groups=PATIENT)


def test_a_table_on_another_axis_is_refused(fitted):
    with pytest.raises(DataError, match="not those the model was made for"):
        fitted.predict(SpectraTable(X, AXIS + 1, np.arange(36)))


@pytest.mark.parametrize(
    "estimator",
    [
        untrained(),
        PatientCalibrated(SVC()),
        PatientRidge(StandardScaler()),
        MiniRocket(),
        PrincipalComponents(),
        PartialLeastSquaresScores(),
        SpectraPreprocessor(AXIS),
        SpectraNormaliser(AXIS),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_no_estimator_predicts_before_it_is_fitted(estimator):
    for method in ("predict", "predict_proba", "transform", "get_feature_names_out"):
        if hasattr(estimator, method):
            with pytest.raises(NotFittedError, match="not fitted yet"):
                getattr(estimator, method)(*([] if method == "get_feature_names_out" else [X]))


def test_a_fit_that_was_refused_leaves_no_fitted_model():
    model = untrained()
    with pytest.raises(DataError, match="no patient ids"):
        model.fit(X, LABEL)
    with pytest.raises(NotFittedError):
        model.predict(X)


def changed(value, row=4, point=7):
    spectra = X.copy()
    spectra[row, point] = value
    return spectra


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_values_are_refused_with_their_place(fitted, value):
    masked = np.ma.array(X, mask=changed(value) != X)
    for spectra in (changed(value), FRAME.mask(changed(value) != X), masked):
        for method in (fitted.predict, SpectraPreprocessor(AXIS).fit):
            with pytest.raises(DataError, match="1 of 36 rows, the first in row 5 at 640 cm⁻¹"):
                method(spectra)


def test_a_mask_that_hides_nothing_changes_nothing(fitted):
    np.testing.assert_array_equal(fitted.predict(np.ma.array(X, mask=False)), fitted.predict(X))


@pytest.mark.parametrize(
    ("spectra", "sentence"),
    [
        (csr_matrix(X), "sparse"),
        (X[0], "Reshape your data"),
        (X[:, :5], "5 features, but SpectraClassifier is expecting 61"),
        (X[None], "dim 3"),
        (X + 0j, "Complex"),
        (X[:0], "0 sample"),
        (np.full((2, 61), "a"), "could not convert"),
    ],
)
def test_what_is_no_matrix_of_spectra_is_refused(fitted, spectra, sentence):
    with pytest.raises(DataError, match=sentence):
        fitted.predict(spectra)


def test_a_predictor_takes_tables_alone(fitted):
    for spectra in (X, FRAME):
        with pytest.raises(UsageError, match=r"give SpectraTable\.from_pandas"):
            fitted.predictor_.predict(spectra)


def test_columns_are_numbers_all_or_none():
    for others in (["CH2", "amide I", "3 months", "2 cm"], ["pca2", "pca0", "pca1"], ["x1", "x2", "x3"]):
        assert column_axis(others) is None
    assert column_axis([]) is None
    np.testing.assert_array_equal(column_axis(["-5", "4e2", "400.5 Cm-1"]), [-5, 400, 400.5])
    with pytest.raises(DataError, match="2 columns are wavenumbers, but 'age' is none"):
        column_axis([400, "age", "402"])
