"""How much memory this machine, or the part of it that a scheduler has lent, still has."""

from functools import cache
from pathlib import Path

from spectra_dl.errors import EnvironmentFault
from spectra_dl.execution.threads import usual_threads

_CGROUP = Path("/sys/fs/cgroup")
_LARGEST_FREED = (32 << 20) - (1 << 16)  # bytes; larger blocks teach glibc nothing
#: Bytes that all libraries together need in one thread, and what the shell calls the limit: what training was measured to need, and some.
LIMITS = {"RLIMIT_AS": (1_800_000_000, "ulimit -v"), "RLIMIT_DATA": (700_000_000, "ulimit -d")}
_EACH_MORE_THREAD = 100_000_000  # its stack, its heap and its buffers of BLAS


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


def refuse_too_little_memory() -> None:
    """Refuse limits of this process below what libraries need: OpenBLAS asks for its 32 MB without end where it can't have them.

    Raises
    ------
    EnvironmentFault
        A limit on the address space or on the data of this process is too low.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    threads = usual_threads()
    for name, (least, shell_words) in LIMITS.items():
        limit, _ = resource.getrlimit(getattr(resource, name))
        need = least + (threads - 1) * _EACH_MORE_THREAD
        if limit != resource.RLIM_INFINITY and limit < need:
            fewer = f", or set OMP_NUM_THREADS=1, which needs {least / 1e9:.1f} GB" if threads > 1 else ""
            raise EnvironmentFault(
                f"not enough memory: this process may use {limit / 1e9:.2f} GB ({shell_words}), and the libraries it loads need {need / 1e9:.1f} GB with OMP_NUM_THREADS={threads}; raise that limit{fewer}"
            )


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
