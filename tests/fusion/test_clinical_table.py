"""A table of clinical columns can't be made of columns that don't fit each other."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable

AGE = ClinicalColumn("age", "numeric", np.array([61.0, np.nan]), unit="years")
STAGE = ClinicalColumn("stage", "ordinal", np.array([1.0, 0.0]), levels=("I", "II"))


def test_rows_and_columns_are_taken_by_place_and_name():
    table = ClinicalTable(("P1", "P2"), (AGE, STAGE), label=np.array(["a", "b"]))
    second = table[np.array([1])]
    assert second.patients == ("P2",)
    assert second.column("stage").values.tolist() == [0.0]
    assert second.label.tolist() == ["b"]
    assert table.only(["stage", "age"]).names == ("stage", "age")
    with pytest.raises(DataError, match="no clinical column is called 'Age'"):
        table.column("Age")


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("numeric", np.inf, "a value is infinite; correct it or leave it empty"),
        ("ordinal", 2.0, "a value is the number of no level"),
        ("category", 0.5, "a value is the number of no level"),
    ],
)
def test_a_value_that_can_not_be_is_refused(kind, value, says):
    with pytest.raises(DataError, match=f"column 'x': {says}"):
        ClinicalColumn("x", kind, np.array([value, np.nan]), levels=("I", "II"))


@pytest.mark.parametrize(
    ("patients", "columns", "label", "says"),
    [
        (("P1", "P2"), (AGE, AGE), None, "two clinical columns have one name"),
        (("P1", "P2", "P3"), (AGE,), None, "another length than 3 patients"),
        (("P1", "P2"), (AGE,), np.array(["a"]), "another length than 2 patients"),
    ],
)
def test_columns_that_do_not_fit_are_refused(patients, columns, label, says):
    with pytest.raises(DataError, match=says):
        ClinicalTable(patients, columns, label)
