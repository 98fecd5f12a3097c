"""Jobs on a Dask cluster."""

import contextlib
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from spectra_dl.errors import EnvironmentFault, SpectraDLError
from spectra_dl.execution.cluster_connection import (
    GO_ON,
    START_A_WORKER,
    Client,
    connected,
    facts,
    reachable,
    require_workers,
)
from spectra_dl.execution.executor import Item, Result
from spectra_dl.execution.facts import different_facts
from spectra_dl.execution.threads import limited_threads
from spectra_dl.execution.transport import packed, unpacked
from spectra_dl.execution.window import Feed, MayTake, always, in_order
from spectra_dl.execution.worker import SharedWork, known_work, read_reply

Future: TypeAlias = Any  # distributed's types are not whole

_FEWEST_AHEAD = 16  # more workers may join
_ATTEMPTS = 2
_AT_ONCE = 64  # results that are fetched together
_TOGETHER, _BYTES_TOGETHER = 1000, 2**23  # jobs that are submitted together
_SECONDS_BETWEEN_LOOKS = 0.005


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
        with connected(self.address, one_process_each=self.one_process_each) as client:
            yield from _Run(client, self, _SentWork(work, shared)).finished(items)

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
        with connected(self.address, one_process_each=self.one_process_each) as client:
            run = _Run(client, self, _SentWork(work, shared))
            with reachable():
                workers = len(client.nthreads())
            yield from in_order(run.finished, items, ahead=max(_FEWEST_AHEAD, 2 * workers))


class _SentWork(SharedWork):
    """Keeps its bytes: a worker that joins late gets it from one that has worked with it, which may have made it unfit to be sent."""

    def __init__(self, work: Callable[[Any, Any], Any], shared: object) -> None:
        super().__init__(work, shared)
        self._kept = self._content

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_content": self._kept, "_work": None}


class _Run:
    """One piece of work on a cluster."""

    def __init__(self, client: Client, executor: ClusterExecutor, shared: _SentWork) -> None:
        self._client, self._shared = client, shared
        self._how = _How(executor.threads, facts(), os.getcwd())
        self._name = uuid.uuid4().hex
        self._submitted = self._losses = 0
        self._running: dict[str, tuple[int, bytes, Future]] = {}
        with reachable():
            self._sent = self._send()

    def finished(self, items: Iterable[Any], may_take: MayTake = always) -> Iterator[tuple[int, Any]]:
        """Yield the number and result of each item as soon as it is finished."""
        from distributed import as_completed

        feed, waiting = Feed(items, may_take), as_completed(loop=self._client.loop)
        while True:
            waiting.update(self._submit(_packed_together(feed)))
            if not self._running:
                return
            if feed.may_go_on() and not waiting.has_ready():
                self._refuse_lost_scheduler()
                continue
            futures = [self._following(waiting)]
            while len(futures) < _AT_ONCE and waiting.has_ready():
                futures.append(next(waiting))
            contents = self._contents(futures)
            yield from self._results(contents)
            waiting.update(self._submit([self._again(each) for each in futures if each.key not in contents]))

    def _submit(self, entries: Sequence[tuple[int, bytes]]) -> Sequence[Future]:
        if not entries:
            return ()
        keys = [f"spectra-dl-{self._name}-{self._submitted + place}" for place in range(len(entries))]
        self._submitted += len(entries)
        self._running |= {key: (*entry, self._sent) for key, entry in zip(keys, entries, strict=True)}
        contents = [content for _, content in entries]
        futures: Sequence[Future] = self._client.map(
            run_on_worker, contents, key=keys, pure=False, shared=self._sent, how=self._how
        )
        return futures

    def _following(self, waiting: Iterator[Future]) -> Future:
        """Return the next future that is done; where the connection broke, Dask may leave some undone for ever."""
        while not waiting.has_ready():  # type: ignore[attr-defined]
            self._refuse_lost_scheduler()
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        return next(waiting)

    def _refuse_lost_scheduler(self) -> None:
        if self._client.status != "running":
            number, _, _ = next(iter(self._running.values()))
            raise EnvironmentFault(f"the scheduler was lost while job {number + 1} was worked on; {GO_ON}")

    def _send(self) -> Future:
        return self._client.scatter(self._shared, broadcast=True, hash=False)

    def _contents(self, futures: Sequence[Future]) -> dict[str, bytes]:
        """Return the packed replies by key; those of failed and lost jobs are missing."""
        from distributed import CancelledError

        complete = {future.key: future for future in futures if future.status == "finished"}
        if not complete:
            return {}
        try:
            contents = self._client.gather(complete, errors="skip")
        except (OSError, CancelledError):  # the scheduler is lost
            return {}
        return {key: content for key, content in contents.items() if content is not None}

    def _results(self, contents: Mapping[str, bytes]) -> Iterator[tuple[int, Any]]:
        """Yield results, and only then raise what a job raised: those that came with it are kept."""
        errors = []
        for key, content in contents.items():
            number, _, _ = self._running.pop(key)
            try:
                result = read_reply(content).result
            except Exception as err:
                errors.append(err)
                continue
            self._losses = 0
            yield number, result
        if errors:
            raise errors[0]

    def _again(self, future: Future) -> tuple[int, bytes]:
        """Return a lost job, to be submitted once more; what all jobs share is sent again where no worker has it any longer."""
        number, item, sent = self._running[future.key]
        if future.status == "error":
            raise _fault(future.exception(), number)
        self._refuse_lost_scheduler()
        del self._running[future.key]
        if sent is self._sent:  # not yet sent again for another job of the same loss
            self._losses += 1  # since a job was last finished
            if self._losses >= _ATTEMPTS:
                raise EnvironmentFault(f"workers died while job {number + 1} was worked on; {GO_ON}")
            with reachable():
                require_workers(self._client)
                self._sent = self._send()
        return number, item


