"""Results in the order of their items, of which only a few are taken ahead of the one that is waited for."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Result = TypeVar("Result")
MayTake = Callable[[int], bool]


def always(number: int) -> bool:
    """Let any item be taken."""
    return True


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
