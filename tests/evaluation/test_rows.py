"""Rows are taken by number, whatever a row is: blocks side by side, and some of all rows."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.evaluation.rows import RowBlocks, RowSubset, as_rows, count_rows

IMAGES, CLINICAL = np.arange(40.0).reshape(10, 4), np.arange(10.0)[:, None] + 100


class CountingRows:
    """Rows that note which of them were asked for."""

    def __init__(self, n_rows):
        self.n_rows, self.asked = n_rows, []

    def __len__(self):
        return self.n_rows

    def __getitem__(self, rows):
        self.asked.append(rows.tolist())
        return rows * 10


def test_blocks_give_the_same_rows_of_each_in_the_order_asked_for():
    images, clinical = RowBlocks(IMAGES, CLINICAL)[np.array([7, 0, 7])]
    np.testing.assert_array_equal(images, IMAGES[[7, 0, 7]])
    np.testing.assert_array_equal(clinical[:, 0], [107, 100, 107])


def test_blocks_are_as_long_as_each_of_them():
    assert len(RowBlocks(IMAGES, CLINICAL)) == 10
    assert len(RowBlocks(IMAGES)) == 10


@pytest.mark.parametrize("blocks", [(), (IMAGES, CLINICAL[:9]), (IMAGES, CLINICAL, np.zeros((11, 1)))])
def test_blocks_that_are_missing_or_of_different_lengths_are_refused(blocks):
    with pytest.raises(DataError, match="give one or more blocks of the same rows"):
        RowBlocks(*blocks)


def test_no_rows_of_blocks_are_empty_blocks():
    taken = RowBlocks(IMAGES, CLINICAL)[np.empty(0, dtype=np.intp)]
    assert [block.shape for block in taken] == [(0, 4), (0, 1)]


def test_a_subset_numbers_its_rows_anew():
    subset = RowSubset(IMAGES, np.array([8, 2, 5]))
    assert len(subset) == 3
    np.testing.assert_array_equal(subset.values, IMAGES[[8, 2, 5]])
    np.testing.assert_array_equal(subset[np.array([2, 0])], IMAGES[[5, 8]])


def test_a_subset_of_a_subset_and_of_blocks_takes_the_rows_that_are_meant():
    inner = RowSubset(RowSubset(IMAGES, np.array([8, 2, 5])), np.array([2, 1]))
    np.testing.assert_array_equal(inner.values, IMAGES[[5, 2]])
    images, clinical = RowSubset(RowBlocks(IMAGES, CLINICAL), np.array([3, 1]))[np.array([1])]
    np.testing.assert_array_equal(images, IMAGES[[1]])
    np.testing.assert_array_equal(clinical, CLINICAL[[1]])


def test_a_subset_reads_its_rows_once_and_only_when_asked():
    rows = CountingRows(5)
    subset = RowSubset(rows, np.array([4, 1]))
    assert rows.asked == []
    assert subset.values is subset.values
    assert rows.asked == [[4, 1]]


def test_rows_of_blocks_are_counted_once():
    assert count_rows(IMAGES) == 10
    assert count_rows((IMAGES, CLINICAL)) == 10


def test_only_a_tuple_becomes_blocks():
    assert as_rows(IMAGES) is IMAGES
    assert [block.shape for block in as_rows((IMAGES, CLINICAL))[np.array([0])]] == [(1, 4), (1, 1)]
