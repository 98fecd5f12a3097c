"""Device and precision, through Lightning Fabric."""

import logging
from typing import TYPE_CHECKING

import torch

from spectra_dl.errors import UsageError
from spectra_dl.training.distributed.launch import Launch
from spectra_dl.training.settings import TrainingSettings

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
    kind = device_kind(settings.device)
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment

    # Its remarks on launching are for programmers; what a user must know is raised as an error.
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    gpu_per_process = kind == "cuda" and launch.world_size > 1
    # The environment is named, or Fabric would look for a SLURM job or torchrun around the process and take it over.
    fabric = Fabric(
        accelerator=kind,
        devices=[launch.local_rank] if gpu_per_process else 1,
        precision=settings.precision,
        plugins=[LightningEnvironment()],
    )
    fabric.launch()
    return fabric


def device_kind(device: str) -> str:
    """Return ``"cpu"`` or ``"cuda"`` for a device of the settings.

    Raises
    ------
    UsageError
        A GPU was asked for by name and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise UsageError(
            "device 'cuda' was asked for and this machine has no usable GPU; choose 'cpu' or 'auto'"
        )
    return "cuda" if has_gpu and device != "cpu" else "cpu"
