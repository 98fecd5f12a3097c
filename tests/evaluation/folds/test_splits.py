"""Folds by patient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.splits import (
    inner_folds,
    patient_folds,
    spectrum_folds,
    undivided_folds,
)
from spectra_dl.evaluation.sample_units import unit_ids


def people(n_patients, replicates=3, classes=("sick", "well")):
    """Return patient ids and labels of so many rows, the classes in turn."""
    patient = np.repeat([f"p{k:03d}" for k in range(n_patients)], replicates)
    label = np.repeat([classes[k % len(classes)] for k in range(n_patients)], replicates)
    return patient, label


@settings(max_examples=300, deadline=None)
@given(st.integers(4, 200), st.integers(1, 4), st.integers(2, 6), st.integers(0, 10**6))
def test_patient_never_on_both_sides(n_patients, replicates, folds, seed):
    patient, label = people(n_patients, replicates)
    order = np.random.default_rng(seed).permutation(len(patient))
    patient, label = patient[order], label[order]
    if n_patients // 2 < folds:
        with pytest.raises(DataError, match="too few patients"):
            patient_folds(patient, label, folds=folds, seed=seed)
        return
    division = patient_folds(patient, label, folds=folds, repeats=2, seed=seed)
    for repeat in (0, 1):
        tested = [fold.test for fold in division if fold.repeat == repeat]
        assert sorted(np.concatenate(tested)) == list(range(len(patient)))
    for fold in division:
        assert not set(patient[fold.train]) & set(patient[fold.test])
        assert set(label[fold.test]) == {"sick", "well"}
        assert sorted([*fold.train, *fold.test]) == list(range(len(patient)))


def test_no_patient_stands_on_both_sides_with_2_to_500_patients_and_1000_seeds():
    generator = np.random.default_rng(0)
    for seed in range(1000):
        n_patients = int(generator.integers(2, 501))
        patient, label = people(n_patients, replicates=int(generator.integers(1, 4)))
        if n_patients // 2 < 5:
            with pytest.raises(DataError, match="too few patients for 5 folds"):
                patient_folds(patient, label, seed=seed)
            continue
        for fold in patient_folds(patient, label, seed=seed):
            assert not np.isin(patient[fold.test], patient[fold.train]).any()


@pytest.mark.parametrize(("patients", "folds"), [(20, 3), (6, 3), (4, 2), (2, 0)])
def test_inner_folds_are_as_many_as_the_smaller_class_allows(patients, folds):
    patient, label = people(patients)
    inner = inner_folds(patient, label)
    assert len(inner) == folds
    assert not any(set(patient[fold.train]) & set(patient[fold.test]) for fold in inner)


def test_classes_differ_by_at_most_one_patient_between_folds():
    patient, label = people(67, 1)
    for name in ("sick", "well"):
        counts = [np.count_nonzero(label[fold.test] == name) for fold in patient_folds(patient, label)]
        assert max(counts) - min(counts) <= 1


def test_the_order_of_rows_changes_no_fold():
    patient, label = people(20)
    order = np.random.default_rng(1).permutation(len(patient))
    straight = [set(patient[fold.test]) for fold in patient_folds(patient, label, seed=7)]
    shuffled = [
        set(patient[order][fold.test]) for fold in patient_folds(patient[order], label[order], seed=7)
    ]
    assert straight == shuffled


def test_seeds_and_repeats_give_other_folds_and_the_same_seed_the_same():
    patient, label = people(40)

    def tested(seed):
        return [fold.test.tolist() for fold in patient_folds(patient, label, repeats=2, seed=seed)]

    assert tested(0) == tested(0)
    assert tested(0) != tested(1)
    assert tested(0)[:5] != tested(0)[5:]


def test_ids_p7_and_p07_are_one_patient():
    patient = ["P7", "p07", "P8", "p08", "P9", "p09", "P10", "p010"]
    label = ["a", "a", "a", "a", "b", "b", "b", "b"]
    folds = patient_folds(patient, label, folds=2)
    assert all(row + 1 in fold.test for fold in folds for row in fold.test if row % 2 == 0)


@pytest.mark.parametrize(
    ("patient", "label", "sentence"),
    [
        (["1", "1", "2"], ["a", "b", "a"], r"more than one label: 1 \(a and b\)"),
        (["1", "2"], ["a", "a"], "one class only: 'a'"),
        (["1", "2", "3"], ["a", "", "nan"], r"2 of 3 spectra have no label \(spectrum 2, 3, written .nan.\)"),
        (["1", " "], ["a", "b"], "1 rows have no patient id"),
        (["1", "2", "3"], ["COVID", "covid ", "well"], "differ only by case or spaces"),
        (["1", "2", "3"], ["a", "a", "b"], "too few patients for 5 folds: a 2, b 1"),
        (["1"], ["a", "b"], "1 patient ids for 2 labels"),
    ],
)
def test_impossible_splits_are_refused_with_the_reason(patient, label, sentence):
    with pytest.raises(DataError, match=sentence):
        patient_folds(patient, label)


def test_missing_patient_ids_are_refused_with_the_two_remedies():
    with pytest.raises(UsageError, match=r"--patient.*--replicates"):
        patient_folds(None, ["a", "b"])


def test_one_fold_is_refused():
    with pytest.raises(UsageError, match="folds=1"):
        patient_folds(*people(10), folds=1)


def test_a_spectrum_split_tears_patients_apart():
    patient, label = people(30)
    folds = spectrum_folds(label)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(90))
    assert all(set(patient[fold.train]) & set(patient[fold.test]) for fold in folds)


def test_too_few_patients_for_the_members_of_an_ensemble_are_not_blamed_on_the_folds():
    patient, label = [f"p{at}" for at in range(12)], ["a"] * 4 + ["b"] * 8
    with pytest.raises(DataError, match=r"for 5 members: a 4, b 8; .*take fewer --members") as refusal:
        patient_folds(patient, label, parts="members")
    assert "folds" not in str(refusal.value)


def test_many_labels_that_are_numbers_are_pointed_to_the_option_for_numbers():
    patient = [f"p{at}" for at in range(12)]
    with pytest.raises(DataError, match="these labels are numbers: predict them with --target"):
        patient_folds(patient, [f"{at / 7:.3f}" for at in range(12)])


def units(*of_subjects):
    """Ids and labels of subjects with these classes, two rows of each."""
    pairs = [(f"s{number}", name) for number, classes in enumerate(of_subjects) for name in classes * 2]
    patient, label = zip(*pairs, strict=True)
    return unit_ids(patient, label), list(label)


@pytest.mark.parametrize("seed", range(20))
def test_subjects_with_several_classes_are_divided_wherever_that_can_be_done(seed):
    patient, label = units("ab", "bc", "ca", "a", "b", "c")
    for fold in patient_folds(patient, label, folds=2, seed=seed):
        assert {label[row] for row in fold.test} == set("abc")


def test_inner_folds_are_none_where_subjects_can_not_be_divided():
    patient, label = units(
        "ab", "bc", "ca"
    )  # each two share a class, so that no two of them may stand together
    with pytest.raises(DataError, match="can't be divided into 2 folds"):
        patient_folds(patient, label, folds=2)
    assert inner_folds(patient, label) == []


def test_a_split_by_groups_keeps_groups_and_divides_patients():
    group = np.repeat([f"g{number}" for number in range(12)], 3)
    patient, code = np.repeat(np.arange(4), 9), np.tile([0, 1, 1], 12)
    folds = undivided_folds(group, code, folds=3, seed=0)
    assert len(folds) == 3
    assert sorted(row for fold in folds for row in fold.test) == list(range(36))
    assert not any(set(group[fold.train]) & set(group[fold.test]) for fold in folds)
    assert any(set(patient[fold.train]) & set(patient[fold.test]) for fold in folds)


@pytest.mark.parametrize(("group", "code"), [(["g"] * 4, [0, 1, 0, 1]), (["g", "g", "h", "h"], [0, 0, 1, 1])])
def test_no_split_by_groups_where_there_is_one_or_a_class_goes_with_it(group, code):
    assert undivided_folds(group, np.array(code), folds=2, seed=0) == []
