"""AdamW and its learning rate."""

import inspect
import math

import torch
from torch import nn

from spectra_dl.training.settings import TrainingSettings


class PlainAdamW(torch.optim.AdamW):
    """torch's AdamW, step by step to the bit, without what only a compiled optimiser needs: its import takes longer than a small training.

    See `torch.optim.AdamW`.
    """

    add_param_group = inspect.unwrap(torch.optim.AdamW.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.AdamW.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


def build_adamw(network: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """Return AdamW for the network's trainable parameters, with weight decay on matrices and kernels only.

    Biases and the scales of normalisation layers have one dimension; decay would pull them towards 0 for no gain.

    Parameters
    ----------
    network
        On its device; its parameters are not copied.
    settings
        Their learning rate and weight decay are used.

    References
    ----------
    Loshchilov & Hutter 2019, arXiv:1711.05101.
    """
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay": 0.0},
    ]
    # Fused: one kernel for all parameters, five times as fast on a small network as torch's default on a CPU.
    optimiser = PlainAdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, fused=True
    )
    for parameter in trainable:
        # What AdamW itself would do in its first step; done now, every checkpoint holds the same set of tensors.
        optimiser.state[parameter] = {
            "step": torch.tensor(0.0, dtype=torch.float32),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    return optimiser


def move_moments(optimiser: torch.optim.AdamW) -> None:
    """Move AdamW's running moments to where their parameters are by now."""
    for parameter, moments in optimiser.state.items():
        for name, moment in moments.items():
            moments[name] = moment.to(parameter.device)


def learning_rate_at(step: int, total_steps: int, settings: TrainingSettings) -> float:
    """Return the learning rate of a step: a linear rise to the peak, then half a cosine down to 0.

    Parameters
    ----------
    step
        Counted from 0 over the whole training.
    total_steps
        Of all epochs, early stopping or not.
    settings
        Their peak ``learning_rate`` and ``warmup`` are used.

    References
    ----------
    Loshchilov & Hutter 2017, arXiv:1608.03983; its cosine, without restarts.

    Examples
    --------
    >>> settings = TrainingSettings(learning_rate=1.0, warmup=0.2)
    >>> [round(learning_rate_at(step, 10, settings), 2) for step in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.04]
    """
    rising = round(settings.warmup * total_steps)
    if step < rising:
        return settings.learning_rate * (step + 1) / rising
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rising) / (total_steps - rising)))
