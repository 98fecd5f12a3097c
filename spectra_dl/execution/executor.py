"""What runs jobs, and the simplest one that does: this process, one job after another."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from spectra_dl.execution.threads import limited_threads

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs a function on many items. What all of them need is handed to each worker once.

    Every executor gives the same results, to the bit, on one type of processor with the same versions and number of threads.
    """

    @property
    def threads(self) -> int:
        """Threads of torch and BLAS in each job."""

    @property
    def local(self) -> bool:
        """True where jobs run on this machine, and so see its files."""

    def finished(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield the number and result of each item as soon as it is finished, in any order.

        Parameters
        ----------
        work
            Takes ``shared`` and an item; a function of a module.
        shared
            What all items need, sent to each worker once.
        items
            All are taken at once.
        """

    def in_order(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield the result of each item in the order of the items, of which only a few are taken ahead.

        Parameters
        ----------
        work, shared
            As in `finished`.
        items
            May be endless.
        """


@dataclass(frozen=True)
class SerialExecutor:
    """Run jobs in this process, one after another.

    Attributes
    ----------
    threads
        Threads of torch and BLAS in each job.

    Examples
    --------
    >>> list(SerialExecutor().in_order(pow, 2, [1, 2, 3]))
    [2, 4, 8]
    """

    threads: int = 1
    local = True

    def finished(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield the number and result of each item.

        Parameters
        ----------
        work, shared, items
            See `Executor.finished`.
        """
        return enumerate(self.in_order(work, shared, items))

    def in_order(
        self, work: Callable[[Any, Item], Result], shared: object, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield the result of each item.

        Parameters
        ----------
        work, shared, items
            See `Executor.in_order`.
        """
        with limited_threads(self.threads):
            for item in items:
                yield work(shared, item)
