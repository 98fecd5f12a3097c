"""The networks of bags: an embedding of each image, a weighted mean of the embeddings, and a linear layer on it."""

import torch
from torch import nn

from spectra_dl.imaging.bags.standardising import StandardisingNetwork
from spectra_dl.training.dropout import PackedDropout

HIDDEN, ATTENTION, DROPOUT = 64, 32, 0.5


class PoolingNetwork(StandardisingNetwork):
    """Pool the images of a bag: logits ``(N, c)`` of inputs ``(N, k, d + 1)``, whose last column is 1 where there is an image.

    Parameters
    ----------
    n_features
        ``d``.
    n_outputs
        ``c``: classes, or numbers.

    Raises
    ------
    UsageError
        A size is impossible.
    """

    def __init__(self, n_features: int, n_outputs: int) -> None:
        super().__init__(n_features, n_outputs)
        self.embedding = nn.Sequential(nn.Linear(n_features, HIDDEN), nn.ReLU(), PackedDropout(DROPOUT))
        self.head = nn.Linear(HIDDEN, n_outputs)

    def embedded(self, features: torch.Tensor) -> torch.Tensor:
        """Return ``(..., h)`` embeddings of images ``(..., d)``."""
        embedding: torch.Tensor = self.embedding(self.standardised(features))
        return embedding

    def scores(self, embedded: torch.Tensor) -> torch.Tensor:
        """Return ``(...)`` how much each image counts, as the logarithm of a weight, of embeddings ``(..., h)``."""
        raise NotImplementedError

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return ``(N, c)`` logits of bags ``(N, k, d + 1)``."""
        embedded = self.embedded(images[..., :-1])
        absent = images[..., -1] == 0
        weight = torch.softmax(self.scores(embedded).masked_fill(absent, -torch.inf), dim=1)
        logits: torch.Tensor = self.head((weight.unsqueeze(-1) * embedded).sum(dim=1))
        return logits


class GatedAttention(PoolingNetwork):
    """Images count by gated attention: ``softmax(w . (tanh(V h) * sigmoid(U h)))`` over the images of a bag.

    Source: Ilse, Tomczak and Welling 2018, arXiv 1802.04712, equations 8 and 9. Changed: V and U have biases, and the embedding is one layer on features of a frozen encoder.

    Parameters
    ----------
    n_features, n_outputs
        As for `PoolingNetwork`.
    """

    def __init__(self, n_features: int, n_outputs: int) -> None:
        super().__init__(n_features, n_outputs)
        self.value = nn.Linear(HIDDEN, ATTENTION)
        self.gate = nn.Linear(HIDDEN, ATTENTION)
        self.weight = nn.Linear(ATTENTION, 1, bias=False)

    def scores(self, embedded: torch.Tensor) -> torch.Tensor:
        """Return ``(...)`` scores of embeddings ``(..., h)``, before the softmax."""
        gated = torch.tanh(self.value(embedded)) * torch.sigmoid(self.gate(embedded))
        scores: torch.Tensor = self.weight(gated).squeeze(-1)
        return scores


class MeanPooling(PoolingNetwork):
    """All images of a bag count the same: the control of attention, equal to it in everything else.

    Parameters
    ----------
    n_features, n_outputs
        As for `PoolingNetwork`.
    """

    def scores(self, embedded: torch.Tensor) -> torch.Tensor:
        """Return zeros ``(...)`` for embeddings ``(..., h)``."""
        return embedded.new_zeros(embedded.shape[:-1])


POOLING: dict[str, type[PoolingNetwork]] = {"attention": GatedAttention, "mean-pooling": MeanPooling}
