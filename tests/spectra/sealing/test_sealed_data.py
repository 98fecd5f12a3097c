"""A protocol knows spectra by their content, whatever file they come in and whatever it says of the outcome."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.protocol.sealable import Promise, digest_of_cells, sealed_plan
from spectra_dl.spectra.sealing.sealed_data import outcome_cells, sealable, sealed_data
from spectra_dl.spectra.table import SpectraTable

TABLE = SpectraTable(
    np.arange(12.0).reshape(4, 3),
    [400.0, 402.0, 404.0],
    ["a", "b", "c", "d"],
    patient=text_array(["P1", "P1", "P2", "P2"]),
    metadata={"session": text_array(["1", "2", "1", "2"])},
)
LABELLED = replace(TABLE, label=text_array(["ill", "ill", "well", "well"]))


def test_labels_and_other_columns_change_nothing():
    assert sealed_data(LABELLED) == sealed_data(replace(TABLE, metadata={}))


def test_the_smallest_change_of_one_value_changes_that_patient_alone():
    values = TABLE.intensity.copy()
    values[2, 1] = np.nextafter(values[2, 1], np.inf)
    before, after = sealed_data(TABLE).patients, sealed_data(replace(TABLE, intensity=values)).patients
    assert [name for name in before if before[name] != after[name]] == ["P2"]


def test_another_order_of_rows_changes_the_order_alone():
    before, after = sealed_data(TABLE), sealed_data(TABLE.select(np.array([1, 0, 3, 2])))
    assert before.patients == after.patients
    assert before.order != after.order


def test_the_column_that_divides_the_patients_is_sealed():
    other = replace(TABLE, metadata={"session": text_array(["1", "2", "2", "1"])})
    assert sealed_data(TABLE, split_by="session") != sealed_data(other, split_by="session")
    with pytest.raises(UsageError, match="no such column"):
        sealed_data(TABLE, split_by="site")


def test_no_two_lists_of_cells_share_a_digest_by_where_one_cell_ends():
    assert digest_of_cells(["ab", "c"]) != digest_of_cells(["a", "bc"])
    assert digest_of_cells(["", ""]) != digest_of_cells([""])


def test_the_plan_says_whether_the_outcome_stood_in_the_file():
    promise = Promise("AUC above .8", "auc")
    assert not sealed_plan(sealable(TABLE, {"label": "label"}), promise, {"label": "label"}).outcome_in_file
    assert sealed_plan(sealable(LABELLED, {"label": "label"}), promise, {"label": "label"}).outcome_in_file
    assert sealed_plan(
        sealable(TABLE, {"label": None, "target": "session"}), promise, {"label": None, "target": "session"}
    ).outcome_in_file


def test_the_outcome_is_that_of_the_columns_asked_for():
    assert outcome_cells(LABELLED, {"label": "label"}) == ["ill", "ill", "well", "well"]
    assert outcome_cells(LABELLED, {"target": "session"}) == ["1", "2", "1", "2"]
    assert outcome_cells(TABLE, {"label": "session"}) == ["1", "2", "1", "2"]
    assert outcome_cells(TABLE, {"label": "gone"}) == []


def test_spectra_of_nobody_and_an_empty_hypothesis_are_refused():
    with pytest.raises(DataError, match="no patient id"):
        sealed_data(replace(TABLE, patient=None))
    with pytest.raises(UsageError, match="0 characters"):
        sealed_plan(sealable(TABLE, {}), Promise("  ", "auc"), {})
