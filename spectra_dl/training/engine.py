"""Device and precision of a training."""

from dataclasses import dataclass

import torch
from torch import nn

from spectra_dl.execution.facts import fast_allowed, torch_device
from spectra_dl.training.distributed.launch import Launch
from spectra_dl.training.settings import TrainingSettings


@dataclass(frozen=True)
class Engine:
    """Where a network computes and how it rounds.

    Attributes
    ----------
    device
        Of the network and its batches.
    bfloat16
        Whether products are of bfloat16; weights, losses and gradients stay float32.
    """

    device: torch.device
    bfloat16: bool

    def outputs(self, network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        """Return the network's outputs, as float32 also where it computed in bfloat16.

        Parameters
        ----------
        network
            On this device.
        inputs
            ``(N, ...)`` a batch.
        """
        if not self.bfloat16:
            outputs: torch.Tensor = network(inputs)
            return outputs
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = network(inputs.to(torch.bfloat16) if inputs.is_floating_point() else inputs)
        return outputs.float()


def start_engine(settings: TrainingSettings, launch: Launch) -> Engine:
    """Return the device and precision asked for.

    Of several processes on a machine, each takes the GPU of its number.

    Parameters
    ----------
    settings
        Their device and precision are used.
    launch
        Which of the processes this one is; ``local_rank`` is the number of its GPU.

    Raises
    ------
    UsageError
        A GPU was asked for by name and there is none.
    """
    device, bfloat16 = torch_device(settings.device), settings.precision == "bf16-mixed"
    if device.type == "cuda":
        number = launch.local_rank if launch.world_size > 1 else device.index
        device = torch.device("cuda", number)
        torch.cuda.set_device(device)
        bfloat16 |= fast_allowed() and torch.cuda.is_bf16_supported(including_emulation=False)
    return Engine(device, bfloat16)
