"""A temporary array on disk gives back what was written, whichever way it was written and is read."""

import os
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import EnvironmentFault
from spectra_dl.imaging.features.scratch import ScratchColumns


@given(
    st.integers(1, 20),
    st.sampled_from([1, 3]),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.integers(1, 12),
    st.integers(1, 7),
)
def test_blocks_written_a_few_rows_at_a_time_come_back_by_rows_and_by_columns(
    n, regions, widths, at_once, step
):
    values = np.random.default_rng(0).normal(size=(n, regions, sum(widths))).astype(np.float32)
    scratch = ScratchColumns(n, regions, sum(widths), at_once=at_once)
    column = 0
    for width in widths:
        for row in range(0, n, step):
            scratch.write(values[row : row + step, :, column : column + width], row=row, column=column)
        column += width
    for columns in scratch.column_slices:
        np.testing.assert_array_equal(scratch.columns(columns), values[:, :, columns])
    for row in range(0, n, step):
        np.testing.assert_array_equal(scratch.rows(row, min(row + step, n)), values[row : row + step])
    scratch.close()


def test_nothing_of_it_has_a_name_that_could_stay_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch = ScratchColumns(4, 1, 3, at_once=2)
    scratch.write(np.ones((4, 1, 3), dtype=np.float32), row=0, column=0)
    assert os.listdir(tmp_path) == []
    scratch.close()


def test_a_temporary_folder_that_can_not_be_written_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(EnvironmentFault, match="TMPDIR"):
        ScratchColumns(4, 1, 3, at_once=2)
