"""Folds that leave out a whole batch."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.group_splits import group_folds


def people(n_patients=12, replicates=3):
    patient = np.repeat([f"p{k:02d}" for k in range(n_patients)], replicates)
    label = np.repeat([("sick", "well")[k % 2] for k in range(n_patients)], replicates)
    batch = np.repeat([f"b{k // 4}" for k in range(n_patients)], replicates)
    return patient, label, batch


def test_each_batch_is_tested_once_and_never_trained_on():
    patient, label, batch = people()
    folds = group_folds(patient, label, batch)
    assert [fold.left_out for fold in folds] == ["b0", "b1", "b2"]
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(36))
    for fold in folds:
        assert set(batch[fold.test]) == {fold.left_out}
        assert fold.left_out not in set(batch[fold.train])
        assert sorted([*fold.train, *fold.test]) == list(range(36))
        assert not set(patient[fold.train]) & set(patient[fold.test])


def test_a_batch_may_hold_one_class():
    patient, label, batch = people()
    batch[label == "sick"] = np.where(batch[label == "sick"] == "b2", "own", batch[label == "sick"])
    assert len(group_folds(patient, label, batch)) == 4


def test_a_patient_in_two_batches_is_refused_by_name():
    patient, label, batch = people()
    batch[0] = "b1"
    with pytest.raises(DataError, match=r"more than one 'batch': p00 \(b0, b1\)"):
        group_folds(patient, label, batch, column="batch")


def test_a_class_that_stands_in_one_batch_only_is_refused_with_the_counts():
    patient, label, _ = people()
    with pytest.raises(
        DataError, match=r"'site' 'sick' no patient of class 'sick' is left.*'sick' 6 sick, 0 well"
    ):
        group_folds(patient, label, label, column="site")


def test_one_batch_and_missing_batches_are_refused():
    patient, label, batch = people()
    with pytest.raises(DataError, match="every row has the same 'batch'"):
        group_folds(patient, label, ["x"] * 36, column="batch")
    batch[[3, 4]] = " "
    with pytest.raises(DataError, match=r"2 rows have no 'group' \(row 4, 5\)"):
        group_folds(patient, label, batch)
    with pytest.raises(DataError, match="1 entries"):
        group_folds(patient, label, ["x"])
    with pytest.raises(UsageError, match="no patient ids"):
        group_folds(None, label, batch)
