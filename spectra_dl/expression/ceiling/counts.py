"""Counts of one section, made ready to be told from their noise: tallied gene by gene, and how far each gene goes with the library size."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.ceiling.shapes import relative_rates
from spectra_dl.expression.genes import PER

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

_FEWEST_SPOTS = 10
_BINS = 48  # of library sizes, for spots without a count of the gene
_SMALL = 8  # counts up to here say little of a rate, so that spots of like library sizes are taken together
_TALLY_BLOCK = 20_000
_STEPS = 8
_STEEPEST = 2.0
_RARE, _FREQUENT = 0.3, 1.0  # counts per spot


@dataclass(frozen=True, eq=False)
class SpotCounts:
    """Counts ``(n, g)`` with spots' library sizes, and the spots put into bins of similar ones."""

    counts: "csc_matrix"
    library: FloatArray
    bin_of: NDArray[np.intp]
    bin_spots: FloatArray
    bin_library: FloatArray

    def of_genes(self, columns: NDArray[np.intp]) -> "SpotCounts":
        return SpotCounts(
            self.counts[:, columns], self.library, self.bin_of, self.bin_spots, self.bin_library
        )

    def relative(self, library: FloatArray) -> FloatArray:
        """Return the logarithm of ``library`` less its mean over the section's counts."""
        centred: FloatArray = np.log(library) - np.average(
            np.log(self.bin_library), weights=self.bin_spots * self.bin_library
        )
        return centred


@dataclass(frozen=True, eq=False)
class Tally:
    """What was counted, each entry standing for ``times`` spots of like library sizes: ``(t,)`` arrays, ordered by gene.

    ``share`` is what the gene's mean lets expect, ``value`` the mean log(1 + counts per 10,000).
    """

    gene: NDArray[np.intp]
    count: FloatArray
    library: FloatArray
    times: FloatArray
    value: FloatArray
    share: FloatArray

    def at(self, rows: slice | NDArray[np.intp]) -> "Tally":
        """Return some entries."""
        return Tally(*(getattr(self, each.name)[rows] for each in fields(self)))

    def blocks(self) -> Iterator["Tally"]:
        """Yield the entries in blocks of bounded size; a gene may stand in several."""
        for start in range(0, len(self.gene), _TALLY_BLOCK):
            yield self.at(slice(start, start + _TALLY_BLOCK))

    def on_grid(self) -> tuple[FloatArray, FloatArray]:
        """Return ``(t, k)`` the Poisson density of each count at each relative rate, up to a factor of each entry, and log(1 + 10,000 p) there."""
        grid = relative_rates()
        density = self.count[:, None] * np.log(np.maximum(grid, 1e-300))
        density -= (self.share * self.library)[:, None] * grid
        density -= density.max(axis=1, keepdims=True)
        return np.exp(density, out=density), np.log1p(PER * self.share[:, None] * grid)


def implied_ceiling(
    told: FloatArray,
    told_square: FloatArray,
    product: FloatArray,
    value: FloatArray,
    value_square: FloatArray,
) -> FloatArray:
    """Return a correlation from means over spots of log(1 + 10,000 p), its square, its product with the values, the values and their squares.

    0 where either is constant.
    """
    spread, value_spread = told_square - told**2, value_square - value**2
    known = (spread > 1e-9 * told_square) & (value_spread > 1e-12)
    scale = np.sqrt(np.where(known, spread * value_spread, np.inf))
    return np.clip((product - told * value) / scale, 0.0, 1.0)


