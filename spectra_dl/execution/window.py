"""Results in the order of their items, of which only a few are taken ahead of the one that is waited for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Result = TypeVar("Result")
MayTake = Callable[[int], bool]


def always(number: int) -> bool:
    """Let any item be taken."""
    return True


class Feed:
    """Items with their numbers, one at a time: first those that are given back, then new ones as far as they may be taken.

    Parameters
    ----------
    items
        May be endless.
    may_take
        Says of an item's number whether it may be taken yet.

    Examples
    --------
    >>> feed = Feed("ab", always)
    >>> feed.give_back([(7, "c")])
    >>> feed.take(), feed.take(), feed.take(), feed.take()
    ((7, 'c'), (0, 'a'), (1, 'b'), None)
    """

    def __init__(self, items: Iterable[Any], may_take: MayTake) -> None:
        self._entries, self._may_take = enumerate(items), may_take
        self._waiting: deque[tuple[int, Any]] = deque()  # given back
        self._next: tuple[int, Any] | None = None  # looked at, and not yet taken

    def may_go_on(self) -> bool:
        """Return whether there is an item that may be taken now."""
        if self._waiting:
            return True
        if self._next is None:
            self._next = next(self._entries, None)
        return self._next is not None and self._may_take(self._next[0])

    def take(self) -> tuple[int, Any] | None:
        """Return the next item and its number, or None where there is none yet."""
        if not self.may_go_on():
            return None
        if self._waiting:
            return self._waiting.popleft()
        entry, self._next = self._next, None
        return entry

    def give_back(self, entries: Iterable[tuple[int, Any]]) -> None:
        """Let items be taken once more, before all others.

        Parameters
        ----------
        entries
            Numbers and items.
        """
        self._waiting.extend(entries)


def in_order(
    finished: Callable[[Iterable[Any], MayTake], Iterator[tuple[int, Result]]],
    items: Iterable[Any],
    *,
    ahead: int,
) -> Iterator[Result]:
    """Yield results in the order of the items.

    Parameters
    ----------
    finished
        Takes the items, and a function that says of an item's number whether it may be taken yet; yields number and result of each as
        soon as it is finished.
    items
        May be endless.
    ahead
        How many items are taken at most before the first of them has its result, 1 or more.

    Examples
    --------
    >>> def backwards(items, may_take):
    ...     return reversed([(number, item) for number, item in enumerate(items) if may_take(number)])
    >>> list(in_order(backwards, "abc", ahead=3))
    ['a', 'b', 'c']
    """
    results: dict[int, Result] = {}
    following = 0

    def may_take(number: int) -> bool:
        return number < following + ahead

    for number, result in finished(items, may_take):
        results[number] = result
        while following in results:
            yield results.pop(following)
            following += 1
