"""What looks at the whole batch, where each process holds only its share of it: some layers, and the loss."""

import contextlib
from collections.abc import Iterator
from functools import partial

import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from spectra_dl.errors import UsageError
from spectra_dl.training.distributed.processes import Processes
from spectra_dl.training.dropout import ExactDropout, PackedDropout

_NORMALISATION = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_SHARED = (*_NORMALISATION, nn.Dropout, ExactDropout, PackedDropout)


@contextlib.contextmanager
def whole_batch_layers(network: nn.Module, processes: Processes) -> Iterator[None]:
    """Let batch normalisation and dropout compute what one process with the whole batch would, while the block runs.

    Parameters
    ----------
    network
        Its layers' ``forward`` is replaced while the block runs.
    processes
        With one process nothing is replaced.

    Raises
    ------
    UsageError
        The network has a layer that depends on the rest of the batch in a way this can't give back.
    """
    changed: list[tuple[nn.Module, partial[torch.Tensor]]] = []
    if processes.several:
        for name, layer in network.named_modules():
            _refuse_unshared(name, layer)
            if isinstance(layer, _NORMALISATION):
                changed.append((layer, partial(_normalised, layer, processes)))
            elif isinstance(layer, nn.Dropout):
                changed.append((layer, partial(_dropped, layer, processes)))
    for layer, forward in changed:
        layer.__dict__["forward"] = forward
    try:
        yield
    finally:
        for layer, _ in changed:
            del layer.__dict__["forward"]


def _refuse_unshared(name: str, layer: nn.Module) -> None:
    """Refuse a layer that draws at random or looks at other rows, unless it is one of those replaced here."""
    inner = getattr(layer, "dropout", 0.0)  # of attention and recurrent layers, which call no layer for it
    if (
        (isinstance(layer, _BatchNorm | _DropoutNd | nn.RReLU) and type(layer) not in _SHARED)
        or (isinstance(layer, _BatchNorm) and not layer.track_running_stats)
        or (isinstance(inner, float) and inner > 0)
    ):
        raise UsageError(
            f"layer {name} ({type(layer).__name__}) would not compute the same with several processes as with one; train in one process"
        )


class _Sum(torch.autograd.Function):
    """A sum over all processes; so is its gradient, because every process's loss depends on it."""

    @staticmethod
    def forward(
        context: torch.autograd.function.FunctionCtx, here: torch.Tensor, processes: Processes
    ) -> torch.Tensor:
        context.processes = processes  # type: ignore[attr-defined]
        total = here.clone()
        processes.all_reduce(total)
        return total

    @staticmethod
    def backward(
        context: torch.autograd.function.FunctionCtx, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor, None]:
        total = gradients[0].contiguous().clone()
        context.processes.all_reduce(total)  # type: ignore[attr-defined]
        return total, None


class _Whole(torch.autograd.Function):
    """The outputs of all rows from each process's own; of their gradient each takes its own rows' back."""

    @staticmethod
    def forward(
        context: torch.autograd.function.FunctionCtx, local: torch.Tensor, processes: Processes
    ) -> torch.Tensor:
        context.rows = slice(processes.start, processes.stop)  # type: ignore[attr-defined]
        whole = local.new_zeros(processes.total, *local.shape[1:])
        whole[context.rows] = local  # type: ignore[attr-defined]
        processes.all_reduce(whole)
        return whole

    @staticmethod
    def backward(
        context: torch.autograd.function.FunctionCtx, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor, None]:
        return gradients[0][context.rows], None  # type: ignore[attr-defined]


def whole_outputs(outputs: torch.Tensor, processes: Processes) -> torch.Tensor:
    """Return the outputs ``(N, ...)`` of the whole batch from those of this process's rows.

    A loss of all of them has, in each process, the gradient of its own rows; summed over processes it is the whole one.

    Parameters
    ----------
    outputs
        ``(n, ...)`` outputs of this process's rows.
    processes
        The processes, with this one's share of the batch under way.
    """
    if not processes.several:
        return outputs
    whole: torch.Tensor = _Whole.apply(outputs, processes)  # type: ignore[no-untyped-call]
    return whole


def _summed(here: torch.Tensor, processes: Processes) -> torch.Tensor:
    total: torch.Tensor = _Sum.apply(here, processes)  # type: ignore[no-untyped-call]
    return total


def _normalised(layer: _BatchNorm, processes: Processes, inputs: torch.Tensor) -> torch.Tensor:
    """Normalise ``inputs`` (n, C, ...) by mean and variance over the whole batch, as `torch.nn.BatchNorm1d` does."""
    if not layer.training:
        return type(layer).forward(layer, inputs)
    others = [axis for axis in range(inputs.ndim) if axis != 1]
    shape = [1, -1, *[1] * (inputs.ndim - 2)]
    values = (
        inputs if inputs.dtype == torch.float64 else inputs.float()
    )  # half precision rounds sums too much
    count = values.numel() // values.shape[1] * processes.total // (processes.stop - processes.start)
    mean = _summed(values.sum(others), processes) / count  # (C,)
    centred = values - mean.view(shape)
    variance = _summed(centred.square().sum(others), processes) / count  # (C,)
    outputs = centred * torch.rsqrt(variance + layer.eps).view(shape)
    if layer.affine:
        outputs = outputs * layer.weight.view(shape) + layer.bias.view(shape)
    _remember(layer, mean.detach(), variance.detach() * (count / max(count - 1, 1)))
    return outputs.to(inputs.dtype)


def _remember(layer: _BatchNorm, mean: torch.Tensor, variance: torch.Tensor) -> None:
    if layer.running_mean is None or layer.running_var is None or layer.num_batches_tracked is None:
        return
    layer.num_batches_tracked.add_(1)
    share = 1 / float(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
    layer.running_mean.mul_(1 - share).add_(mean, alpha=share)
    layer.running_var.mul_(1 - share).add_(variance, alpha=share)


def _dropped(layer: nn.Dropout, processes: Processes, inputs: torch.Tensor) -> torch.Tensor:
    """Drop what one process would drop: it draws for the whole batch, and so does each of several."""
    if not layer.training:
        return inputs
    if len(inputs) != processes.stop - processes.start:
        raise UsageError(
            f"a dropout layer was given {len(inputs)} rows of a batch's {processes.stop - processes.start}; keep the batch the first dimension, or train in one process"
        )
    whole = inputs.new_ones(processes.total, *inputs.shape[1:])
    factors = layer.factors(whole) if isinstance(layer, PackedDropout) else functional.dropout(whole, layer.p)
    return inputs * factors[processes.start : processes.stop]
