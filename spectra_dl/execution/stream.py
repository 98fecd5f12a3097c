"""Work on a stream of items, of which never more than a few are in memory, in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from spectra_dl.execution.run import Execution, JobLog

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class StreamedJobs(Generic[Item, Result]):
    """A function that is run on each item of a stream.

    Attributes
    ----------
    work
        Takes ``shared`` and an item; a function of a module.
    shared
        What all items need.
    what
        What an item is, for the log and the journal.
    record_types
        The dataclasses that a result is made of, for the journal.
    """

    work: Callable[[Any, Item], Result]
    shared: object
    what: str
    record_types: tuple[type, ...] = ()

    def run(self, items: Iterable[Item], execution: Execution) -> Iterator[tuple[Item, Result]]:
        """Yield each item with its result, in order; those that the journal holds from the beginning on are taken from there.

        Parameters
        ----------
        items
            May be endless.
        execution
            Where the work is done, and the journal of what is finished.
        """
        items, journal = iter(items), execution.journal
        taken: deque[Item] = deque()

        def remembered() -> Iterator[Item]:
            for item in items:
                taken.append(item)
                yield item

        number = 0
        log = JobLog()
        if journal:
            for item in remembered():
                kept = journal.read(self._title(number), self.record_types)
                if kept is None:
                    items = chain([item], items)
                    taken.clear()
                    break
                yield taken.popleft(), kept[0]
                number += 1
        for result in execution.executor.in_order(self.work, self.shared, remembered()):
            title = self._title(number)
            if journal:
                journal.write(title, result, self.record_types)
            yield taken.popleft(), result
            number += 1
            log.finished(title)

    def _title(self, number: int) -> str:
        return f"{self.what} {number + 1}"
