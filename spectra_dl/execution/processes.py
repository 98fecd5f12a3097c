"""Jobs in several processes of this machine."""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from multiprocessing.connection import wait as wait_for
from typing import Any

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.execution.available_memory import available_memory, used_memory
from spectra_dl.execution.executor import Item, Result
from spectra_dl.execution.threads import available_processors, set_threads
from spectra_dl.execution.window import Feed, MayTake, always, in_order
from spectra_dl.execution.worker import SharedWork, read_reply

_LOG = logging.getLogger(__name__)
_ATTEMPTS, _WITHOUT_WORK = 2, -1
_MOST_ON_WINDOWS = 61  # its system waits for no more at a time
_SECONDS_TO_END = 5.0
_QUEUED = 2  # items that wait for a worker while results are wanted in order
# Forked from a process that has loaded the modules once; elsewhere libraries of the system don't bear it.
_START = "forkserver" if sys.platform == "linux" else "spawn"
_Entry = tuple[int, Any]

_shared: SharedWork | None = None


def load_ahead(modules: Sequence[str]) -> None:
    """Begin to load modules for the processes of later jobs, which then share their memory; where those can't be forked, do nothing.

    Parameters
    ----------
    modules
        Names; one that can't be loaded is left to the jobs.
    """
    if _START == "spawn":
        return
    from multiprocessing.forkserver import ensure_running, set_forkserver_preload

    set_forkserver_preload(list(modules))
    # Ctrl-C is for this process; the other would print where it was.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with contextlib.suppress(OSError):  # the first job says so
            ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class ProcessExecutor:
    """Run jobs in processes of this machine, each with its own copy of what they share.

    A job whose process dies runs once more in another; if that dies too, the run ends. Where memory is short for all processes, fewer
    jobs run at a time, as one job's use of memory shows.

    Attributes
    ----------
    jobs
        Processes; 0 takes as many as this process may use processors.
    threads
        Threads of torch and BLAS in each.
    """

    jobs: int = 0
    threads: int = 1
    local = True

    def __post_init__(self) -> None:
        if self.jobs < 0 or self.threads < 1:
            raise UsageError(
                f"jobs={self.jobs}, threads={self.threads}: give 0 jobs (one for each processor) or more, and 1 thread or more"
            )

    @property
    def workers(self) -> int:
        """How many processes there are at most."""
        wanted = self.jobs or available_processors()
        return min(wanted, _MOST_ON_WINDOWS) if sys.platform == "win32" else wanted

    def finished(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield the number and result of each item as soon as it is finished.

        Parameters
        ----------
        work, shared, items
            See `spectra_dl.execution.executor.Executor.finished`.

        Raises
        ------
        EnvironmentFault
            A process died twice over the same item.
        """
        return _Pool(self, SharedWork(work, shared)).finished(items)

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
            A process died twice over the same item.
        """
        pool = _Pool(self, SharedWork(work, shared), queued=_QUEUED)
        return in_order(pool.finished, items, ahead=2 * self.workers + _QUEUED)


class _Pool:
    """The processes of one piece of work, replaced when one of them dies."""

    def __init__(self, executor: ProcessExecutor, shared: SharedWork, queued: int = 0) -> None:
        self._executor, self._shared, self._queued = executor, shared, queued
        self._memory = available_memory()
        # A worker loads what this process has loaded, and works with it.
        self._guess, self._measured = 2 * used_memory(), 0
        self._said = executor.workers
        # What ran when a process died runs alone until it is done, so that nobody is blamed for another's end.
        self._suspects: set[int] = set()
        self._asked = threading.Event()  # a process has asked for what jobs share, and so has begun

    def finished(self, items: Iterable[Any], may_take: MayTake = always) -> Iterator[tuple[int, Any]]:
        """Yield the number and result of each item as soon as it is finished."""
        feed, deaths, complete = Feed(items, may_take), Counter[int](), False
        with _brought_to_workers(self._shared, self._asked) as address:
            while not complete:
                running: dict[Future[bytes], _Entry] = {}
                self._asked.clear()
                before = set(multiprocessing.active_children())
                pool = self._started(address)
                try:
                    yield from self._results(pool, feed, running)
                    complete = True
                except BrokenProcessPool as err:
                    self._take_back(running, feed, deaths, err)
                finally:
                    # They have nothing to put in order, and take a second to leave by themselves.
                    _kill(set(multiprocessing.active_children()) - before)
                    pool.shutdown(cancel_futures=True)

    def _started(self, address: str) -> ProcessPoolExecutor:
        try:
            return ProcessPoolExecutor(
                self._executor.workers,
                multiprocessing.get_context(_START),
                _begin_worker,
                (address, self._executor.threads),
            )
        except (NotImplementedError, OSError) as err:
            raise EnvironmentFault(
                f"no processes can work together here ({str(err)[:150]}); leave --jobs out"
            ) from err

    def _results(
        self, pool: ProcessPoolExecutor, feed: Feed, running: dict[Future[bytes], _Entry]
    ) -> Iterator[tuple[int, Any]]:
        while True:
            while len(running) < self._at_a_time() and (entry := feed.take()):
                try:
                    running[pool.submit(_run, entry[1])] = entry
                # Starting a process in a pool that breaks at that moment raises any of these.
                except (BrokenProcessPool, OSError, ValueError) as err:
                    feed.give_back([entry])
                    raise BrokenProcessPool(str(err)) from err
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                reply = read_reply(future.result())
                number, _ = running.pop(future)
                self._suspects.discard(number)
                self._measured = max(self._measured, reply.peak_memory)
                yield number, reply.result

    def _at_a_time(self) -> int:
        workers, per_job = self._executor.workers, self._measured or self._guess
        allowed = max(1, min(workers, self._memory // per_job))
        if allowed < self._said:
            self._said = allowed
            _LOG.warning(
                "%d jobs at a time instead of %d: one needs about %.1f GB of memory, and %.1f GB are free",
                allowed,
                workers,
                per_job / 1e9,
                self._memory / 1e9,
            )
        if self._suspects:
            return 1
        return allowed + (self._queued if allowed == workers else 0)

    def _take_back(
        self,
        running: dict[Future[bytes], _Entry],
        feed: Feed,
        deaths: Counter[int],
        err: BrokenProcessPool,
    ) -> None:
        """Let what ran beside a process that died run once more, or give up."""
        begun = self._asked.is_set()
        deaths.update([number for number, _ in running.values()] if begun else [_WITHOUT_WORK])
        if deaths[_WITHOUT_WORK] >= _ATTEMPTS:
            raise EnvironmentFault(
                "processes die before they have begun to work; leave --jobs out, and put what a script of your own does under if __name__ == "
                '"__main__":'
            ) from err
        number, count = deaths.most_common(1)[0]
        if count >= _ATTEMPTS:
            raise EnvironmentFault(
                f"a process that worked on job {number + 1} died, and again when the job was repeated, mostly for want of memory; give fewer "
                "--jobs, or split the input"
            ) from err
        feed.give_back(sorted(running.values(), key=lambda entry: entry[0]))
        if begun:
            self._suspects |= {number for number, _ in running.values()}
        _LOG.warning("a process died (mostly for want of memory); what it worked on is repeated in another")


@contextlib.contextmanager
def _brought_to_workers(shared: SharedWork, asked: threading.Event) -> Iterator[str]:
    """Yield the address at which each new process gets what jobs share.

    It doesn't go with the process's own start: that would wait forever for one that dies before it has read all.
    """
    key, ended = multiprocessing.current_process().authkey, threading.Event()
    listener = Listener(authkey=key)
    bringing = threading.Thread(target=_bring, args=(listener, shared, asked, ended), daemon=True)
    bringing.start()
    try:
        yield str(listener.address)
    finally:
        ended.set()
        # Greeted by a thread of its own: where a process that is just ending was taken for it, nobody would answer here.
        threading.Thread(target=_greet, args=(str(listener.address), key), daemon=True).start()
        bringing.join(_SECONDS_TO_END)
        listener.close()  # lets go of who still waits for an answer


def _bring(listener: Listener, shared: SharedWork, asked: threading.Event, ended: threading.Event) -> None:
    """Send what jobs share to each process that asks, until one asks after the end."""
    while True:
        try:
            connection = listener.accept()
        except (EOFError, ConnectionError, multiprocessing.AuthenticationError):
            continue  # it died while it greeted; the others still come
        except OSError:
            return  # the listener is closed
        if ended.is_set():
            connection.close()
            return
        asked.set()
        threading.Thread(target=_send, args=(connection, shared.content), daemon=True).start()


def _greet(address: str, key: bytes) -> None:
    with contextlib.suppress(OSError, EOFError, multiprocessing.AuthenticationError):
        Client(address, authkey=key).close()


def _send(connection: Connection, content: bytes) -> None:
    with contextlib.suppress(OSError), connection:
        connection.send_bytes(content)


def _begin_worker(address: str, threads: int) -> None:
    global _shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started it ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_threads(threads)
    with Client(address, authkey=multiprocessing.current_process().authkey) as connection:
        _shared = SharedWork.of(connection.recv_bytes())


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, however that was."""
    if parent := multiprocessing.parent_process():
        wait_for([parent.sentinel])
    os._exit(1)


def _run(item: object) -> bytes:
    assert isinstance(_shared, SharedWork)
    return _shared.reply(item)


def _kill(processes: Iterable[multiprocessing.process.BaseProcess]) -> None:
    for process in processes:
        process.kill()
