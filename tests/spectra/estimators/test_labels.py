"""Labels keep their type through fit and predict, and labels and ids that are missing are refused by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.spectra.estimators.classical import PartialLeastSquaresScores, PatientCalibrated
from spectra_dl.spectra.estimators.classifier import SpectraClassifier
from spectra_dl.spectra.estimators.labels import read_groups, read_labels
from spectra_dl.spectra.estimators.minirocket import PatientRidge
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Normalise
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("labels")
AXIS = np.linspace(500, 1700, 60)
PATIENT = np.repeat([f"P{k:02d}" for k in range(12)], 3)
SICK = np.repeat([False, True] * 6, 3)
BAND = np.exp(-0.5 * ((AXIS - 1000) / 20) ** 2)
X = np.random.default_rng(0).normal(0, 3, (36, 60)) + 500 + BAND * (300 + 160 * SICK[:, None])
MISSING = [None, np.nan, pd.NA, pd.NaT, np.datetime64("NaT", "D"), "", "  "]

LABELS = {
    "int": SICK.astype(int),
    "int8": SICK.astype(np.int8),
    "unsigned": SICK.astype(np.uint16),
    "negative": np.where(SICK, -1, 1),
    "sorted otherwise as text": np.where(SICK, 10, 2),
    "bool": SICK,
    "float": SICK.astype(float),
    "float32": SICK.astype(np.float32),
    "text": np.where(SICK, "sick", "healthy"),
    "object text": np.where(SICK, "sick", "healthy").astype(object),
    "object int": SICK.astype(int).astype(object),
    "object bool": SICK.astype(object),
    "list of int": SICK.astype(int).tolist(),
    "list of text": np.where(SICK, "sick", "healthy").tolist(),
    "Series": pd.Series(SICK.astype(int), index=np.arange(36)[::-1]),
    "Categorical of int": pd.Categorical(SICK.astype(int)),
    "Categorical of text": pd.Series(np.where(SICK, "sick", "healthy"), dtype="category"),
    "nullable int": pd.Series(SICK.astype(int), dtype="Int64"),
    "nullable bool": pd.Series(SICK, dtype="boolean"),
    "pandas text": pd.Series(np.where(SICK, "sick", "healthy"), dtype="string"),
    "a mask that hides nothing": np.ma.array(SICK.astype(int), mask=False),
}


def untrained(**changes):
    short = TrainingSettings(epochs=1, batch_size=32, device="cpu")
    return SpectraClassifier(AXIS, Preprocessing((Normalise(),)), members=2, training=short, **changes)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_come_back_in_their_own_type(kind):
    y = LABELS[kind]
    plain = np.asarray(y)
    model = untrained().fit(X, y, groups=PATIENT)
    np.testing.assert_array_equal(model.classes_, np.unique(plain))
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype
    if not kind.startswith("nullable"):  # NumPy has these as objects
        assert model.classes_.dtype == plain.dtype
    assert model.score(X, y) == np.mean(predicted == plain)
    assert set(predicted.tolist()) <= set(plain.tolist())


@pytest.mark.parametrize("kind", ["int", "bool", "float", "text", "sorted otherwise as text"])
def test_scikit_learns_metrics_take_what_is_predicted(kind):
    y = LABELS[kind]
    model = untrained().fit(X, y, groups=PATIENT)
    assert 0 <= balanced_accuracy_score(y, model.predict(X)) <= 1
    assert np.isfinite(roc_auc_score(y, model.predict_proba(X)[:, 1]))


@pytest.mark.parametrize(
    "estimator", [PatientCalibrated(SVC()), PatientRidge(StandardScaler())], ids=["calibrated", "ridge"]
)
@pytest.mark.parametrize("kind", LABELS)
def test_every_classifier_keeps_the_type(kind, estimator):
    y = LABELS[kind]
    model = estimator.fit(X, y, groups=PATIENT)
    np.testing.assert_array_equal(model.classes_, np.unique(np.asarray(y)))
    assert np.mean(model.predict(X) == np.asarray(y)) == 1


def test_columns_are_in_the_order_of_the_classes_also_where_texts_sort_otherwise(tmp_path):
    """As text, 10 comes before 2: the file has that order, predict_proba the order of classes_."""
    model = untrained().fit(X, LABELS["sorted otherwise as text"], groups=PATIENT)
    assert model.classes_.tolist() == [2, 10]
    model.predictor_.save(tmp_path / "model.safetensors")
    loaded = SpectraPredictor.load(tmp_path / "model.safetensors")
    spectra, _ = loaded.predict(SpectraTable(X, AXIS, np.arange(36)))
    assert list(spectra.classes) == ["10", "2"]
    np.testing.assert_allclose(model.predict_proba(X), spectra.probability[:, ::-1], atol=1e-12)
    as_text = untrained().fit(X, np.where(SICK, "10", "2"), groups=PATIENT)
    np.testing.assert_array_equal(as_text.predict_proba(X)[:, ::-1], model.predict_proba(X))
    np.testing.assert_array_equal(as_text.out_of_fold_logits_[:, ::-1], model.out_of_fold_logits_)


@pytest.mark.parametrize("positive", [0, "0", np.int64(0), False])
def test_the_positive_class_is_named_by_label_or_by_text(positive):
    model = untrained(positive=positive).fit(X, LABELS["int"], groups=PATIENT)
    assert model.predictor_.header.classification.positive_class == "0"
    with pytest.raises(UsageError, match="no class '7'"):
        untrained(positive=7).fit(X, LABELS["int"], groups=PATIENT)


def with_a_gap(values, gap):
    changed = np.array(values, dtype=object)
    changed[4] = gap
    return changed


@pytest.mark.parametrize("gap", MISSING, ids=repr)
@pytest.mark.parametrize("kind", ["int", "text", "float", "bool"])
def test_a_missing_label_is_refused_with_its_row(kind, gap):
    with pytest.raises(DataError, match=r"1 of 36 rows have no label \(row 5\)"):
        untrained().fit(X, with_a_gap(LABELS[kind], gap), groups=PATIENT)


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "<NA>", "NaT", "n/a"])
@pytest.mark.parametrize("estimator", [PatientRidge(StandardScaler()), PartialLeastSquaresScores()])
def test_a_label_that_is_the_word_for_a_missing_one_is_refused(estimator, word):
    """NumPy makes the text 'nan' of a missing value among texts."""
    with pytest.raises(DataError, match=r"no label \(row 5\)"):
        estimator.fit(X, with_a_gap(LABELS["text"], word).astype(str))


@pytest.mark.parametrize("gap", [*MISSING, "nan", "None", "<NA>", "NaN"], ids=repr)
def test_a_missing_id_is_refused_with_its_row(gap):
    with pytest.raises(DataError, match=r"row 5"):
        untrained().fit(X, SICK, groups=with_a_gap(PATIENT, gap))


def test_missing_cells_are_refused_in_every_container():
    text = np.where(SICK, "sick", "healthy").tolist()
    text[4] = np.nan  # NumPy makes 'nan' of it
    mask = np.arange(36) == 4
    for y in (
        text,
        pd.Series(text),
        pd.Series(text, dtype="string"),
        pd.Categorical(text),
        pd.Series(with_a_gap(LABELS["int"], None), dtype="Int64"),
        pd.Series(with_a_gap(SICK, None), dtype="boolean"),
        np.ma.array(LABELS["int"], mask=mask),
        np.ma.array(LABELS["object text"], mask=mask),
        pd.Series(pd.to_datetime(with_a_gap(["2024-01-01"] * 36, None))),
    ):
        with pytest.raises(DataError, match=r"no label \(row 5\)"):
            read_labels(y)
        with pytest.raises(DataError, match=r"no patient id \(row 5\)"):
            read_groups(y, 36)


@pytest.mark.parametrize(
    ("y", "sentence"),
    [
        (np.linspace(0, 1, 36), "Unknown label type: continuous.* in row 2"),
        (np.where(SICK, np.inf, 0), "contains infinity"),
        (["a"] * 35 + [1], r"several types: 1 \(number\), .* \(text\)"),
        ([True, 1] * 18, "several types"),
        (np.array(["a", "b"] * 18, dtype="S"), "Unknown label type: y holds bytes"),
        (np.array([1 + 0j, 2] * 18), "complex"),
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"] * 18)), "Unknown label type"),
        (np.eye(2)[SICK.astype(int)], "should be a 1d array"),
        ([[1], [1, 2]] * 18, "Unknown label type: y holds list"),
        (np.zeros(36), "one class only: '0.0'"),
        (["a"] * 36, "one class only: 'a'"),
        ([], "0 labels for 36 rows"),
        (SICK[:-1], "35 labels for 36 rows"),
        (None, "requires y to be passed"),
    ],
)
def test_what_is_no_class_is_refused(y, sentence):
    with pytest.raises(DataError, match=sentence):
        untrained().fit(X, y, groups=PATIENT)
    with pytest.raises(DataError, match=sentence):
        PartialLeastSquaresScores().fit(X, y)


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (PATIENT[:-1], "35 patient ids for 36 rows"),
        (np.linspace(0, 1, 36), "fractions"),
        (np.column_stack([PATIENT, PATIENT]), "should be a 1d array"),
        (["P1"] * 36, "more than one label"),
        (SICK.astype(int), "patients|folds"),
    ],
)
def test_what_is_no_patient_is_refused(groups, sentence):
    with pytest.raises(DataError, match=sentence):
        untrained().fit(X, SICK, groups=groups)


@pytest.mark.parametrize("groups", [np.repeat(np.arange(12), 3), np.repeat(np.arange(12.0), 3)])
def test_ids_may_be_whole_numbers(groups):
    expected = untrained().fit(X, SICK, groups=[str(int(number)) for number in groups])
    model = untrained().fit(X, SICK, groups=groups)
    np.testing.assert_array_equal(model.out_of_fold_logits_, expected.out_of_fold_logits_)


def test_spellings_of_one_id_are_one_patient_as_on_the_command_line():
    lower = PATIENT.astype(object)
    lower[::3] = [name.lower() for name in lower[::3]]
    expected = untrained().fit(X, SICK, groups=PATIENT)
    model = untrained().fit(X, SICK, groups=lower)
    np.testing.assert_array_equal(model.out_of_fold_logits_, expected.out_of_fold_logits_)


def test_a_column_of_labels_is_taken_with_scikit_learns_warning():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        labels = read_labels(LABELS["int"][:, None])
    assert labels.classes.tolist() == [0, 1]


@given(
    st.one_of(
        st.lists(st.integers(-(2**40), 2**40), min_size=2, unique=True),
        st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=2, unique=True),
        st.lists(st.integers(-(2**40), 2**40).map(float), min_size=2, unique=True),
        st.just([True, False]),
    )
)
def test_any_labels_are_numbered_as_numpy_sorts_them_and_named_without_doubles(values):
    assume(not {str(value).lower() for value in values} & MISSING_LABELS)  # these are refused as missing
    labels = read_labels(values)
    np.testing.assert_array_equal(labels.classes, np.unique(values))
    np.testing.assert_array_equal(labels.values, np.asarray(values))
    assert len(set(labels.names)) == len(values)
    assert [sorted(labels.names)[at] for at in labels.place] == labels.names.tolist()
    assert not any("." in name for name in labels.names)


def test_the_same_labels_fit_a_pipeline_of_scikit_learn():
    scores = PartialLeastSquaresScores(2).fit(X, LABELS["nullable int"]).transform(X)
    assert LogisticRegression().fit(scores, SICK).score(scores, SICK) == 1
