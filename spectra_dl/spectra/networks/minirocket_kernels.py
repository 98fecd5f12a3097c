"""The convolutions of MiniRocket, and how often each is above its thresholds."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

LENGTH: Final = 9
KERNELS: Final = math.comb(LENGTH, 3)  # 84: three weights of 2, six of -1
FEATURES: Final = 4_200  # for each of the kernels 50
_MOST_DILATIONS = 32


def dilation_counts(points: int, per_kernel: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the dilations for spectra of a length, and how many of a kernel's features each gets.

    Parameters
    ----------
    points
        Points of a spectrum, 9 or more.
    per_kernel
        Features of each kernel, 1 or more.

    Returns
    -------
    tuple
        Dilations ``(d,)`` in ascending order, and how many of a kernel's features each gets ``(d,)``, which sum to
        ``per_kernel``.

    Examples
    --------
    >>> dilation_counts(100, 5)
    (array([ 1,  3,  6, 12]), array([2, 1, 1, 1]))
    """
    spaced = np.linspace(0, math.log2((points - 1) / (LENGTH - 1)), min(per_kernel, _MOST_DILATIONS))
    dilations = np.floor(2**spaced + 1e-9).astype(np.intp)  # a power of two must not fall below itself
    return np.unique(dilations[np.arange(per_kernel) * len(dilations) // per_kernel], return_counts=True)


def rocket_features(rows: "Tensor", dilations: NDArray[np.intp], thresholds: "Sequence[Tensor]") -> "Tensor":
    """Return the share of points at which each kernel's output for ``rows`` is above each of its thresholds, ``(n, f)``.

    Parameters
    ----------
    rows
        ``(n, w)`` spectra, float32.
    dilations
        ``(d,)`` from `dilation_counts`.
    thresholds
        ``(84, count)`` for each dilation, float32.
    """
    import torch

    parts = []
    for at, (dilation, of_dilation) in enumerate(zip(dilations, thresholds, strict=True)):
        outputs = _outputs(rows, int(dilation), padded_first=at % 2 == 0)
        parts += [_shares_above(*pair) for pair in zip(outputs, of_dilation, strict=True)]
    return torch.cat(parts).T  # (f, n) -> (n, f)


def _outputs(rows: "Tensor", dilation: int, *, padded_first: bool) -> Iterator["Tensor"]:
    """Yield the output of each kernel for ``rows`` (N, W); every second one without its padded ends."""
    points, reach = rows.shape[1], dilation * (LENGTH // 2)
    triple, total = _taps(rows, dilation)
    whole = padded_first
    for first, second in combinations(range(LENGTH - 1), 2):
        pair = triple[first] + triple[second] - total
        for third in range(second + 1, LENGTH):
            output = pair + triple[third]
            yield output if whole else output[:, reach : points - reach]
            whole = not whole


def output_for_each(rows: "Tensor", dilation: int, *, padded_first: bool) -> Iterator["Tensor"]:
    """Yield the output of each kernel for the row of its number alone, as `_outputs` has it among all (84, W).

    Parameters
    ----------
    rows
        ``(n, w)`` spectra.
    dilation
        Points between the taps of a kernel.
    padded_first
        Whether the first kernel's output keeps its padded ends; they take turns.
    """
    import torch

    points, reach = rows.shape[1], dilation * (LENGTH // 2)
    triple, total = _taps(rows, dilation)
    first, second, third = torch.tensor(list(combinations(range(LENGTH), 3))).T
    kernel = torch.arange(KERNELS)
    outputs = triple[first, kernel] + triple[second, kernel] - total + triple[third, kernel]
    for number, output in enumerate(outputs):
        whole = (number % 2 == 0) == padded_first
        yield output if whole else output[reach : points - reach]


def _taps(rows: "Tensor", dilation: int) -> tuple["Tensor", "Tensor"]:
    """Return ``rows`` (N, W) moved to each tap of a kernel, three times (9, N, W), and the sum over taps (N, W)."""
    import torch

    points, reach = rows.shape[1], dilation * (LENGTH // 2)
    padded = torch.nn.functional.pad(rows, (reach, reach))
    moved = torch.stack([padded[:, at * dilation : at * dilation + points] for at in range(LENGTH)])
    total = moved[0].clone()
    for tap in moved[1:]:  # Tensor.sum adds in an order that goes by the number of rows
        total += tap
    return 3 * moved, total  # -1 everywhere and 3 more at three places: one addition per kernel


def _shares_above(output: "Tensor", thresholds: "Tensor") -> "Tensor":
    """Return the share of points of ``output`` (N, V) above each of ``thresholds`` (F,), as (F, N)."""
    import torch

    above = torch.empty((len(thresholds), *output.shape))
    torch.gt(output, thresholds[:, None, None], out=above)  # as 0 and 1, whose sum is exact in any order
    return above @ torch.ones(output.shape[1]) / output.shape[1]
