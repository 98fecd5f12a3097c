"""Labels of samples: a patient and class is a unit, and units of a patient are never divided, drawn or permuted apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.folds.splits import inner_folds, patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.sample_units import shown_unit, subjects_of, unit_ids, with_subjects

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), min_size=1, max_size=8)


def study(both, only_a, only_b):
    """Return subjects and labels: some with both classes, some with one, two rows each."""
    whose = [f"m{k:02d}" for k in range(both + only_a + only_b)]
    pairs = [(name, label) for name in whose[:both] for label in "ab"]
    pairs += [(name, "a") for name in whose[both : both + only_a]]
    pairs += [(name, "b") for name in whose[both + only_a :]]
    subject, label = zip(*(pair for pair in pairs for _ in range(2)), strict=True)
    return np.array(subject), np.array(label)


@given(subject=NAMES, label=NAMES)
@settings(deadline=None)
def test_a_unit_holds_its_subject_whatever_ids_and_labels_are(subject, label):
    (unit,) = unit_ids([subject], [label])
    assert subjects_of([unit, subject]) == [subject, subject]
    assert shown_unit(unit) == f"{subject} ({label})"
    assert shown_unit(subject) == subject
    assert with_subjects([unit, subject], ["x", "y"]) == [*unit_ids(["x"], [label]), "y"]


def test_units_are_patients_and_their_subjects_stay_known():
    subject, label = study(2, 1, 1)
    people = read_patients(unit_ids(subject, label), label)
    assert people.shown_names == ("m00 (a)", "m00 (b)", "m01 (a)", "m01 (b)", "m02 (a)", "m03 (b)")
    assert people.subjects == ("m00", "m01", "m02", "m03")
    assert people.subject_of_patient.tolist() == [0, 0, 1, 1, 2, 3]
    assert [people.count(code) for code in (0, 1)] == [3, 3]


def test_patients_of_one_class_each_are_subjects_of_their_own():
    people = read_patients(["p1", "p2", "p1"], ["a", "b", "a"])
    assert people.cluster is None
    assert people.subjects == people.names == people.shown_names


def test_spellings_of_a_subject_are_one_subject_in_all_its_units():
    label = ["a", "b", "a", "b"]
    people = read_patients(unit_ids(["M1", "m1", "M1", "m 2"], label), label)
    assert people.subjects == ("M1", "m 2")
    assert len(people.names) == 3


@given(
    counts=st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    folds=st.integers(2, 5),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_no_fold_divides_a_subject_and_each_has_both_classes(counts, folds, seed):
    both, only_a, only_b = counts
    if not both or min(both + only_a, both + only_b) < folds:
        return
    subject, label = study(*counts)
    units = unit_ids(subject, label)
    split = patient_folds(units, label, folds=folds, repeats=2, seed=seed)
    tested = np.bincount(np.concatenate([fold.test for fold in split]), minlength=len(label))
    assert set(tested) == {2}
    for fold in split:
        assert not set(subject[fold.train]) & set(subject[fold.test])
        assert set(label[fold.test]) == {"a", "b"}


def test_subjects_with_both_classes_are_spread_evenly():
    subject, label = study(20, 5, 10)
    split = patient_folds(unit_ids(subject, label), label, folds=5)
    counts = {tuple(sorted(np.unique(label[fold.test], return_counts=True)[1])) for fold in split}
    assert counts == {(10, 12)}


@given(seed=st.integers(0, 50))
@settings(deadline=None)
def test_inner_folds_keep_subjects_together_too(seed):
    subject, label = study(6, 3, 2)
    split = inner_folds(unit_ids(subject, label), label, seed=seed)
    assert len(split) == 3
    assert all(not set(subject[fold.train]) & set(subject[fold.test]) for fold in split)


def test_a_subject_in_two_batches_is_refused_though_each_sample_is_in_one():
    subject, label = study(4, 0, 0)
    batch = np.where(label == "a", "May", "June")
    with pytest.raises(DataError, match=r"patients with more than one 'batch': m00"):
        group_folds(unit_ids(subject, label), label, batch, column="batch")


@given(seed=st.integers(0, 50))
@settings(deadline=None)
def test_a_resample_draws_a_subject_with_all_its_units(seed):
    subject, label = study(5, 2, 3)
    people = read_patients(unit_ids(subject, label), label)
    drawn = people.draw(resamples=20, seed=seed)
    assert drawn.shape == (20, 15)
    for number in range(10):
        of_subject = drawn[:, people.subject_of_patient == number]
        assert (of_subject == of_subject[:, :1]).all()
    first = np.unique(people.subject_of_patient, return_index=True)[1]
    assert (drawn[:, first].sum(axis=1) == 10).all()
