"""Bags as the training loop takes rows: in an epoch a bounded number of images stands for each."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from spectra_dl.arrays import IndexArray
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.training.batches import Batch, split_passes
from spectra_dl.training.seeds import seeded_generator
from spectra_dl.training.settings import TrainingSettings

MOST_IMAGES = 64  # of a bag in a pass


@dataclass(frozen=True, eq=False)
class BagExamples:
    """Bags with what is to be learnt of each.

    Attributes
    ----------
    bags
        ``m`` of them.
    targets
        ``(m, ...)``.
    """

    bags: Bags
    targets: NDArray[Any]

    def batches(self, settings: TrainingSettings, passes: int = 1) -> "BagBatches":
        """Return the bags as the loop takes them.

        Parameters
        ----------
        settings
            Say how many bags a batch has, and seed the order of bags and the draws of their images.
        passes
            Over all bags in an epoch.
        """
        targets = torch.from_numpy(self.targets)
        return BagBatches(self.bags, targets, settings.batch_size, settings.seed, passes)


@dataclass(frozen=True, eq=False)
class BagBatches:
    """Bags in batches of nearly equal size; see `spectra_dl.training.batches.Batches`.

    A batch's inputs are ``(N, k, d + 1)``: features, and 1 in the last column where there is an image, 0 where a bag has fewer than the largest beside it. Of a bag with more than ``most``
    images each pass draws as many, from a stream of its own: which ones depends on seed, pass and the bag's name, and on no other bag.

    Attributes
    ----------
    bags
        ``m`` of them.
    targets
        ``(m, ...)``.
    batch_size
        Bags per batch at most.
    seed
        Of the order of bags and of the draws.
    passes
        Over all bags in an epoch.
    most
        Images of a bag in a pass.
    """

    bags: Bags
    targets: torch.Tensor
    batch_size: int
    seed: int
    passes: int = 1
    most: int = MOST_IMAGES

    def __len__(self) -> int:
        return self.passes * self._steps

    @property
    def n_rows(self) -> int:
        """The number of bags in an epoch, each as often as it is passed over."""
        return self.passes * len(self.bags)

    def shuffled(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the epoch's batches from number ``first`` on; order and draws depend on nothing but seed and epoch.

        Parameters
        ----------
        epoch
            The epoch's number, from 0.
        first
            The number, from 0, of the first batch to yield; those before it are skipped.
        """
        begin = epoch * self.passes
        orders = (self._order(begin + number) for number in range(self.passes))
        for count, rows in enumerate(split_passes(orders, self._steps, first), start=first):
            yield self._batch(rows, begin + count // self._steps)

    def in_order(self) -> Iterator[Batch]:
        """Yield the bags of an epoch as they stand, with the images of the first pass."""
        passes = repeat(torch.arange(len(self.bags)), self.passes)
        for rows in split_passes(passes, self._steps):
            yield self._batch(rows, 0)

    def fingerprint(self) -> dict[str, str]:
        """Return the SHA-256 of the bags, of their features and of the targets, and what draws and order depend on."""
        digest = hashlib.sha256()
        for name, images in zip(self.bags.name, self.bags.images, strict=True):
            digest.update(f"{name}\0{len(images)}\0".encode())
        for block in self.bags.all_blocks():
            digest.update(np.ascontiguousarray(block).data)
        targets = hashlib.sha256(np.ascontiguousarray(self.targets.numpy()).data)
        numbers = {"batch size": self.batch_size, "order seed": self.seed, "passes": self.passes}
        return {
            "bags": digest.hexdigest(),
            "targets": targets.hexdigest(),
            **{name: str(number) for name, number in {**numbers, "images of a bag": self.most}.items()},
        }

    @property
    def _steps(self) -> int:
        return math.ceil(len(self.bags) / self.batch_size)

    def _order(self, number: int) -> torch.Tensor:
        return torch.randperm(len(self.bags), generator=seeded_generator(self.seed, "order", number))

    def _batch(self, rows: torch.Tensor, number: int) -> Batch:
        drawn = [self._drawn(bag, number) for bag in rows.tolist()]
        inputs = np.zeros((len(drawn), max(map(len, drawn)), self.bags.width + 1), dtype=np.float32)
        for place, images in enumerate(drawn):
            inputs[place, : len(images), :-1] = self.bags.values[images]
            inputs[place, : len(images), -1] = 1.0
        return Batch(rows, torch.from_numpy(inputs), self.targets.index_select(0, rows), None)

    def _drawn(self, bag: int, number: int) -> IndexArray:
        """Return the numbers of the images that stand for a bag in a pass."""
        images = self.bags.images[bag]
        if len(images) <= self.most:
            return images
        generator = seeded_generator(self.seed, "images", number, str(self.bags.name[bag]))
        chosen: IndexArray = torch.randperm(len(images), generator=generator)[: self.most].numpy()
        drawn: IndexArray = images[np.sort(chosen)]
        return drawn