def _packed_together(feed: Feed) -> list[tuple[int, bytes]]:
    """Return the following items, as many as go well into one message.

    Packed, since the scheduler takes jobs apart and needn't know what an item is.
    """
    taken: list[tuple[int, bytes]] = []
    size = 0
    while len(taken) < _TOGETHER and size < _BYTES_TOGETHER and (entry := feed.take()):
        number, item = entry
        taken.append((number, packed(item)))
        size += len(taken[-1][1])
    return taken


@dataclass(frozen=True)
class _How:
    """What each job is told besides its work: threads, what the worker must be, and the folder that paths begin in."""

    threads: int
    facts: dict[str, str]
    folder: str


def run_on_worker(item: bytes, shared: SharedWork, how: _How) -> bytes:
    """Run an item on a worker, and return its packed reply.

    Parameters
    ----------
    item
        Packed.
    shared
        What was sent to the worker.
    how
        Threads, and what the worker must be.

    Raises
    ------
    EnvironmentFault
        The worker, which may have joined late, has other versions.
    """
    if problem := different_facts(facts(), how.facts):
        raise EnvironmentFault(f"{_this_worker()} has {problem}; use workers that are alike")
    if (threads := _threads_of_this_worker()) != 1:
        raise EnvironmentFault(
            f"{_this_worker()} has {threads} threads; start workers with one each: {START_A_WORKER}"
        )
    # Where a disk is shared, paths mean the same there as here.
    folder = contextlib.chdir(how.folder) if os.path.isdir(how.folder) else contextlib.nullcontext()
    with limited_threads(how.threads), folder:
        return known_work(shared).reply(unpacked(item))


def _this_worker() -> str:
    return f"the worker on {platform.node()} with process number {os.getpid()}"


def _threads_of_this_worker() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _fault(error: BaseException, number: int) -> Exception:
    """Return what is to be raised for an error of Dask's own, or of `run_on_worker`."""
    from distributed import KilledWorker

    if isinstance(error, SpectraDLError):
        return error
    if isinstance(error, KilledWorker):
        return EnvironmentFault(
            f"workers died while job {number + 1} was worked on, mostly for want of memory; finished jobs are kept where there is an --out: give "
            "workers more memory, and go on with the same command and --resume"
        )
    cause = error.__cause__ or error
    return EnvironmentFault(
        f"the cluster can't begin job {number + 1} ({type(cause).__name__}: {str(cause)[:150]}); install the same versions of spectra-dl and Dask "
        "with its scheduler and workers"
    )
