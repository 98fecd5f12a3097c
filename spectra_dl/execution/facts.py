"""What results depend on in a process besides data and options: versions, the processor, and a graphics card."""

import platform

from spectra_dl.storage.provenance import versions


def process_facts() -> dict[str, str]:
    """Return by name what must be the same in two processes for them to compute the same bytes.

    The processor is known by the name that its compiler has for it, since kernels are compiled for it.
    """
    from llvmlite import binding

    processor = f"{platform.system()} {platform.machine()} {binding.get_host_cpu_name()}"
    return {**versions(), "processor": processor}


def device_kind() -> str:
    """Return where torch computes when it is asked to choose: ``cuda`` or ``cpu``. Loads torch."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


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
