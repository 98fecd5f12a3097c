"""Jobs on a Dask cluster."""

import contextlib
import logging
import platform
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.execution.executor import Item, Result
from spectra_dl.execution.threads import limited_threads
from spectra_dl.execution.window import MayTake, always, in_order
from spectra_dl.execution.worker import SharedWork, read_reply
from spectra_dl.storage.provenance import versions

# distributed's types are not whole.
Client: TypeAlias = Any
Future: TypeAlias = Any

_LOG = logging.getLogger(__name__)
_CONNECT_SECONDS = 30
_WORKER_SECONDS = 1800  # a batch system may take its time
_FEWEST_AHEAD = 16  # more workers may join
_ATTEMPTS = 2
_START_A_WORKER = "dask worker ADDRESS --nthreads 1"


@dataclass(frozen=True)
class ClusterExecutor:
    """Run jobs on the workers of a Dask scheduler; what jobs share is sent to each worker once.

    Workers must have the versions of this process on the same type of processor, or they are refused by name: results would differ in their
    last digits. Each must have one thread, because the threads of a process share torch's generator. Dask repeats the
    jobs of a worker that dies on another one.

    Whoever reaches the scheduler can run code on it and on its workers: keep it within a network you trust, or use ``tls://``.

    Attributes
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``, or the path of its scheduler file.
    threads
        Threads of torch and BLAS in each job.
    one_process_each
        Refuse workers that share a process; False is for work that doesn't mind.
    """

    address: str
    threads: int = 1
    one_process_each: bool = True
    local = False

    def finished(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield the number and result of each item as soon as it is finished; the scheduler sees all of them at once.

        Parameters
        ----------
        work, shared, items
            See `spectra_dl.execution.executor.Executor.finished`.

        Raises
        ------
        EnvironmentFault
            The cluster can't be reached or has no fitting workers, the scheduler is lost, or workers die over an item.
        """
        with _connected(self) as client:
            yield from _Run(client, self, SharedWork(work, shared)).finished(items)

    def in_order(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield the result of each item in the order of the items.

        Parameters
        ----------
        work, shared, items
            See `spectra_dl.execution.executor.Executor.in_order`.

        Raises
        ------
        EnvironmentFault
            As `finished`.
        """
        with _connected(self) as client:
            run = _Run(client, self, SharedWork(work, shared))
            yield from in_order(run.finished, items, ahead=max(_FEWEST_AHEAD, 2 * len(client.nthreads())))


class _Run:
    """One piece of work on a cluster."""

    def __init__(self, client: Client, executor: ClusterExecutor, shared: SharedWork) -> None:
        self._client, self._shared = client, shared
        self._how = _How(executor.threads, facts())
        self._name, self._sent = uuid.uuid4().hex, self._send()

    def finished(self, items: Iterable[Any], may_take: MayTake = always) -> Iterator[tuple[int, Any]]:
        """Yield the number and result of each item as soon as it is finished."""
        from distributed import as_completed

        entries, waiting = enumerate(items), as_completed(loop=self._client.loop)
        running: dict[str, tuple[int, Any]] = {}
        lost: dict[int, int] = {}
        entry = next(entries, None)
        while entry is not None or running:
            while entry is not None and may_take(entry[0]):
                waiting.add(self._submit(*entry, attempt=0, running=running))
                entry = next(entries, None)
            future = next(waiting)
            number, item = running.pop(future.key)
            if future.status in ("cancelled", "lost"):
                lost[number] = lost.get(number, 0) + 1
                self._recover(number, lost[number])
                waiting.add(self._submit(number, item, attempt=lost[number], running=running))
                continue
            yield number, read_reply(_content(future, number)).result

    def _submit(
        self, number: int, item: object, *, attempt: int, running: dict[str, tuple[int, Any]]
    ) -> Future:
        key = f"spectra-dl-{self._name}-{number}-{attempt}"
        running[key] = (number, item)
        return self._client.submit(run_on_worker, self._sent, item, self._how, key=key, pure=False)

    def _send(self) -> Future:
        return self._client.scatter(self._shared, broadcast=True, hash=False)

    def _recover(self, number: int, times: int) -> None:
        """Send what all jobs share again, where every worker that had it is gone; give up where the scheduler is, or workers die again."""
        if self._client.status == "running" and times < _ATTEMPTS:
            with contextlib.suppress(OSError, TimeoutError, EnvironmentFault):
                _require_workers(self._client)
                self._sent = self._send()
                return
        happened = "workers died" if self._client.status == "running" else "the scheduler was lost"
        raise EnvironmentFault(
            f"{happened} while job {number + 1} was worked on; finished jobs are kept where there is an --out: mend the cluster, and go on with the "
            "same command and --resume"
        )


@dataclass(frozen=True)
class _How:
    """What each job is told besides its work: threads, and what the worker must be."""

    threads: int
    facts: Mapping[str, str]


def facts() -> dict[str, str]:
    """Return what results depend on in a process: versions and the type of processor."""
    return {**versions(), "processor": platform.machine()}


def run_on_worker(shared: SharedWork, item: object, how: _How) -> bytes:
    """Run an item on a worker, and return its packed reply.

    Parameters
    ----------
    shared
        What was sent to the worker.
    item
        One of its items.
    how
        Threads, and what the worker must be.

    Raises
    ------
    EnvironmentFault
        The worker, which may have joined late, has other versions.
    """
    if problem := different_facts(facts(), how.facts):
        raise EnvironmentFault(f"a worker has {problem}; install the same versions there")
    if (threads := _threads_of_this_worker()) != 1:
        raise EnvironmentFault(
            f"a worker has {threads} threads; start workers with one each: {_START_A_WORKER}"
        )
    with limited_threads(how.threads):
        return shared.reply(item)


def _threads_of_this_worker() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def different_facts(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Return what differs between a worker and this process, for a message; empty where nothing does.

    Parameters
    ----------
    theirs, ours
        From `facts`.

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


def _content(future: Future, number: int) -> bytes:
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        raise EnvironmentFault(
            f"workers died while job {number + 1} was worked on, mostly for want of memory; finished jobs are kept where there is an --out: give "
            "workers more memory, and go on with the same command and --resume"
        ) from error
    if error is not None:
        raise error
    content: bytes = future.result()
    return content


@contextlib.contextmanager
def _connected(executor: ClusterExecutor) -> Iterator[Client]:
    """Yield a client of the scheduler, whose workers fit; what still runs when the block ends is cancelled."""
    try:
        from distributed import Client as Connect
    except ImportError as err:
        raise UsageError(
            "a cluster needs Dask; install it with pip install 'spectra-dl[distributed]'"
        ) from err
    where: dict[str, str] = (
        {"scheduler_file": executor.address}
        if Path(executor.address).is_file()
        else {"address": executor.address}
    )
    with _quiet_dask():
        try:
            client = Connect(**where, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError, KeyError, ImportError) as err:
            raise EnvironmentFault(
                f"--scheduler {executor.address:.100}: no Dask scheduler answers there ({str(err)[:150]}); start one (dask scheduler), or check "
                "the address"
            ) from err
        try:
            _require_workers(client)
            _refuse_unfit_workers(client, executor)
            yield client
        finally:
            client.close(timeout=5)


def _require_workers(client: Client) -> None:
    if not client.nthreads():
        _LOG.warning("the scheduler has no workers yet; waiting for one (%s)", _START_A_WORKER)
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except TimeoutError as err:
        raise EnvironmentFault(
            f"the scheduler has no workers; start one on each machine: {_START_A_WORKER}"
        ) from err


def _refuse_unfit_workers(client: Client, executor: ClusterExecutor) -> None:
    for worker, threads in client.nthreads().items():
        if threads != 1:
            raise EnvironmentFault(
                f"worker {worker} has {threads} threads; start workers with one each: {_START_A_WORKER}"
            )
    processes: dict[object, str] = {}
    for worker, answer in client.run(process_facts, on_error="return").items():
        if isinstance(answer, Exception):
            raise EnvironmentFault(
                f"worker {worker} can't run spectra-dl ({type(answer).__name__}: {str(answer)[:150]}); install it there"
            )
        process, theirs = answer
        if problem := different_facts(theirs, facts()):
            raise EnvironmentFault(f"worker {worker} has {problem}; install the same versions there")
        if executor.one_process_each and process in processes:
            raise EnvironmentFault(
                f"workers {processes[process]} and {worker} share a process; start them as processes: {_START_A_WORKER}"
            )
        processes[process] = worker


def process_facts() -> tuple[tuple[str, int], dict[str, str]]:
    """Return a worker's machine and process, and what results depend on there."""
    import os

    return (platform.node(), os.getpid()), facts()


@contextlib.contextmanager
def _quiet_dask() -> Iterator[None]:
    """Keep Dask's own lines from standard error; what matters is said in an error."""
    names = (
        "distributed",
        *(name for name in logging.root.manager.loggerDict if name.startswith("distributed.")),
    )
    before = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
