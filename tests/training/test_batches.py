"""Batches: every row once, in an order that seed and epoch alone decide."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.training.batches import TensorBatches


def numbered(n_rows: int, batch_size: int, seed: int = 0) -> TensorBatches:
    rows = torch.arange(n_rows, dtype=torch.float32)
    return TensorBatches(rows[:, None], rows.long(), batch_size=batch_size, seed=seed)


@given(n_rows=st.integers(1, 200), batch_size=st.integers(1, 70), epoch=st.integers(0, 3))
def test_an_epoch_holds_every_row_once_in_batches_of_nearly_one_size(
    n_rows: int, batch_size: int, epoch: int
) -> None:
    batches = list(numbered(n_rows, batch_size).shuffled(epoch))
    sizes = [len(batch.rows) for batch in batches]
    assert sorted(torch.cat([batch.rows for batch in batches]).tolist()) == list(range(n_rows))
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


def test_inputs_and_targets_of_a_row_stay_together() -> None:
    for batch in numbered(50, 16).shuffled(epoch=1):
        assert batch.inputs[:, 0].tolist() == batch.targets.tolist() == batch.rows.tolist()


def test_the_order_is_a_function_of_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return [int(row) for batch in numbered(40, 16, seed).shuffled(epoch) for row in batch.rows]

    torch.manual_seed(1)
    first = order(0, 3)
    torch.manual_seed(2)
    assert order(0, 3) == first
    assert order(0, 4) != first
    assert order(1, 3) != first


def test_an_epoch_can_go_on_amid_its_batches() -> None:
    rows = numbered(40, 8)
    whole = [batch.rows.tolist() for batch in rows.shuffled(2)]
    assert [batch.rows.tolist() for batch in rows.shuffled(2, first=3)] == whole[3:]


@given(n_rows=st.integers(1, 40), passes=st.integers(1, 4), first=st.integers(0, 12))
def test_an_epoch_of_several_passes_holds_every_row_that_often(n_rows: int, passes: int, first: int) -> None:
    rows = torch.arange(n_rows, dtype=torch.float32)
    several = TensorBatches(rows, rows, batch_size=8, seed=0, passes=passes)
    whole = [batch.rows.tolist() for batch in several.shuffled(2)]
    assert len(whole) == len(several)
    assert sorted(row for batch in whole for row in batch) == sorted(list(range(n_rows)) * passes)
    assert several.n_rows == n_rows * passes == sum(len(batch.rows) for batch in several.in_order())
    assert [batch.rows.tolist() for batch in several.shuffled(2, first=first)] == whole[first:]
    one_by_one = numbered(n_rows, 8)
    assert whole == [
        batch.rows.tolist() for each in range(passes) for batch in one_by_one.shuffled(2 * passes + each)
    ]


def test_in_order_keeps_the_rows_as_they_stand() -> None:
    assert [int(row) for batch in numbered(10, 3).in_order() for row in batch.rows] == list(range(10))


@given(n_rows=st.integers(1, 40), parts=st.integers(1, 8))
def test_the_parts_of_a_batch_together_are_the_batch(n_rows: int, parts: int) -> None:
    rows = torch.arange(n_rows, dtype=torch.float32)
    batch = next(TensorBatches(rows, rows, batch_size=n_rows, seed=0, weight=rows + 1).in_order())
    split = batch.split(parts)
    assert len(split) == parts
    assert torch.cat([part.inputs for part in split]).equal(batch.inputs)
    assert batch.weight is not None
    assert torch.cat([part.weight for part in split if part.weight is not None]).equal(batch.weight)


def test_weights_have_a_mean_of_one() -> None:
    rows = torch.ones(4)
    batch = next(
        TensorBatches(rows, rows, batch_size=4, seed=0, weight=torch.tensor([1.0, 1, 2, 4])).in_order()
    )
    assert batch.weight is not None
    assert batch.weight.tolist() == [0.5, 0.5, 1.0, 2.0]


def test_rows_that_are_not_finite_are_refused_by_number() -> None:
    inputs = torch.zeros(10_000, 3)
    inputs[77, 1] = torch.nan
    inputs[9_000, 0] = torch.inf
    with pytest.raises(DataError, match=r"2 of 10000 rows .*rows 77, 9000, counted from 0"):
        TensorBatches(inputs, torch.zeros(10_000), batch_size=64, seed=0)


def test_what_is_no_set_of_rows_is_refused() -> None:
    with pytest.raises(DataError, match="no rows"):
        numbered(0, 4)
    with pytest.raises(DataError, match="3 rows of inputs but 2 targets"):
        TensorBatches(torch.zeros(3, 2), torch.zeros(2), batch_size=2, seed=0)
    with pytest.raises(UsageError, match="batch_size=0"):
        numbered(3, 0)
    with pytest.raises(DataError, match="may be below 0"):
        TensorBatches(torch.zeros(2, 2), torch.zeros(2), batch_size=2, seed=0, weight=torch.tensor([-1.0, 2]))
    with pytest.raises(DataError, match="one for each of the 2 rows"):
        TensorBatches(torch.zeros(2, 2), torch.zeros(2), batch_size=2, seed=0, weight=torch.ones(3))


def test_the_fingerprint_follows_the_values() -> None:
    inputs, targets = torch.randn(6, 3), torch.zeros(6, dtype=torch.int64)
    first = TensorBatches(inputs, targets, batch_size=2, seed=0).fingerprint()
    assert TensorBatches(inputs.clone(), targets, batch_size=2, seed=0).fingerprint() == first
    changed = TensorBatches(inputs + 1e-7, targets, batch_size=2, seed=0).fingerprint()
    assert {name for name in first if first[name] != changed[name]} == {"inputs"}
