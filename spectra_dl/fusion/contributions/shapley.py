"""Shapley values of a few blocks, exactly: from the worth of every subset of them.

Shapley 1953, A value for n-person games, in Contributions to the Theory of Games II, doi 10.1515/9781400881970-018.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import TypeVar

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError

MOST_BLOCKS = 6

_Block = TypeVar("_Block", bound=Hashable)


def block_subsets(blocks: Sequence[_Block]) -> list[frozenset[_Block]]:
    """Return every subset of blocks but the empty one, the smallest first.

    Raises
    ------
    UsageError
        No blocks, more than six, or one twice.

    Examples
    --------
    >>> [sorted(each) for each in block_subsets(["a", "b"])]
    [['a'], ['b'], ['a', 'b']]
    """
    if not 0 < len(blocks) <= MOST_BLOCKS or len(set(blocks)) < len(blocks):
        raise UsageError(
            f"what each of {len(blocks)} blocks adds follows from all subsets of them; give 1 to {MOST_BLOCKS} blocks, each once"
        )
    return [frozenset(each) for size in range(len(blocks)) for each in combinations(blocks, size + 1)]


def shapley_values(
    worth: Mapping[frozenset[_Block], FloatArray], blocks: Sequence[_Block]
) -> dict[_Block, FloatArray]:
    """Return each block's mean gain over all orders in which blocks may come together.

    Parameters
    ----------
    worth
        Of every subset but the empty one, which is worth 0: arrays of one shape, such as the resamples of a score.
    blocks
        One to six.

    Returns
    -------
    values
        By block, in the arrays' shape; they add up to the worth of all blocks.

    Raises
    ------
    DataError
        A subset is missing.

    Examples
    --------
    >>> worth = {frozenset("a"): np.array(0.3), frozenset("b"): np.array(0.1), frozenset("ab"): np.array(0.36)}
    >>> {name: round(float(value), 2) for name, value in shapley_values(worth, "ab").items()}
    {'a': 0.28, 'b': 0.08}
    """
    subsets = block_subsets(blocks)
    missing = [each for each in subsets if each not in worth]
    if missing:
        raise DataError(
            f"the worth of {len(missing)} of {len(subsets)} subsets of blocks is missing; all are needed"
        )
    count = len(blocks)
    nothing = np.zeros_like(worth[subsets[-1]], dtype=np.float64)
    values = {block: nothing.copy() for block in blocks}
    for subset in subsets:
        # Of all orders, so many have exactly the others of this subset before the block.
        share = factorial(len(subset) - 1) * factorial(count - len(subset)) / factorial(count)
        for block in subset:
            before = subset - {block}
            values[block] = values[block] + share * (worth[subset] - (worth[before] if before else nothing))
    return values
