"""Folds of sections of patients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.leave_out_splits import left_out_folds
from spectra_dl.evaluation.folds.split_file import RowNames, read_split, split_text

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=2, max_size=60).filter(
    lambda rows: len({patient for patient, _ in rows}) > 1
)


def named(rows):
    return [f"{patient}-{section}" for patient, section in rows], [str(patient) for patient, _ in rows]


@settings(max_examples=100, deadline=None)
@given(ROWS, st.booleans(), st.integers(0, 9))
def test_patient_never_on_both_sides_and_every_row_tested_once(rows, in_folds, seed):
    section, patient = named(rows)
    owner = np.array(patient)
    folds = left_out_folds(section, patient, folds=2 if in_folds else None, seed=seed)
    assert all(not set(owner[fold.train]) & set(owner[fold.test]) for fold in folds)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(rows)))
    assert all(len(fold.train) + len(fold.test) == len(rows) for fold in folds)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_section_never_on_both_sides_where_sections_are_left_out(rows):
    section, patient = named(rows)
    names = np.array(section)
    folds = left_out_folds(section, patient, group="section")
    assert [fold.left_out for fold in folds] == sorted(set(section))
    assert all(not set(names[fold.train]) & set(names[fold.test]) for fold in folds)


def test_folds_can_be_written_and_read_back():
    section, patient = ["a1", "b1", "a2", "c1"], ["a", "b", "a", "c"]
    folds = left_out_folds(section, patient)
    again = read_split(split_text(folds, patient, RowNames.counted(4, section)), patient)
    assert [fold.test.tolist() for fold in again] == [fold.test.tolist() for fold in folds]


def test_one_patient_only_is_refused_with_the_remedy():
    with pytest.raises(DataError, match="--group section"):
        left_out_folds(["a1", "a2"], ["a", "a"])


@pytest.mark.parametrize(
    ("section", "patient", "folds", "group", "problem"),
    [
        (["s", "s"], ["a", "b"], None, "patient", "one patient"),
        (["s", "t"], ["a", " "], None, "patient", "no section or no patient"),
        (["s"], ["a", "b"], None, "patient", "one of each"),
        (["s", "s"], ["a", "a"], None, "section", "another section"),
        (["s", "t"], ["a", "b"], 3, "patient", "take 2 to 2"),
        ([], [], None, "patient", "no rows"),
    ],
)
def test_impossible_divisions_are_refused(section, patient, folds, group, problem):
    with pytest.raises(DataError, match=problem):
        left_out_folds(section, patient, folds=folds, group=group)


def test_another_group_is_refused():
    with pytest.raises(UsageError, match="'patient' or 'section'"):
        left_out_folds(["s", "t"], ["a", "b"], group="slide")
