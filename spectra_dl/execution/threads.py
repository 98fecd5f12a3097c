"""How many threads a job may use: a result's last digits depend on it, so it is the same wherever a job runs."""

import contextlib
import os
import sys
from collections.abc import Iterator

# Read when a library is loaded; the baseline kernels read the first at each call.
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def set_threads(threads: int) -> None:
    """Limit the threads of torch, BLAS and the baseline kernels in this process for good.

    Parameters
    ----------
    threads
        1 or more.
    """
    from threadpoolctl import threadpool_limits

    os.environ |= dict.fromkeys(_VARIABLES, str(threads))
    if torch := sys.modules.get("torch"):  # loaded later, it reads the variables
        torch.set_num_threads(threads)
    threadpool_limits(threads)


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
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in _VARIABLES}
    torch = sys.modules.get("torch")
    torch_before = torch.get_num_threads() if torch else None
    try:
        with threadpool_limits(threads):
            set_threads(threads)
            yield
    finally:
        if torch:
            torch.set_num_threads(torch_before)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
