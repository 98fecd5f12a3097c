"""Device, precision and processes, through Lightning Fabric.

Under torchrun the processes it started train one network together; otherwise there is one process.
"""

import logging
import os
from typing import TYPE_CHECKING, cast

import torch

from spectra_dl.errors import UsageError
from spectra_dl.training.settings import TrainingSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start_fabric(settings: TrainingSettings) -> "Fabric":
    """Return a launched Fabric for the device, precision and processes asked for.

    Raises
    ------
    UsageError
        A GPU was asked for by name and there is none.
    """
    kind = _device_kind(settings.device)
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment

    # Its remarks on launching are for programmers; what a user must know is raised as an error.
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    if "TORCHELASTIC_RUN_ID" in os.environ:
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // here
        fabric = Fabric(
            accelerator=kind, devices=here, num_nodes=nodes, strategy="ddp", precision=settings.precision
        )
    else:
        # The environment is named, or Fabric would look for a SLURM job around one process and complain.
        fabric = Fabric(
            accelerator=kind, devices=1, precision=settings.precision, plugins=[LightningEnvironment()]
        )
    fabric.launch()
    return fabric


def on_any_process(fabric: "Fabric", flag: bool) -> bool:
    """Return True on every process when ``flag`` is True on one."""
    return mean_over_processes(fabric, float(flag)) > 0


def mean_over_processes(fabric: "Fabric", value: float) -> float:
    """Return the mean of ``value`` over all processes, the same on each."""
    if fabric.world_size == 1:
        return value
    here = torch.tensor(value, dtype=torch.float64, device=fabric.device)
    mean = cast("torch.Tensor", fabric.all_reduce(here, reduce_op="mean"))
    return float(mean)


def _device_kind(device: str) -> str:
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise UsageError(
            "device 'cuda' was asked for and this machine has no usable GPU; choose 'cpu' or 'auto'"
        )
    return "cuda" if has_gpu and device != "cpu" else "cpu"
