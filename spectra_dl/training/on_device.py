"""What keeps a GPU from waiting: rows that stay on it, and numbers that are read once an epoch."""

import contextlib
from collections.abc import Callable, Iterator
from itertools import count

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from spectra_dl.training.batches import Batches, TensorBatches
from spectra_dl.training.grouped.batches import GroupBatches

_SHARE = 0.5  # of the memory that is free: the rest is for the network, its gradients and what it computes


def resident(batches: Batches, device: torch.device) -> Batches:
    """Return the rows on a GPU, where they are indexed and augmented without being copied at each step, if its memory is large enough.

    Parameters
    ----------
    batches
        Rows; a source of rows that are not in memory is returned as it is.
    device
        Where the network is.
    """
    if device.type != "cuda" or not isinstance(batches, TensorBatches | GroupBatches):
        return batches
    free, _ = torch.cuda.mem_get_info(device)
    return batches.on(device) if batches.n_bytes <= _SHARE * free else batches


@contextlib.contextmanager
def counted_batches(network: nn.Module) -> Iterator[None]:
    """Count the batches of normalisation layers that average over all of them here, while the block runs.

    Such a layer asks its device for the number in every forward pass; the share of a batch is the same number.

    Parameters
    ----------
    network
        On its device.
    """
    layers = [
        layer
        for layer in network.modules()
        if isinstance(layer, _BatchNorm) and layer.momentum is None and layer.num_batches_tracked is not None
    ]
    if not layers:
        yield
        return
    numbers = torch.stack(
        [layer.num_batches_tracked for layer in layers if layer.num_batches_tracked is not None]
    )
    hooks = [
        layer.register_forward_pre_hook(_share_of_batch(number))
        for layer, number in zip(layers, numbers.tolist(), strict=True)
    ]
    try:
        yield
    finally:
        for layer, hook in zip(layers, hooks, strict=True):
            hook.remove()
            layer.momentum = None


def _share_of_batch(seen: int) -> Callable[[nn.Module, object], None]:
    numbers = count(seen + 1)

    def set_share(layer: nn.Module, _: object) -> None:
        assert isinstance(layer, _BatchNorm)
        if layer.training:
            layer.momentum = 1.0 / float(next(numbers))

    return set_share


def tally_for(device: torch.device) -> "Tally | None":
    """Return what counts losses on a GPU; None on a processor, which waits for nothing by looking at each step."""
    return None if device.type == "cpu" else Tally(device)


class Tally:
    """Losses and gradients of steps, looked at on their device and read when somebody asks.

    Parameters
    ----------
    device
        Where the network is.
    """

    def __init__(self, device: torch.device) -> None:
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self._broken = torch.full((), -1, dtype=torch.int64, device=device)

    def add(self, loss: torch.Tensor, norm: torch.Tensor, n_rows: int, step: int) -> torch.Tensor:
        """Count a step and return 1 where it must not be taken, ``()`` float32, as AdamW's ``found_inf``.

        Parameters
        ----------
        loss, norm
            ``()``, of the batch's mean loss and of its gradient.
        n_rows
            Of the batch.
        step
            Its number in the epoch.
        """
        broken = ~(loss + norm).isfinite()
        self._loss_sum += loss.double() * n_rows
        self._broken = torch.where(broken & (self._broken < 0), step, self._broken)
        return broken.float()

    def read(self) -> tuple[float, int | None]:
        """Return the summed losses since the last reading, and the number of the first step that was not finite; None: all were."""
        total, first = torch.stack((self._loss_sum, self._broken.double())).tolist()
        self._loss_sum.zero_()
        return total, None if first < 0 else int(first)
