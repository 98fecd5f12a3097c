"""Patients as rows: whatever patients are taken, each keeps what is theirs and nothing else."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.fusion.rows import FusionBlock, FusionRows


@pytest.fixture
def rows():
    owner = np.array([2, 0, 2, 1, 0, 2])
    spectra = FusionBlock("spectra", owner * 10.0 + np.arange(6), owner)
    age = FusionBlock("age", np.array([63.0, 61.0]), np.array([3, 1]))
    return FusionRows(("a", "b", "c", "d"), (spectra, age))


def test_each_patient_keeps_what_is_theirs(rows):
    part = rows[np.array([3, 2, 0])]
    assert part.patients == ("d", "c", "a")
    spectra = part.block("spectra")
    assert spectra.owner.tolist() == [1, 1, 1, 2, 2]
    assert spectra.rows.tolist() == [20, 22, 25, 1, 4]
    assert part.has("age").tolist() == [True, False, False]


def test_taking_twice_is_taking_once(rows):
    first = rows[np.array([3, 1, 0])][np.array([2, 0])]
    once = rows[np.array([0, 3])]
    for name in rows.names:
        assert first.block(name).rows.tolist() == once.block(name).rows.tolist()
        assert first.block(name).owner.tolist() == once.block(name).owner.tolist()


def test_a_patient_taken_twice_has_all_rows_twice(rows):
    assert rows[np.array([1, 1])].block("spectra").owner.tolist() == [0, 1]


def test_a_row_that_is_nobodys_is_refused():
    with pytest.raises(DataError, match="of none of the 1 patients"):
        FusionRows(("a",), (FusionBlock("x", np.zeros(2), np.array([0, 1])),))
