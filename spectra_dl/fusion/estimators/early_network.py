"""The network of early fusion: an embedding of each block, added up, with blocks left out at random while it is trained."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

_EMBEDDING, _DROPOUT, _LEFT_OUT = 16, 0.3, 0.25


class ModalityNetwork(nn.Module):
    """One hidden layer that is the sum of an embedding of each block; a block that a patient lacks has one learnt embedding.

    While it is trained each block that is there is left out of a quarter of the rows (modality dropout: Neverova et al. 2016, doi
    10.1109/TPAMI.2015.2461544), so that no block is relied on alone.

    Parameters
    ----------
    widths
        Values of each block. Rows are ``(N, sum of widths + blocks)``: of each block 1 where it is there, else 0, and its values.
    n_classes
        ``c``.
    """

    def __init__(self, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        self.ends = [sum(widths[:at]) + at for at in range(1, len(widths))]
        self.embed = nn.ModuleList(nn.Linear(width, _EMBEDDING) for width in widths)
        self.missing = nn.Parameter(torch.zeros(len(widths), _EMBEDDING))
        self.head = nn.Sequential(nn.GELU(), nn.Dropout(_DROPOUT), nn.Linear(_EMBEDDING, n_classes))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return ``(N, c)`` logits of rows."""
        blocks = torch.tensor_split(rows, self.ends, dim=1)
        hidden = torch.zeros(len(rows), _EMBEDDING, dtype=rows.dtype, device=rows.device)
        for number, (block, embed) in enumerate(zip(blocks, self.embed, strict=True)):
            there = block[:, :1]
            if self.training:
                there = there * (torch.rand_like(there) >= _LEFT_OUT)
            hidden = hidden + there * embed(block[:, 1:]) + (1.0 - there) * self.missing[number]
        return cast("torch.Tensor", self.head(hidden))
