"""A connection to a Dask scheduler whose workers fit, and what makes them unfit."""

import contextlib
import functools
import logging
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from spectra_dl.errors import EnvironmentFault, SpectraDLError, UsageError
from spectra_dl.execution.facts import device_kind, different_facts, process_facts

Client: TypeAlias = Any  # distributed's types are not whole

_LOG = logging.getLogger(__name__)
_CONNECT_SECONDS = 30
_WORKER_SECONDS = 1800  # a batch system may take its time
_PROCESS = uuid.uuid4().hex  # process numbers repeat between containers
START_A_WORKER = "dask worker ADDRESS --nthreads 1"
GO_ON = "finished jobs are kept where there is an --out: mend the cluster, and go on with the same command and --resume"


@contextlib.contextmanager
def connected(address: str, *, one_process_each: bool) -> Iterator[Client]:
    """Yield a client of the scheduler, whose workers fit; what still waits when the block ends is cancelled.

    Parameters
    ----------
    address
        Of the scheduler, or the path of its file.
    one_process_each
        Refuse workers that share a process.

    Raises
    ------
    UsageError
        Dask is not installed.
    EnvironmentFault
        Nobody answers, or the workers don't fit.
    """
    try:
        from distributed import Client as Connect
    except ImportError as err:
        raise UsageError(
            "a cluster needs Dask; install it with pip install 'spectra-dl[distributed]'"
        ) from err
    where = {"address" if _is_address(address) else "scheduler_file": address}
    with _quiet_dask():
        try:
            client = Connect(**where, timeout=_CONNECT_SECONDS, set_as_default=False)
        # Assertions and types: of a file that is no scheduler's, and of tls:// without certificates.
        except (OSError, ValueError, KeyError, TypeError, ImportError, AssertionError) as err:
            raise EnvironmentFault(
                f"--scheduler {address:.100}: no Dask scheduler answers there ({str(err)[:150] or type(err).__name__}); start one (dask scheduler), or check "
                "the address"
            ) from err
        try:
            with reachable():
                require_workers(client)
                _refuse_unfit_workers(client, one_process_each=one_process_each)
            yield client
        finally:
            # Dask's own, where the connection broke while jobs were submitted.
            with contextlib.suppress(OSError, RuntimeError):
                client.close(timeout=5)


def _is_address(text: str) -> bool:
    """Return whether an address is meant, after waiting for a scheduler's file that a starting one is about to write.

    Raises
    ------
    EnvironmentFault
        It is neither; Dask would wait for the file for ever.
    """
    if "://" in text or (":" in text and not Path(text).exists()):
        return True
    end = time.monotonic() + _CONNECT_SECONDS
    while not Path(text).is_file():
        if time.monotonic() > end:
            raise EnvironmentFault(
                f"--scheduler {text:.100}: no Dask scheduler answers there (there is no such file); start one (dask scheduler), or check the address"
            )
        time.sleep(0.2)
    return False


def require_workers(client: Client) -> None:
    """Wait until there is a worker.

    Raises
    ------
    EnvironmentFault
        None came.
    """
    if not client.nthreads():
        _LOG.warning("the scheduler has no workers yet; waiting for one (%s)", START_A_WORKER)
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except TimeoutError as err:
        raise EnvironmentFault(
            f"the scheduler has no workers; start one on each machine: {START_A_WORKER}"
        ) from err


def _refuse_unfit_workers(client: Client, *, one_process_each: bool) -> None:
    for worker, threads in client.nthreads().items():
        if threads != 1:
            raise EnvironmentFault(
                f"worker {worker} has {threads} threads; start workers with one each: {START_A_WORKER}"
            )
    processes: dict[str, str] = {}
    for worker, answer in client.run(_worker_facts, on_error="return").items():
        if isinstance(answer, Exception):
            raise EnvironmentFault(
                f"worker {worker} can't run spectra-dl ({type(answer).__name__}: {str(answer)[:150]}); install it there"
            )
        process, theirs = answer
        if problem := different_facts(theirs, facts()):
            raise EnvironmentFault(f"worker {worker} has {problem}; use workers that are alike")
        if one_process_each and process in processes:
            raise EnvironmentFault(
                f"workers {processes[process]} and {worker} share a process; start them as processes: {START_A_WORKER}"
            )
        processes[process] = worker


def _worker_facts() -> tuple[str, dict[str, str]]:
    """Return a worker's process, and what results depend on there."""
    return f"{_PROCESS}-{os.getpid()}", facts()


@contextlib.contextmanager
def _quiet_dask() -> Iterator[None]:
    """Keep Dask's own lines from standard error; what matters is said in an error."""
    from dask import config

    names = (
        "distributed",
        *(name for name in logging.root.manager.loggerDict if name.startswith("distributed.")),
    )
    before = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # Blocks of spectra are larger than what Dask warns of.
        with config.set({"distributed.admin.large-graph-warning-threshold": "1 PB"}):
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def reachable() -> Iterator[None]:
    """Say it in a sentence where the scheduler is lost while it is asked."""
    from distributed import CancelledError

    try:
        yield
    except SpectraDLError:
        raise
    except (OSError, CancelledError) as err:
        raise EnvironmentFault(f"the scheduler was lost; {GO_ON}") from err


@functools.cache
def facts() -> dict[str, str]:
    """Return what results depend on in a process, a graphics card among it."""
    return {**process_facts(), "device": device_kind()}
