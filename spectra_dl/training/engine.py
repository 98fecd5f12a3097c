"""Device and precision, through Lightning Fabric."""

import logging
from typing import TYPE_CHECKING

import torch

from spectra_dl.execution.facts import fast_allowed, torch_device
from spectra_dl.training.distributed.launch import Launch
from spectra_dl.training.settings import Precision, TrainingSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start_fabric(settings: TrainingSettings, launch: Launch) -> "Fabric":
    """Return a launched Fabric for the device and precision asked for.

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
    device = torch_device(settings.device)
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment

    # Its remarks on launching are for programmers; what a user must know is raised as an error.
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    on_gpu = device.type == "cuda"
    number = launch.local_rank if launch.world_size > 1 else device.index
    # The environment is named, or Fabric would look for a SLURM job or torchrun around the process and take it over.
    fabric = Fabric(
        accelerator=device.type,
        devices=[number] if on_gpu else 1,
        precision=_precision(settings.precision) if on_gpu else settings.precision,
        plugins=[LightningEnvironment()],
    )
    fabric.launch()
    return fabric


def _precision(asked: Precision) -> Precision:
    """Return bfloat16 where a GPU may use it and has units for it."""
    probed = fast_allowed() and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if probed else asked
