"""How many threads a job may use: a result's last digits depend on it, so it is the same wherever a job runs."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")

# Read when a library is loaded; the baseline kernels read the first at each call.
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def set_threads(threads: int) -> None:
    """Limit the threads of torch, BLAS and the baseline kernels in this process for good.

    Parameters
    ----------
    threads
        1 or more.
    """
    os.environ |= dict.fromkeys(_VARIABLES, str(threads))
    if torch := sys.modules.get("torch"):  # loaded later, it reads the variables
        torch.set_num_threads(threads)
    _libraries(len(sys.modules)).limit(limits=threads)


def available_processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def usual_threads() -> int:
    """Return how many threads a library takes where nobody limits it: what ``OMP_NUM_THREADS`` says, else one for each processor."""
    stated = os.environ.get("OMP_NUM_THREADS", "")
    return int(stated) if stated.isdecimal() and int(stated) else available_processors()


def in_threads(work: Callable[[Part], object], parts: Sequence[Part]) -> None:
    """Work on several parts at the same time, the first in this thread and each other in one of its own.

    Parameters
    ----------
    work
        What is done with a part; the time it spends outside Python's lock is what threads save.
    parts
        One or more.

    Raises
    ------
    BaseException
        What the work on a part raised, once all have ended.
    """
    first, *others = parts
    failures: list[BaseException] = []

    def guarded(part: Part) -> None:
        try:
            work(part)
        except BaseException as err:
            failures.append(err)

    # Not a pool, which takes twice as long to start and to stop.
    threads = [threading.Thread(target=guarded, args=(part,)) for part in others]
    for thread in threads:
        thread.start()
    try:
        work(first)
    finally:
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Limit the threads of torch, BLAS and the baseline kernels while the block runs.

    Parameters
    ----------
    threads
        1 or more.

    Examples
    --------
    >>> with limited_threads(1):
    ...     os.environ["OMP_NUM_THREADS"]
    '1'
    """
    before = {name: os.environ.get(name) for name in _VARIABLES}
    torch = sys.modules.get("torch")
    torch_before = torch.get_num_threads() if torch else None
    try:
        with _libraries(len(sys.modules)).limit(limits=threads):
            set_threads(threads)
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if torch := sys.modules.get("torch"):  # loaded inside the block, it knows its limit alone
            torch.set_num_threads(torch_before or usual_threads())


@lru_cache(maxsize=1)
def _libraries(modules: int) -> "ThreadpoolController":
    """Return the libraries with threads of their own that as many modules have loaded; to look for them takes 10 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
