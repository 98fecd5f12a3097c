"""How much memory this machine, or the part of it that a scheduler has lent, still has."""

from functools import cache
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_LARGEST_FREED = (32 << 20) - (1 << 16)  # bytes; larger blocks teach glibc nothing


def available_memory() -> int:
    """Return the bytes that new processes may use without swapping, a container's or a batch job's limit among the reasons."""
    import psutil

    free = int(psutil.virtual_memory().available)
    lent = _number(_CGROUP / "memory.max")
    used = _number(_CGROUP / "memory.current")
    return free if lent is None or used is None else max(0, min(free, lent - used))


def used_memory() -> int:
    """Return the bytes that this process holds in memory."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int:
    """Return the most bytes that this process ever held in memory; where nobody knows, what it holds now."""
    try:
        # The resource module would count in what the process held from which this one was started.
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return used_memory()
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return used_memory()


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdigit() else None


@cache
def keep_freed_memory() -> None:
    """Let blocks that are freed stay with the process, up to 64 MB of them.

    glibc gives what is freed back to the system, and fetches it anew page by page, until it has seen a block of almost 32 MB freed (mallopt(3),
    M_MMAP_THRESHOLD). This one is never written to, so it takes no memory.
    """
    import numpy as np

    np.empty(_LARGEST_FREED, dtype=np.uint8)
