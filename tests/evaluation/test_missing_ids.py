"""A missing id is nobody: it is refused with its row wherever ids and labels come in, and never a patient named "None"."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge

from spectra_dl.arrays import is_missing, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.audit import AuditInputs, audit
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.profiles.harness import SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings

PATIENT = np.array([f"P{row // 2}" for row in range(40)], dtype=object)
LABEL = np.array(["sick" if row // 2 % 2 else "well" for row in range(40)], dtype=object)
ROWS = np.random.default_rng(0).normal(size=(40, 4)) + 2.0 * (LABEL == "sick")[:, None]
MISSING = [None, np.nan, np.float32("nan"), pd.NA, pd.NaT, np.ma.masked, "", " \t"]
WRITTEN = [
    "nan",
    "NaN",
    "None",
    "<NA>",
    "NaT",
    "NA",
    "N/A",
    "null",
    "#N/A",
    "?",
    "-",
    "\u2013",
    "Unknown",
    "missing",
    ".",
    "n.d.",
]
QUICK = EvaluationSettings(folds=3, resamples=100, refits=99, leaky=False)


def with_a_gap(values, gap, row=6):
    changed = values.tolist()
    changed[row] = gap
    return changed


@pytest.mark.parametrize("gap", [*MISSING, *WRITTEN], ids=repr)
def test_a_missing_patient_is_refused_with_the_row(gap):
    with pytest.raises(DataError, match=r"1 rows have no patient id \(row 7"):
        read_patients(with_a_gap(PATIENT, gap), LABEL)


@pytest.mark.parametrize("gap", [*MISSING, "nan", "NA"], ids=repr)
def test_a_missing_label_is_refused_with_the_row(gap):
    with pytest.raises(DataError, match=r"1 of 40 spectra have no label \(spectrum 7"):
        read_patients(PATIENT, with_a_gap(LABEL, gap))


def test_none_written_out_may_be_a_class_but_no_patient():
    label = np.where(LABEL == "well", "none", LABEL)
    assert read_patients(PATIENT, label).classes == ("none", "sick")


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA], ids=repr)
def test_evaluation_and_audit_refuse_them(gap):
    folds, drawn = patient_folds(PATIENT, LABEL, folds=3), draw_patients(20)
    for patient, label in ((with_a_gap(PATIENT, gap), LABEL), (PATIENT, with_a_gap(LABEL, gap))):
        with pytest.raises(DataError, match="7"):
            evaluate({"model": LogisticRegression()}, ROWS, label, patient, QUICK)
        with pytest.raises(DataError, match="7"):
            audit(label, patient, AuditInputs.of_rows(ROWS), folds=folds, multiplicity=drawn)


@pytest.mark.parametrize("column", ["section", "patient"])
def test_profiles_refuse_them(column):
    class Both:
        names = ("A", "B")

        def fit(self, rows):
            return self

        def values(self, rows):
            return ROWS[rows, :2]

        def ceiling(self, rows):
            return np.ones(2)

    columns = {"section": np.repeat(["S1", "S2", "S3", "S4"], 10), "patient": np.repeat(["a", "b"], 20)}
    columns[column] = with_a_gap(columns[column], None)
    with pytest.raises(DataError, match=r"1 rows have no (section|patient id) \(row 7\)"):
        evaluate_profiles(
            [ModelEntry("ridge", Ridge())], SectionRows(ROWS, **columns), Both(), ProfileSettings(shuffles=1)
        )


@pytest.mark.parametrize(
    ("patient", "label", "sentence"),
    [
        (PATIENT[:, None], LABEL, "the patient ids have 2 dimensions"),
        (PATIENT, pd.DataFrame(LABEL), "the labels have 2 dimensions"),
        (PATIENT[:-1], LABEL, "39 patient ids for 40 labels"),
    ],
)
def test_columns_of_another_shape_are_refused(patient, label, sentence):
    with pytest.raises(DataError, match=sentence):
        read_patients(patient, label)


@pytest.mark.parametrize(
    "kind",
    [
        pd.Series,
        lambda values: pd.Series(values, dtype="string"),
        pd.Categorical,
        lambda values: np.ma.array(values, mask=False),
        list,
    ],
)
def test_ids_and_labels_come_in_any_container(kind):
    expected, given_ = read_patients(PATIENT, LABEL), read_patients(kind(PATIENT), kind(LABEL))
    assert given_.names == expected.names
    np.testing.assert_array_equal(given_.of_row, expected.of_row)


def test_a_data_frame_of_rows_is_evaluated_and_audited_as_its_matrix_is():
    matrix, frame = (
        evaluate({"model": LogisticRegression()}, rows, LABEL, PATIENT, QUICK)
        for rows in (ROWS, pd.DataFrame(ROWS, columns=list("abcd"), index=np.arange(40)[::-1]))
    )
    probabilities = [one.models["model"].probability for one in (frame, matrix)]
    np.testing.assert_allclose(*probabilities, atol=1e-12)  # a frame's columns lie otherwise in memory
    assert [finding.sentence for finding in frame.audit.findings] == [
        finding.sentence for finding in matrix.audit.findings
    ]


def test_a_masked_row_is_not_evaluated_by_what_the_mask_hides():
    with pytest.raises(DataError, match="NaN"):
        evaluate({"model": LogisticRegression()}, np.ma.array(ROWS, mask=ROWS > 3), LABEL, PATIENT, QUICK)


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none())))
def test_text_is_the_value_or_empty_where_there_is_none(values):
    texts = text_array(values)
    assert texts.shape == (len(values),)
    for text, value in zip(texts, values, strict=True):
        missing = value is None or (isinstance(value, float) and np.isnan(value))
        assert is_missing(value) == missing
        assert text == ("" if missing else str(value))
