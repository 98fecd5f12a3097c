"""The filters of a group of `Compact` networks as products of matrices of bands."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

_BANDS = 3  # of which a filter sees two whole, and a point of the last


def filtered_by_bands(spectra: Tensor, filters: Tensor) -> Tensor:
    """Return spectra as filters of two bands and a point see them that move band by band, ``(N, M F P)``; spectra get no gradient.

    It is the convolution with a band of zeros at either end. Spectra are cut into bands once, and every filter into three pieces as
    long as a band: what a filter says at a place is the sum of what its pieces say of three bands. Windows, of which each point stands
    in two, are never written.

    Parameters
    ----------
    spectra
        ``(N, M, W)``.
    filters
        ``(M, F, 2 S + 1)`` of each member, for bands of S points.
    """
    filtered: Tensor = _BandedFilters.apply(spectra, filters)  # type: ignore[no-untyped-call]
    return filtered


class _BandedFilters(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, spectra: Tensor, filters: Tensor) -> Tensor:
        (rows, members, points), step = spectra.shape, filters.shape[2] // 2
        places = (points - 1) // step + 1
        bands = spectra.new_zeros(members, rows, (places + 2) * step)
        bands[:, :, step : step + points] = spectra.transpose(0, 1)
        bands = bands.view(members, -1, step)  # (M, N B, S)
        ctx.save_for_backward(bands)
        pieces = functional.pad(filters, (0, step - 1)).view(members, -1, _BANDS, step).transpose(1, 2)
        said = torch.bmm(pieces.flatten(1, 2), bands.transpose(1, 2))  # (M, 3 F, N B)
        first, second, third = said.view(members, _BANDS, -1, rows, places + 2).unbind(1)  # (M, F, N, B)
        filtered = first[..., :-2] + second[..., 1:-1]
        filtered = filtered.add_(third[..., 2:])  # (M, F, N, P)
        return filtered.permute(2, 0, 1, 3).reshape(rows, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        (bands,) = ctx.saved_tensors
        members, _, step = bands.shape
        rows = len(gradient)
        places = bands.shape[1] // rows - 2
        apart = gradient.reshape(rows, members, -1, places).permute(1, 2, 0, 3)  # (M, F, N, P)
        asked = bands.new_zeros(members, _BANDS, apart.shape[1], rows, places + 2)
        for piece in range(_BANDS):
            asked[:, piece, :, :, piece : piece + places] = apart
        pieces = _product(asked.view(members, -1, bands.shape[1]), bands)  # (M, 3 F, S)
        whole = pieces.view(members, _BANDS, -1, step).transpose(1, 2).flatten(2)
        return None, whole[..., : 2 * step + 1]


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Return matrix products ``(M, I, K)`` of ``(M, I, J)`` and ``(M, J, K)`` where I and K are few and J are many."""
    if left.device.type != "cpu":
        return torch.bmm(left, right)
    # torch's library takes five times as long as numpy's for such shapes.
    return torch.from_numpy(np.matmul(left.numpy(), right.numpy()))
