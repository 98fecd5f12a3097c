"""Batches of a group of networks: in each row place a row of every member's own."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from spectra_dl.training.batches import Batch, TensorBatches
from spectra_dl.training.seeds import seeded_generator


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

    @property
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
        passes = self._longest.passes
        steps = len(self) // passes
        for number in range(first // steps, passes):
            orders = [self._order(rows, epoch * passes + number) for rows in self.each]
            for places in torch.stack(orders, dim=1).tensor_split(steps)[max(0, first - number * steps) :]:
                yield self._batch(places)

    def in_order(self) -> Iterator[Batch]:
        """Yield the rows of an epoch as they stand."""
        places = torch.arange(len(self._longest.inputs))
        orders = torch.stack([places % len(rows.inputs) for rows in self.each], dim=1)
        for _ in range(self._longest.passes):
            yield from map(self._batch, orders.tensor_split(len(self) // self._longest.passes))

    def fingerprint(self) -> dict[str, str]:
        """Return what makes these rows and their order these, by name."""
        return {
            f"{name} of member {number + 1}": value
            for number, rows in enumerate(self.each)
            for name, value in rows.fingerprint().items()
        }

    def _order(self, rows: TensorBatches, number: int) -> torch.Tensor:
        generator = seeded_generator(rows.seed, "order", number)
        own, places = len(rows.inputs), len(self._longest.inputs)
        orders = [torch.randperm(own, generator=generator) for _ in range(-(-places // own))]
        return torch.cat(orders)[:places]

    def _batch(self, places: torch.Tensor) -> Batch:
        """Return the rows (N, M), with inputs ``(N, M, ...)`` and targets ``(N, M, ...)``."""
        there = places.to(self._longest.inputs.device)
        columns = list(zip(self.each, there.unbind(1), strict=True))
        inputs = torch.stack([rows.inputs.index_select(0, own) for rows, own in columns], dim=1)
        targets = torch.stack([rows.targets.index_select(0, own) for rows, own in columns], dim=1)
        return Batch(places, inputs, targets, None)
