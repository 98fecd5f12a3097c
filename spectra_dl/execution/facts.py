"""What results depend on in a process besides data: versions, the processor, and the device that torch computes on."""

import contextlib
import os
import platform
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spectra_dl.errors import UsageError
from spectra_dl.storage.provenance import versions

if TYPE_CHECKING:
    import torch

_DEVICE, _FAST = "SPECTRA_DL_DEVICE", "SPECTRA_DL_FAST"


def process_facts() -> dict[str, str]:
    """Return by name what must be the same in two processes for them to compute the same bytes.

    The processor is known by the name that its compiler has for it, since kernels are compiled for it.
    """
    from llvmlite import binding

    processor = f"{platform.system()} {platform.machine()} {binding.get_host_cpu_name()}"
    return {**versions(), "processor": processor}


def checked_device(name: str) -> str:
    """Return the name of a device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    UsageError
        It is another.

    Examples
    --------
    >>> checked_device("cuda:1")
    'cuda:1'
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", name):
        raise UsageError(
            f"device {name!r:.40} is unknown; give auto, cpu, cuda or cuda:N, N the number of a GPU from 0"
        )
    return name


@contextlib.contextmanager
def chosen_device(name: str, *, fast: bool = False) -> Iterator[None]:
    """Choose what ``auto`` stands for while the block runs, here and in the processes that work for this one.

    Parameters
    ----------
    name
        See `checked_device`.
    fast
        Whether a GPU may round products to fewer digits (TF32, bfloat16) and use what gives other last digits each time.

    Raises
    ------
    UsageError
        A GPU is named that is not there.
    """
    if checked_device(name).startswith("cuda"):
        torch_device(name)
    before = device_choice()
    adopt_device((name, "1" if fast else ""))
    try:
        yield
    finally:
        adopt_device(before)


def device_choice() -> tuple[str, str]:
    """Return what `adopt_device` takes in another process."""
    return os.environ.get(_DEVICE, "auto"), os.environ.get(_FAST, "")


def adopt_device(choice: tuple[str, str]) -> None:
    """Choose as another process did, which said so by `device_choice`."""
    os.environ[_DEVICE], os.environ[_FAST] = choice


def fast_allowed() -> bool:
    """Return whether a GPU may round products to fewer digits and be undetermined in the last ones."""
    return device_choice()[1] == "1"


def torch_device(name: str = "auto") -> "torch.device":
    """Return the device that torch computes on; on a GPU the digits are those of float32 unless fewer are allowed.

    Parameters
    ----------
    name
        See `checked_device`; ``auto`` takes what was chosen for this process, else a GPU where there is one. A device that is named must
        be there.

    Raises
    ------
    UsageError
        A GPU is named that is not there.
    """
    import torch

    name = device_choice()[0] if checked_device(name) == "auto" else name
    count = torch.cuda.device_count() if name != "cpu" and torch.cuda.is_available() else 0
    kind, _, number = checked_device(name).partition(":")
    if kind == "cuda" and not count:
        raise UsageError(
            f"device {name!r} was asked for and this machine has no usable GPU; choose 'cpu' or 'auto'"
        )
    if number and int(number) >= count:
        raise UsageError(
            f"device {name!r} was asked for and this machine has {count} GPUs, counted from 0; choose one of them, 'cpu' or 'auto'"
        )
    if not count:
        return torch.device("cpu")
    set_exactness(fast=fast_allowed())
    return torch.device("cuda", int(number or 0))


def set_exactness(*, fast: bool) -> None:
    """Say what a GPU may do to the digits, for this process.

    Parameters
    ----------
    fast
        Whether products may be rounded to fewer digits, and whether what gives other last digits each time may be used. If not, whatever
        has no other way warns.
    """
    import torch

    os.environ.setdefault(
        "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
    )  # read when cuBLAS is begun; without it sums may differ
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = fast
    torch.backends.cudnn.benchmark = fast
    torch.use_deterministic_algorithms(not fast, warn_only=True)


def device_kind() -> str:
    """Return where torch computes when it is asked to choose: ``cuda`` or ``cpu``. Loads torch."""
    return torch_device().type


def different_facts(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """Return what differs between a worker and this process, for a message; empty where nothing does.

    Parameters
    ----------
    theirs, ours
        From `process_facts`.

    Examples
    --------
    >>> different_facts({"numpy": "2.4.6"}, {"numpy": "2.5.1"})
    'numpy 2.4.6, here 2.5.1'
    """
    return ", ".join(
        f"{name} {theirs.get(name, 'none')}, here {ours[name]}"
        for name in sorted(ours)
        if theirs.get(name) != ours[name]
    )