def spot_counts(counts: "csr_matrix | FloatArray", library: FloatArray | None) -> SpotCounts:
    from scipy.sparse import csc_matrix

    columns = csc_matrix(counts, dtype=np.float64)
    columns.sum_duplicates()
    columns.eliminate_zeros()
    n = columns.shape[0]
    if not (np.all(columns.data >= 0) and np.all(columns.data == np.rint(columns.data))):
        raise DataError(
            "a ceiling of values that are no counts (negative, missing or with fractions): give raw counts, not normalised ones"
        )
    size = np.asarray(columns.sum(axis=1)).ravel() if library is None else np.asarray(library, np.float64)
    if n < _FEWEST_SPOTS or size.shape != (n,) or not np.all((size > 0) & np.isfinite(size)):
        raise DataError(
            f"a ceiling of {n} spots with {size.shape} library sizes: at least {_FEWEST_SPOTS} spots are needed, each with counts; leave empty spots out"
        )
    below = np.searchsorted(
        np.sort(size), size
    )  # spots of one library size share a bin, in whatever order they stand
    bin_of = np.unique(below * min(_BINS, n) // n, return_inverse=True)[1]
    spots = np.bincount(bin_of).astype(np.float64)
    return SpotCounts(columns, size, bin_of, spots, np.bincount(bin_of, size) / spots)


def own_say(counts_per_spot: FloatArray) -> FloatArray:
    """Return ``(g,)`` how far a gene's own counts shape its distribution of rates: not at all while it is rare, wholly from one count per spot."""
    return np.clip((counts_per_spot - _RARE) / (_FREQUENT - _RARE), 0.0, 1.0)


def library_tilt(section: SpotCounts) -> FloatArray:
    """Return ``(g,)`` the power of the library size that each gene's share goes with, shrunk by what the section's genes have in common.

    Where a tissue region has more counts and more of a gene, a rare gene shows it here alone. A gene of many counts shows its rates itself: its tilt fades.
    """
    from scipy.sparse import csr_matrix

    n = len(section.library)
    bins = csr_matrix((np.ones(n), (np.arange(n), section.bin_of)))
    counted = (section.counts.T @ bins).toarray()  # (g, b)
    total = counted.sum(axis=1)
    expected = section.bin_spots * section.bin_library
    x = section.relative(section.bin_library)
    if np.ptp(x) < 1e-6:
        return np.zeros(len(total))
    tilt = np.zeros(len(total))
    for _ in range(_STEPS):  # Newton's method for Poisson regression
        rate, away, information = _regression(tilt, x, expected, total)
        step = ((counted - rate) * x).sum(axis=1) / np.maximum(information, 1e-12)
        tilt = np.clip(tilt + step, -_STEEPEST, _STEEPEST)
    rate, away, information = _regression(tilt, x, expected, total)
    information = np.maximum(information, 1e-12)
    robust = ((counted - rate) ** 2 * away**2).sum(axis=1) / information**2
    error = np.maximum(robust, 1.0 / information)
    trust = 1.0 / (error + 0.05) ** 2
    common = max(0.0, float((trust * (tilt**2 - error)).sum() / trust.sum()))
    shrunk: FloatArray = tilt * common / (common + error) * (1.0 - own_say(total / n))
    return shrunk


def _regression(
    tilt: FloatArray, x: FloatArray, expected: FloatArray, total: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return expected counts ``(g, b)`` at this tilt, each bin's distance from a gene's mean of ``x``, and the information on the tilt."""
    rate = expected * np.exp(tilt[:, None] * x)
    rate *= (total / rate.sum(axis=1))[:, None]
    away = x - ((rate * x).sum(axis=1) / total)[:, None]
    return rate, away, (rate * away**2).sum(axis=1)


def tally(section: SpotCounts, tilt: FloatArray, genes: NDArray[np.intp]) -> Tally:
    """List the counts of some genes: large ones one by one, small ones and zeros by bin of library size."""
    counts, tilt, bins = section.counts[:, genes], tilt[genes], len(section.bin_spots)
    gene = np.repeat(np.arange(len(genes)), np.diff(counts.indptr))
    library, count = section.library[counts.indices], counts.data
    spot_bin = section.bin_of[counts.indices]
    place = gene * bins + spot_bin
    zeros = np.tile(section.bin_spots, len(genes)) - np.bincount(place, minlength=len(genes) * bins)
    apart = _SMALL + 1 + np.arange(len(count))
    kind = np.where(count <= _SMALL, count, apart).astype(np.int64)
    _, first, members, times = np.unique(
        place * (_SMALL + 1 + len(count)) + kind, return_index=True, return_inverse=True, return_counts=True
    )
    value = np.bincount(members, np.log1p(PER * count / library)) / times
    empty = np.flatnonzero(zeros)
    own = section.bin_library
    every = np.concatenate([gene[first], empty // bins])
    sizes = np.concatenate([np.bincount(members, library) / times, own[empty % bins]])
    expected = (section.bin_spots * own * np.exp(tilt[:, None] * section.relative(own))).sum(axis=1)
    mean_share = np.asarray(counts.sum(axis=0)).ravel() / expected
    found = Tally(
        gene=every,
        count=np.concatenate([count[first], np.zeros(len(empty))]),
        library=sizes,
        times=np.concatenate([times, zeros[empty]]),
        value=np.concatenate([value, np.zeros(len(empty))]),
        share=mean_share[every] * np.exp(tilt[every] * section.relative(sizes)),
    )
    return found.at(np.argsort(every, kind="stable"))


def value_moments(section: SpotCounts, genes: NDArray[np.intp]) -> FloatArray:
    """Return ``(2, g)``: the mean of log(1 + counts per 10,000) over spots, and of its square."""
    counts = section.counts[:, genes]
    value = np.log1p(PER * counts.data / section.library[counts.indices])
    gene = np.repeat(np.arange(len(genes)), np.diff(counts.indptr))
    sums = [np.bincount(gene, terms, minlength=len(genes)) for terms in (value, value**2)]
    return np.array(sums) / len(section.library)
