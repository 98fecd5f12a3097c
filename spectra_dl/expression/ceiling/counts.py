"""Counts of one section as the noise ceiling takes them: grouped gene by gene, and each gene's exponent of the library size."""

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
_SMALL = 8  # counts up to here determine a rate poorly, so spots of similar library sizes are grouped
_TALLY_BLOCK = 20_000
_STEPS = 8
_STEEPEST = 2.0
_RARE, _FREQUENT = 0.3, 1.0  # counts per spot


@dataclass(frozen=True, eq=False)
class SpotCounts:
    """Counts of one section, its spots put into bins of similar library sizes.

    Attributes
    ----------
    counts
        ``(n, g)`` raw counts.
    library
        ``(n,)`` counts of each spot over all genes, above 0.
    bin_of
        ``(n,)`` each spot's bin.
    bin_spots, bin_library
        ``(b,)`` number of spots and mean library size of each bin.
    """

    counts: "csc_matrix"
    library: FloatArray
    bin_of: NDArray[np.intp]
    bin_spots: FloatArray
    bin_library: FloatArray

    def of_genes(self, columns: NDArray[np.intp]) -> "SpotCounts":
        """Return the counts of these genes only; library sizes stay."""
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
    """Counts grouped into ``t`` entries, each of one gene and of spots with similar library sizes, ordered by gene.

    Attributes
    ----------
    gene
        ``(t,)`` column of each entry's gene.
    count
        ``(t,)`` the count that the entry's spots have.
    library
        ``(t,)`` their mean library size.
    times
        ``(t,)`` number of spots.
    value
        ``(t,)`` their mean log(1 + counts per 10,000).
    share
        ``(t,)`` share of the gene expected from its mean and the library size.
    """

    gene: NDArray[np.intp]
    count: FloatArray
    library: FloatArray
    times: FloatArray
    value: FloatArray
    share: FloatArray

    def at(self, rows: slice | NDArray[np.intp]) -> "Tally":
        """Return the entries of these rows."""
        return Tally(*(getattr(self, each.name)[rows] for each in fields(self)))

    def blocks(self) -> Iterator["Tally"]:
        """Yield the entries in blocks of bounded size; a gene may stand in several."""
        for start in range(0, len(self.gene), _TALLY_BLOCK):
            yield self.at(slice(start, start + _TALLY_BLOCK))

    def on_grid(self) -> tuple[FloatArray, FloatArray]:
        """Return the Poisson density ``(t, k)`` of each count at each relative rate, up to a factor per entry, and log(1 + 10,000 p) ``(t, k)``."""
        grid = relative_rates()
        density = self.count[:, None] * np.log(np.maximum(grid, 1e-300))
        density -= (self.share * self.library)[:, None] * grid
        density -= density.max(axis=1, keepdims=True)
        return np.exp(density, out=density), np.log1p(PER * self.share[:, None] * grid)


def implied_ceiling(
    expected: FloatArray,
    expected_square: FloatArray,
    product: FloatArray,
    value: FloatArray,
    value_square: FloatArray,
) -> FloatArray:
    """Return the correlation of log(1 + 10,000 p) with the measured values from means over spots; arrays of one shape.

    Parameters
    ----------
    expected, expected_square
        Means of log(1 + 10,000 p) and of its square.
    product
        Mean of its product with the measured values.
    value, value_square
        Means of the measured log(1 + counts per 10,000) and of its square.

    Returns
    -------
    FloatArray
        From 0 to 1; 0 where either is constant.
    """
    variance, value_variance = expected_square - expected**2, value_square - value**2
    known = (variance > 1e-9 * expected_square) & (value_variance > 1e-12)
    scale = np.sqrt(np.where(known, variance * value_variance, np.inf))
    return np.clip((product - expected * value) / scale, 0.0, 1.0)


