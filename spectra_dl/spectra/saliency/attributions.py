"""Integrated gradients of spectra along the wavenumber axis."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.models.members import count_operations
from spectra_dl.spectra.estimators.fold_memory import FoldMemory
from spectra_dl.spectra.networks.folded.compact import FoldedCompact
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.spectra.predictor import SpectraPredictor

STEPS = 32
_ATTRIBUTIONS = (20, 200)  # fewest and most per fold
_OPERATIONS = 5e10  # per fold, some seconds of one core; a costlier network gets fewer attributions
_ROWS_AT_ONCE = 16  # times STEPS are one batch


def affordable(predictor: "SpectraPredictor") -> int:
    """Return how many attributions a fold may take, from a count of operations: a clock would differ between runs.

    Parameters
    ----------
    predictor
        The model.
    """
    if predictor.folded:
        return _ATTRIBUTIONS[1]
    of_spectrum = count_operations(predictor.networks[0], predictor.header.input.network.n_wavenumbers)
    forward_and_back = 3 * STEPS * len(predictor.networks) * of_spectrum
    return int(np.clip(_OPERATIONS // forward_and_back, *_ATTRIBUTIONS))


def attributions(
    predictor: "SpectraPredictor",
    table: SpectraTable,
    training: SpectraTable,
    toward: Sequence[int],
    memory: FoldMemory | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return cleaned spectra ``(n, q)`` and their attributions ``(t, n, q)`` to t classes, both means over the networks.

    The attributions of a spectrum sum to what the ensemble's logit gains from the mean training spectrum to it. MiniRocket counts how
    often something is high, which has no gradient: where it is beside the members, its say is not among them.

    Parameters
    ----------
    predictor
        The ensemble; a member with cleaning steps of its own gets the spectra, and the starting point, cleaned by these.
    table
        ``n`` usable spectra.
    training
        The spectra whose mean, after cleaning, is the starting point.
    toward
        ``t`` numbers of classes.
    memory
        Of those who cleaned these spectra before; changes nothing but the time.

    Raises
    ------
    DataError
        An axis doesn't cover the model's, or a value is missing.
    """
    from spectra_dl.spectra.networks.compact import Compact
    from spectra_dl.spectra.networks.minirocket import Rocket

    memory = memory or FoldMemory()
    cleaned = [memory.clean(table, one).astype(np.float64) for one in predictor.preprocessing]
    start = [memory.clean(training, one).mean(axis=0, dtype=np.float64) for one in predictor.preprocessing]
    found = np.zeros((len(toward), *cleaned[0].shape))
    compact: dict[int, list[FoldedCompact]] = {}
    for network, own in zip(predictor.networks, predictor.header.input.preprocessing_of_member, strict=True):
        if isinstance(network, Compact):
            compact.setdefault(own, []).append(FoldedCompact.of_network(network, len(start[own])))
        elif not isinstance(network, Rocket):
            found += [integrated_gradients(network, cleaned[own], start[own], one) for one in toward]
    for own, members in compact.items():
        together = FoldedCompact.sum_of(members)
        found += [together.attributions(start[own], cleaned[own], one, STEPS) for one in toward]
    spectra = np.mean([cleaned[own] for own in predictor.header.input.preprocessing_of_member], axis=0)
    return spectra, found / len(predictor.networks)


def integrated_gradients(
    network: "nn.Module", spectra: FloatArray, start: FloatArray, toward: int
) -> FloatArray:
    """Return the ``(n, q)`` attributions of one network along STEPS points of a Gauss-Legendre quadrature.

    Parameters
    ----------
    network
        Gives logits ``(n, c)``.
    spectra
        ``(n, q)`` cleaned.
    start
        ``(q,)`` where every way begins.
    toward
        The class's number.
    """
    import torch

    from spectra_dl.execution.facts import torch_device

    device = torch_device()
    network = network.to(device, torch.float64).eval()
    places, shares = (torch.from_numpy(one / 2).to(device) for one in np.polynomial.legendre.leggauss(STEPS))
    begin = torch.from_numpy(start).to(device)
    parts = []
    for at in range(0, len(spectra), _ROWS_AT_ONCE):
        way = torch.from_numpy(spectra[at : at + _ROWS_AT_ONCE]).to(device) - begin  # (N, W)
        points = (begin + (0.5 + places)[:, None, None] * way).requires_grad_()  # (S, N, W)
        logits = network(points.flatten(0, 1))  # (S * N, C)
        lead = logits[:, toward] - (logits[:, 1 - toward] if logits.shape[1] == 2 else 0.0)
        (slopes,) = torch.autograd.grad(lead.sum(), points)
        parts.append(way * torch.tensordot(shares, slopes, 1))
    found: FloatArray = torch.cat(parts).cpu().numpy()
    return found
