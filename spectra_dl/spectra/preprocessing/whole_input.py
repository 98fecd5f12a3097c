"""Learn which places recur in an input of any length, where there is no model that has learnt them from training spectra."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.execution.run import Execution
from spectra_dl.execution.stream import StreamedJobs
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.recurring_places import HitCounts
from spectra_dl.spectra.quality import RAYS, Verdict, inspect, used_range
from spectra_dl.spectra.table import SpectraTable


@dataclass(frozen=True)
class Rereadable:
    """Blocks of spectra that can be taken several times.

    Attributes
    ----------
    read
        Returns them from the first on.
    """

    read: Callable[[], Iterator[SpectraTable]]

    def __iter__(self) -> Iterator[SpectraTable]:
        return self.read()


# All of the first spectra are counted, and so many of the others that a band in one of twenty is never missed.
_ALL_OF, _ONE_IN = 8192, 8

Counted = tuple[HitCounts, FloatArray]


def with_places(
    blocks: Iterable[SpectraTable], preprocessing: Preprocessing, execution: Execution
) -> tuple[Preprocessing, Iterable[SpectraTable]]:
    """Return steps that know where no ray is removed from, and all the blocks.

    Parameters
    ----------
    blocks
        Tables on one axis; they are taken a second time where there are several.
    preprocessing
        The steps, not fitted.
    execution
        Where blocks are counted.

    Raises
    ------
    DataError
        A block can't be read, or a step doesn't fit the axis.
    """
    despike = next((step for step in preprocessing.steps if isinstance(step, Despike)), None)
    if despike is None or not despike.learns:
        return preprocessing, blocks
    once = iter(blocks)
    first = list(islice(once, 2))
    rest: Iterable[SpectraTable] = once if blocks is not once else ()
    counted = chain(first, rest) if blocks is not once else first[:1]
    before = preprocessing.steps[: preprocessing.steps.index(despike)]
    stream = StreamedJobs(_count, (Preprocessing(before), despike), "block of spectra counted")
    total: HitCounts | None = None
    wavenumber: FloatArray | None = None
    for _, (counts, axis) in stream.run(_numbered(counted), Execution(execution.executor)):
        total, wavenumber = counts if total is None else total + counts, axis
    if total is None or wavenumber is None:
        return preprocessing, first
    learnt = despike.with_counts(total, wavenumber)
    steps = tuple(learnt if step is despike else step for step in preprocessing.steps)
    if blocks is once:
        return Preprocessing(steps), chain(first, once)
    return Preprocessing(steps), blocks if len(first) > 1 else first


def inspect_whole(
    table: SpectraTable, *, within: tuple[float, float] | None = None
) -> tuple[SpectraTable, list[Verdict]]:
    """Do what `spectra_dl.spectra.quality.inspect` does, but warn of no cosmic rays where the table's spectra show that they are bands.

    Only what is warned of depends on other spectra; what is refused and filled does not.

    Parameters
    ----------
    table
        Spectra as read; not changed.
    within
        The range in cm⁻¹ that will be used.
    """
    checked, verdicts = inspect(table, within=within)
    warned = [
        row for row, verdict in enumerate(verdicts) if any(RAYS in reason for reason in verdict.reasons)
    ]
    if warned:
        usable = checked.select([row for row, verdict in enumerate(verdicts) if verdict.status != "refused"])
        learnt = Despike().fit(usable.intensity, usable.wavenumber)
        again = inspect(table.select(warned), learnt.kept_points(table.wavenumber), within=within)[1]
        for row, verdict in zip(warned, again, strict=True):
            verdicts[row] = verdicts[row] if verdict.status == "refused" else verdict
    return checked, verdicts


def _numbered(blocks: Iterable[SpectraTable]) -> Iterator[tuple[int, SpectraTable]]:
    start = 0
    for block in blocks:
        yield start, block
        start += len(block)


def _count(shared: tuple[Preprocessing, Despike], item: tuple[int, SpectraTable]) -> Counted:
    (before, despike), (start, block) = shared, item
    row = np.arange(start, start + len(block), dtype=np.uint64)
    # Scattered over the rows, so that no order of the samples goes with it: Knuth's multiplicative hash.
    drawn = row * np.uint64(2_654_435_761) % np.uint64(2**32) < np.uint64(2**32 // _ONE_IN)
    checked, verdicts = inspect(block.select((row < _ALL_OF) | drawn), within=used_range(before.steps))
    usable = checked.select(np.array([verdict.status != "refused" for verdict in verdicts], dtype=bool))
    result, _ = before.fit(usable).clean(usable)
    return despike.counts(result.intensity, result.wavenumber), result.wavenumber
