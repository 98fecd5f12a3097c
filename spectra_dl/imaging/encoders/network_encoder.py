"""A network as an encoder: tiles standardised by channel, a few at a time, on the GPU where there is one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.imaging.encoders.reference_tile import reference_tile
from spectra_dl.imaging.features.block import Features
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    import torch
    from torch import nn

# On a CPU small batches stay in its cache: 8 tiles at a time are twice as fast as 32. A GPU wants many.
BATCH = {"cpu": 8, "cuda": 64}


@dataclass(frozen=True, eq=False)
class NetworkEncoder:
    """Tiles to features by a network.

    Attributes
    ----------
    network
        From ``(k, 3, h, w)`` to ``(k, d)``, in evaluation mode.
    mean, std
        Of red, green and blue in the images it was trained on, from 0 to 255.
    side
        Of the tiles, in pixels, where ONNX Runtime may run the network on a CPU if it is installed; None leaves it to torch.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``, as in the settings of the training loop.
    """

    network: "nn.Module"
    mean: tuple[float, ...]
    std: tuple[float, ...]
    side: int | None = None
    device: str = "auto"

    def __call__(self, tiles: Iterable[Pixels]) -> Features:
        """Return ``(k, d)`` float32 features of ``k`` tiles ``(h, w, 3)`` uint8.

        Raises
        ------
        DataError
            The network gives no row of features for each tile.
        UsageError
            A GPU was asked for by name and there is none.
        """
        import torch

        run, device = self._run, self._device
        rows = []
        with torch.inference_mode():
            for batch in _batches(tiles, BATCH[device.type]):
                rows.append(_checked(run(self._standardised(np.stack(batch), device)), len(batch)))
        return np.concatenate(rows).astype(np.float32)

    @cached_property
    def _device(self) -> "torch.device":
        from spectra_dl.execution.facts import torch_device

        return torch_device(self.device)

    @cached_property
    def _run(self) -> "Callable[[torch.Tensor], torch.Tensor | Features]":
        """What runs the network, prepared once."""
        import torch

        network = self.network.to(device=self._device)
        if self._device.type == "cpu" and self.side is not None:
            from spectra_dl.imaging.encoders.onnx_runtime import onnx_runner

            example = self._standardised(reference_tile(self.side)[None], self._device)
            runner = onnx_runner(network, example)
            if runner is not None:
                return lambda pixels: runner(pixels.contiguous().numpy())
        channels_last: Callable[[torch.Tensor], torch.Tensor]
        channels_last = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its types
        return channels_last

    def _standardised(self, batch: Pixels, device: "torch.device") -> "torch.Tensor":
        import torch

        mean, std = (
            torch.tensor(values, device=device).reshape(1, 3, 1, 1) for values in (self.mean, self.std)
        )
        # (k, h, w, 3) -> (k, 3, h, w), whose channels still lie side by side in memory.
        pixels = torch.from_numpy(batch).to(device).permute(0, 3, 1, 2).float()
        return (pixels - mean) / std


def _checked(features: "torch.Tensor | Features", n: int) -> Features:
    if features.ndim != 2 or len(features) != n:
        raise DataError(
            f"the encoder gives features of shape {tuple(features.shape)} for {n} tiles; one row for each tile is needed"
        )
    values: Features = features if isinstance(features, np.ndarray) else features.float().cpu().numpy()
    return values


def _batches(tiles: Iterable[Pixels], size: int) -> Iterator[list[Pixels]]:
    remaining = iter(tiles)
    while batch := list(islice(remaining, size)):
        yield batch
