"""Batches of a group of networks: in each row place a row of every member's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import torch

from spectra_dl.training.batches import Batch, TensorBatches, split_passes


@dataclass(frozen=True, eq=False)
class GroupBatches:
    """Rows of several networks, which take their steps together.

    A pass has as many row places as the member with most rows has rows. A member with fewer goes over all of its own, and over some of
    them once more.

    Attributes
    ----------
    each
        The rows of each member (M), with the same batch size and the same number of passes, and without weights.
    """

    each: tuple[TensorBatches, ...]

    def __len__(self) -> int:
        return len(self._longest)

    @property
    def n_rows(self) -> int:
        """The number of rows in an epoch, of all members together, each as often as it occurs."""
        return len(self.each) * self._longest.n_rows

    @cached_property
    def _longest(self) -> TensorBatches:
        return max(self.each, key=lambda rows: len(rows.inputs))

    def shuffled(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the epoch's batches from number ``first`` on; the order depends on nothing but seeds and epoch.

        Parameters
        ----------
        epoch
            The epoch's number, from 0.
        first
            The number, from 0, of the first batch to yield; those before it are skipped.
        """
        longest = self._longest
        numbers = range(epoch * longest.passes, (epoch + 1) * longest.passes)
        orders = (
            torch.stack([rows.order(number, len(longest.inputs)) for rows in self.each], dim=1)
            for number in numbers
        )
        yield from map(self._batch, split_passes(orders, len(self) // longest.passes, first))

    def in_order(self) -> Iterator[Batch]:
        """Yield the rows of an epoch as they stand."""
        longest = self._longest
        places = torch.arange(len(longest.inputs), device=longest.inputs.device)
        order = torch.stack([places % len(rows.inputs) for rows in self.each], dim=1)
        yield from map(self._batch, split_passes(repeat(order, longest.passes), len(self) // longest.passes))

    @property
    def n_bytes(self) -> int:
        """The memory that the rows take; members share none, and all stand beneath one another too."""
        return 2 * sum(rows.n_bytes for rows in self.each)

    def on(self, device: torch.device) -> "GroupBatches":
        """Return the same rows on another device."""
        return GroupBatches(tuple(rows.on(device) for rows in self.each))

    def fingerprint(self) -> dict[str, str]:
        """Return what makes these rows and their order these, by name."""
        return {
            f"{name} of member {number + 1}": value
            for number, rows in enumerate(self.each)
            for name, value in rows.fingerprint().items()
        }

    def _batch(self, places: torch.Tensor) -> Batch:
        """Return the rows (N, M), with inputs ``(N, M, ...)`` and targets ``(N, M, ...)``."""
        inputs, targets, starts = self._beneath
        chosen = (places + starts).flatten()
        inputs, targets = (
            values.index_select(0, chosen).view(*places.shape, *values.shape[1:])
            for values in (inputs, targets)
        )
        return Batch(places, inputs, targets, None)

    @cached_property
    def _beneath(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Inputs and targets of all members, one beneath another, so that a batch is one copy; and where each begins ``(M,)``."""
        inputs = torch.cat([rows.inputs for rows in self.each])
        counts = torch.tensor([0, *(len(rows.inputs) for rows in self.each[:-1])], device=inputs.device)
        return inputs, torch.cat([rows.targets for rows in self.each]), counts.cumsum(0)
