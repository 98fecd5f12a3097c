"""Batches of a group: every member goes over its own rows, in the order it would have alone."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.training.batches import TensorBatches
from spectra_dl.training.grouped.batches import GroupBatches


def members(sizes: list[int], passes: int = 1) -> GroupBatches:
    """Rows whose inputs say the member and the row: 100 times one plus the other."""
    each = []
    for number, size in enumerate(sizes):
        rows = torch.arange(size) + 100 * number
        each.append(TensorBatches(rows[:, None].float(), rows, batch_size=8, seed=number, passes=passes))
    return GroupBatches(tuple(each))


SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=4)


@given(sizes=SIZES, passes=st.integers(1, 3), epoch=st.integers(0, 2))
def test_every_member_goes_over_all_its_own_rows_and_over_no_other(
    sizes: list[int], passes: int, epoch: int
) -> None:
    group = members(sizes, passes)
    batches = list(group.shuffled(epoch))
    assert len(batches) == len(group)
    targets = torch.cat([batch.targets for batch in batches])
    assert targets.numel() == group.n_rows
    for number, size in enumerate(sizes):
        seen = torch.bincount(targets[:, number] - 100 * number, minlength=size)
        assert len(seen) == size
        assert passes <= seen.min()
        assert seen.max() - seen.min() <= passes
    assert max(len(batch.rows) for batch in batches) <= 8


@given(sizes=SIZES, passes=st.integers(1, 3))
def test_rows_inputs_and_targets_belong_together(sizes: list[int], passes: int) -> None:
    group = members(sizes, passes)
    for batch in [*group.shuffled(1), *group.in_order()]:
        assert torch.equal(batch.inputs[..., 0].long(), batch.targets)
        assert torch.equal(batch.targets, batch.rows + 100 * torch.arange(len(sizes)))


@given(sizes=SIZES, passes=st.integers(1, 3), first=st.integers(0, 20))
def test_an_epoch_can_go_on_amid_its_batches(sizes: list[int], passes: int, first: int) -> None:
    group = members(sizes, passes)
    whole = [batch.rows.tolist() for batch in group.shuffled(2)]
    assert [batch.rows.tolist() for batch in group.shuffled(2, first=first)] == whole[first:]


@given(size=st.integers(1, 60), passes=st.integers(1, 3), epoch=st.integers(0, 2))
def test_members_with_as_many_rows_see_them_in_the_order_they_would_have_alone(
    size: int, passes: int, epoch: int
) -> None:
    group = members([size, size], passes)
    for number, alone in enumerate(group.each):
        together = [batch.targets[:, number].tolist() for batch in group.shuffled(epoch)]
        assert together == [batch.targets.tolist() for batch in alone.shuffled(epoch)]


def test_other_rows_or_another_order_are_another_training() -> None:
    one = members([9, 12]).fingerprint()
    assert one == members([9, 12]).fingerprint()
    assert one != members([12, 9]).fingerprint()
    assert one != members([9, 12], passes=2).fingerprint()
