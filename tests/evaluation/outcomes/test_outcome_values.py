"""A number per patient: how it is read, refused and divided into folds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.folds import inner_outcome_folds, outcome_folds
from spectra_dl.evaluation.outcomes.values import read_outcomes

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(FINITE, min_size=3, max_size=30, unique=True))
@settings(deadline=None)
def test_numbers_are_read_to_the_last_bit(values):
    patient = [f"p{at:03d}" for at in range(len(values))]
    read = read_outcomes(patient, [repr(value) for value in values])
    assert read.value.tolist() == values
    assert read.names == tuple(patient)


def test_rows_of_a_patient_share_its_number_whatever_its_spelling():
    read = read_outcomes(["b", "a", "B", "b", "c"], ["2.5", "1", "2.50", "2.5", "3"])
    assert read.names == ("a", "b", "c")
    assert read.value.tolist() == [1.0, 2.5, 3.0]
    assert read.value_of_row.tolist() == [2.5, 1.0, 2.5, 2.5, 3.0]
    assert read.mean_of(np.array([1.0, 5.0, 2.0, 3.0, 7.0])).tolist() == [5.0, 2.0, 7.0]


def test_halves_are_two_classes():
    halves = read_outcomes(list("abcd"), ["1", "2", "3", "4"]).halves
    assert halves.class_of_patient.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("patient", "target", "said"),
    [
        ("aabc", ["1", "2", "3", "4"], r"more than one 'iron': a \(1 and 2\)"),
        ("abcd", ["1", "2", "", "4"], r"1 of 4 rows have no 'iron' \(row 3\)"),
        ("abcd", ["1", "2", "NaN", "4"], "have no 'iron'"),
        ("abcd", ["1", "2", "<0.5", "4"], r"holds '<0.5' in row 3 \(1 such rows\)"),
        ("abcd", ["1,5", "2,5", "3,5", "4,5"], r"'1,5' in row 1 \(4 such rows\).*decimal point"),
        ("abcd", ["1", "2", "inf", "4"], "holds 'inf'"),
        ("abcd", ["1", "2", "1e999", "4"], "too large"),
        ("abcd", ["1", "2", "1e200", "4"], "too large"),
        ("abcd", ["1", "2", "#REF!", "4"], "have no 'iron'"),
        ("abcd", ["1", "-99", "3", "4"], r"'iron' is -99 in 1 row \(row 2\), and between 1 and 4 elsewhere"),
        ("abcd", ["1", "9999", "3", "9999"], r"'iron' is 9999 in 2 rows \(row 2, 4\)"),
        ("abcd", ["1", "0", "1", "0"], r"no more than two values \(0, 1\): that is a class.*--label"),
        ("abcd", ["5", "5", "5", "5"], r"no more than two values \(5\)"),
        (["a", "", "c", "d"], ["1", "2", "3", "4"], "1 rows have no patient id"),
        ("abc", ["1", "2", "3", "4"], "3 patient ids for 4 numbers"),
    ],
)
def test_what_is_no_number_of_a_patient_is_refused_by_row(patient, target, said):
    with pytest.raises(DataError, match=said) as refusal:
        read_outcomes(list(patient), target, column="iron")
    assert len(str(refusal.value)) <= 500


@pytest.mark.parametrize(
    "target", [["-9", "-3", "2", "5"], ["999", "300", "5", "7"], ["-99", "-98", "3", "4"]]
)
def test_a_number_among_its_like_is_no_code_for_a_missing_one(target):
    assert sorted(read_outcomes(list("abcd"), target).value) == sorted(map(float, target))


def test_patients_must_be_named():
    with pytest.raises(UsageError, match="--patient"):
        read_outcomes(None, ["1", "2", "3"])


@given(
    patients=st.integers(6, 60), folds=st.integers(2, 5), repeats=st.integers(1, 3), seed=st.integers(0, 99)
)
@settings(deadline=None)
def test_each_fold_has_low_and_high_patients_and_none_is_divided(patients, folds, repeats, seed):
    if patients < 3 * folds:
        return
    value = np.random.default_rng(seed).permutation(patients).astype(float)
    of_row = np.repeat(np.arange(patients), 2)
    split = outcome_folds(value, of_row, folds=folds, repeats=repeats, seed=seed)
    tested = np.concatenate([of_row[fold.test] for fold in split])
    assert np.bincount(tested).tolist() == [2 * repeats] * patients
    for fold in split:
        assert not set(of_row[fold.train]) & set(of_row[fold.test])
        among = np.unique(value[of_row[fold.test]])
        for start in range(0, patients - folds + 1, folds):  # one of each run of neighbours
            assert np.count_nonzero((among >= start) & (among < start + folds)) == 1


def test_too_few_patients_for_a_rank_in_each_fold_are_refused():
    with pytest.raises(DataError, match="too few patients for 3 folds: 8"):
        outcome_folds(np.arange(8.0), np.arange(8), folds=3)
    with pytest.raises(UsageError, match="at least 2 folds"):
        outcome_folds(np.arange(8.0), np.arange(8), folds=1)


@pytest.mark.parametrize(("patients", "expected"), [(3, 0), (5, 2), (30, 4)])
def test_inner_folds_keep_patients_together_and_may_be_none(patients, expected):
    groups = np.repeat([f"p{at:02d}" for at in range(patients)], 2)
    split = inner_outcome_folds(np.repeat(np.arange(float(patients)), 2), groups, 0)
    assert len(split) == expected
    assert all(not set(groups[fold.train]) & set(groups[fold.test]) for fold in split)
