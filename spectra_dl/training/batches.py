"""Training rows in memory, cut into batches by indexing: no worker processes, no queue."""

import copy
import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import NamedTuple, Protocol

import torch

from spectra_dl.errors import DataError, UsageError
from spectra_dl.training.seeds import seeded_generator

_NAMED_ROWS = 10


class Batch(NamedTuple):
    """Some rows.

    Attributes
    ----------
    rows
        ``(N,)`` int64 row numbers.
    inputs, targets
        ``(N, ...)``.
    weight
        ``(N,)`` weights of the rows' losses, or None when all are 1.
    """

    rows: torch.Tensor
    inputs: torch.Tensor
    targets: torch.Tensor
    weight: torch.Tensor | None

    def split(self, parts: int) -> list["Batch"]:
        """Return the batch in ``parts`` parts whose numbers of rows differ by one at most."""
        if parts == 1:
            return [self]
        weights = [None] * parts if self.weight is None else self.weight.tensor_split(parts)
        columns = (
            self.rows.tensor_split(parts),
            self.inputs.tensor_split(parts),
            self.targets.tensor_split(parts),
        )
        return [Batch(*part) for part in zip(*columns, weights, strict=True)]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch with inputs, targets and weights on ``device``."""
        weight = None if self.weight is None else self.weight.to(device)
        return Batch(self.rows, self.inputs.to(device), self.targets.to(device), weight)


class Batches(Protocol):
    """What the loop needs of a source of rows; `TensorBatches` holds them in memory."""

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""

    @property
    def n_rows(self) -> int:
        """The number of rows in an epoch, each as often as it occurs."""

    def shuffled(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the epoch's batches from number ``first`` on; the order depends on nothing but seed and epoch.

        Parameters
        ----------
        epoch
            The epoch's number, from 0.
        first
            The number, from 0, of the first batch to yield; those before it are skipped.
        """

    def in_order(self) -> Iterator[Batch]:
        """Yield the rows of an epoch as they stand."""

    def fingerprint(self) -> dict[str, str]:
        """Return what makes these rows and their order these, by name."""