def spot_counts(counts: "csr_matrix | FloatArray", library: FloatArray | None) -> SpotCounts:
    """Check counts, and put their spots into bins of similar library sizes.

    Parameters
    ----------
    counts
        ``(n, g)`` raw counts, sparse or dense.
    library
        ``(n,)`` counts of each spot over all genes; None takes the sums of ``counts``.

    Raises
    ------
    DataError
        Fewer than 10 spots, other lengths, a spot without counts, or values that are no counts.
    """
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
    # Spots of one library size share a bin, whatever their order.
    below = np.searchsorted(np.sort(size), size)
    bin_of = np.unique(below * min(_BINS, n) // n, return_inverse=True)[1]
    spots = np.bincount(bin_of).astype(np.float64)
    return SpotCounts(columns, size, bin_of, spots, np.bincount(bin_of, size) / spots)


def refinement_weight(counts_per_spot: FloatArray) -> FloatArray:
    """Return ``(g,)`` the weight, 0 to 1, of the refinement of a gene's rates by its own counts: 0 up to .3 counts per spot, 1 from one on."""
    return np.clip((counts_per_spot - _RARE) / (_FREQUENT - _RARE), 0.0, 1.0)


def library_exponent(section: SpotCounts) -> FloatArray:
    """Return ``(g,)`` the exponent of the library size to which each gene's share is proportional, shrunk towards 0 over the section's genes.

    Where a tissue region has more counts and more of a gene, nothing else shows it for a rare gene. The counts of a frequent gene show its rates
    themselves: its exponent fades with `refinement_weight`.
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
    exponent = np.zeros(len(total))
    for _ in range(_STEPS):  # Newton's method for Poisson regression
        rate, deviation, information = _regression(exponent, x, expected, total)
        step = ((counted - rate) * x).sum(axis=1) / np.maximum(information, 1e-12)
        exponent = np.clip(exponent + step, -_STEEPEST, _STEEPEST)
    rate, deviation, information = _regression(exponent, x, expected, total)
    information = np.maximum(information, 1e-12)
    robust = ((counted - rate) ** 2 * deviation**2).sum(axis=1) / information**2
    error = np.maximum(robust, 1.0 / information)
    trust = 1.0 / (error + 0.05) ** 2
    common = max(0.0, float((trust * (exponent**2 - error)).sum() / trust.sum()))
    shrunk: FloatArray = exponent * common / (common + error) * (1.0 - refinement_weight(total / n))
    return shrunk


def _regression(
    exponent: FloatArray, x: FloatArray, expected: FloatArray, total: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return expected counts ``(g, b)`` at these exponents, each bin's deviation from a gene's mean of ``x``, and the information on the exponent."""
    rate = expected * np.exp(exponent[:, None] * x)
    rate *= (total / rate.sum(axis=1))[:, None]
    deviation = x - ((rate * x).sum(axis=1) / total)[:, None]
    return rate, deviation, (rate * deviation**2).sum(axis=1)


def tally(section: SpotCounts, exponent: FloatArray, genes: NDArray[np.intp]) -> Tally:
    """Group the counts of some genes: small ones and zeros by bin of library size, each large one by itself.

    Parameters
    ----------
    section
        Counts of all genes.
    exponent
        ``(g,)`` of the library size, as `library_exponent` gives it.
    genes
        ``(k,)`` columns of the genes.
    """
    counts, exponent, bins = section.counts[:, genes], exponent[genes], len(section.bin_spots)
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
    bin_library = section.bin_library
    entry_gene = np.concatenate([gene[first], empty // bins])
    sizes = np.concatenate([np.bincount(members, library) / times, bin_library[empty % bins]])
    expected = (
        section.bin_spots * bin_library * np.exp(exponent[:, None] * section.relative(bin_library))
    ).sum(axis=1)
    mean_share = np.asarray(counts.sum(axis=0)).ravel() / expected
    entries = Tally(
        gene=entry_gene,
        count=np.concatenate([count[first], np.zeros(len(empty))]),
        library=sizes,
        times=np.concatenate([times, zeros[empty]]),
        value=np.concatenate([value, np.zeros(len(empty))]),
        share=mean_share[entry_gene] * np.exp(exponent[entry_gene] * section.relative(sizes)),
    )
    return entries.at(np.argsort(entry_gene, kind="stable"))


def value_moments(section: SpotCounts, genes: NDArray[np.intp]) -> FloatArray:
    """Return ``(2, k)``: means over spots of log(1 + counts per 10,000) and of its square.

    Parameters
    ----------
    section
        Counts of all genes.
    genes
        ``(k,)`` columns of the genes.
    """
    counts = section.counts[:, genes]
    value = np.log1p(PER * counts.data / section.library[counts.indices])
    gene = np.repeat(np.arange(len(genes)), np.diff(counts.indptr))
    sums = [np.bincount(gene, terms, minlength=len(genes)) for terms in (value, value**2)]
    return np.array(sums) / len(section.library)