@dataclass(frozen=True, eq=False)
class TensorBatches:
    """Rows in memory, in batches of nearly equal size.

    A pass over n rows has ``ceil(n / batch_size)`` batches whose sizes differ by one at most: no row is dropped, and no
    last batch of one row breaks a normalisation layer or pulls the weights about. Each batch is one indexing of
    a permutation drawn from (seed, number of the pass).

    Attributes
    ----------
    inputs
        ``(n, ...)`` floating point. Augmentation runs on the device they are on.
    targets
        ``(n,)`` class numbers, or ``(n, ...)`` floating point such as class shares; what an augmentation takes.
    batch_size
        Rows per batch at most, over all processes together.
    seed
        Of the order of rows.
    weight
        ``(n,)`` weights of the rows' losses, brought to a mean of 1; None for equal ones.
    passes
        Over all rows in an epoch.

    Raises
    ------
    DataError
        There are no rows, their numbers differ, or values are not finite; the rows are named.
    UsageError
        The batch size, or the number of passes, is below 1.

    Examples
    --------
    >>> rows = TensorBatches(torch.zeros(9, 3), torch.zeros(9), batch_size=4, seed=0)
    >>> [len(batch.rows) for batch in rows.shuffled(epoch=0)]
    [3, 3, 3]
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    batch_size: int
    seed: int
    weight: torch.Tensor | None = None
    passes: int = 1

    def __post_init__(self) -> None:
        for name in ("batch_size", "passes"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}={getattr(self, name)} must be at least 1")
        if not len(self.inputs):
            raise DataError("there are no rows to train on")
        if len(self.targets) != len(self.inputs):
            raise DataError(
                f"{len(self.inputs)} rows of inputs but {len(self.targets)} targets; give one for each"
            )
        _refuse_non_finite("inputs", self.inputs)
        _refuse_non_finite("targets", self.targets)
        if self.weight is not None:
            object.__setattr__(self, "weight", _mean_one(self.weight, len(self.inputs)))

    def __len__(self) -> int:
        return self.passes * math.ceil(len(self.inputs) / self.batch_size)

    @property
    def n_rows(self) -> int:
        """The number of rows in an epoch, each as often as it is passed over."""
        return self.passes * len(self.inputs)

    def shuffled(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the epoch's batches from number ``first`` on; the order depends on nothing but seed and epoch.

        Parameters
        ----------
        epoch
            The epoch's number, from 0.
        first
            The number, from 0, of the first batch to yield; those before it are skipped.
        """
        passes = (self.order(epoch * self.passes + number) for number in range(self.passes))
        yield from map(self._batch, split_passes(passes, len(self) // self.passes, first))

    def in_order(self) -> Iterator[Batch]:
        """Yield the rows of an epoch as they stand."""
        passes = repeat(torch.arange(len(self.inputs), device=self.inputs.device), self.passes)
        yield from map(self._batch, split_passes(passes, len(self) // self.passes))

    def order(self, number: int, places: int | None = None) -> torch.Tensor:
        """Return the row numbers of a pass, in the order that seed and number decide.

        Parameters
        ----------
        number
            Of the pass, from 0 over the whole training.
        places
            How many to return, some twice where rows are fewer; as many as there are rows if None.
        """
        rows = len(self.inputs)
        places = rows if places is None else places
        generator = seeded_generator(self.seed, "order", number)
        orders = [torch.randperm(rows, generator=generator) for _ in range(-(-places // rows))]
        return torch.cat(orders)[:places].to(self.inputs.device)

    @property
    def n_bytes(self) -> int:
        """The memory that the rows take."""
        tensors = [self.inputs, self.targets, *([] if self.weight is None else [self.weight])]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def on(self, device: torch.device) -> "TensorBatches":
        """Return the same rows on another device, where they are indexed; they were checked when these were made."""
        moved = copy.copy(self)
        for name in ("inputs", "targets", "weight"):
            tensor = getattr(self, name)
            object.__setattr__(moved, name, None if tensor is None else tensor.to(device))
        return moved

    def fingerprint(self) -> dict[str, str]:
        """Return the SHA-256 of each tensor, the batch size and the seed, by name."""
        tensors = {"inputs": self.inputs, "targets": self.targets, "weight": self.weight}
        digests = {name: "none" if tensor is None else _sha256(tensor) for name, tensor in tensors.items()}
        settings = {"batch size": self.batch_size, "order seed": self.seed, "passes": self.passes}
        return digests | {name: str(value) for name, value in settings.items()}

    def _batch(self, rows: torch.Tensor) -> Batch:
        weight = None if self.weight is None else self.weight.index_select(0, rows)
        return Batch(rows, self.inputs.index_select(0, rows), self.targets.index_select(0, rows), weight)


def split_passes(passes: Iterable[torch.Tensor], steps: int, first: int = 0) -> Iterator[torch.Tensor]:
    """Yield the row numbers of each batch of some passes over all rows.

    Parameters
    ----------
    passes
        Row numbers ``(n, ...)`` in the order of each pass.
    steps
        Batches of a pass; their sizes differ by one at most.
    first
        The number, from 0, of the first batch to yield; those before it are skipped.
    """
    batches = chain.from_iterable(order.tensor_split(steps) for order in passes)
    return islice(batches, first, None)


def _refuse_non_finite(name: str, values: torch.Tensor) -> None:
    broken = (~values.isfinite().reshape(len(values), -1).all(dim=1)).nonzero()[:, 0].tolist()
    if broken:
        named = ", ".join(map(str, broken[:_NAMED_ROWS])) + (", ..." if len(broken) > _NAMED_ROWS else "")
        raise DataError(
            f"{name}: {len(broken)} of {len(values)} rows hold values that are not finite (rows {named}, counted from 0); leave them out"
        )


def _mean_one(weight: torch.Tensor, n_rows: int) -> torch.Tensor:
    if weight.shape != (n_rows,):
        raise DataError(
            f"weight has shape {tuple(weight.shape)}; one for each of the {n_rows} rows is needed"
        )
    _refuse_non_finite("weight", weight)
    if bool((weight < 0).any()) or not bool((weight > 0).any()):
        raise DataError("weight: no row's weight may be below 0, and not all may be 0")
    return weight / weight.mean()


def _sha256(tensor: torch.Tensor) -> str:
    content = tensor.detach().cpu().contiguous()
    digest = hashlib.sha256(f"{content.dtype} {tuple(content.shape)}\0".encode())
    digest.update(content.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
