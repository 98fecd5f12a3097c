"""The noise ceiling: the correlation with measured counts that a perfect model of their rates would reach.

A count is Poisson around its spot's rate, so the measured values of one gene correlate with the true rates at less than 1, and no predictor of them can
do better. The distribution of a gene's rate over spots is unknown, and the counts of one gene hardly determine it. So its prior is a mixture of a few dozen
distributions (`rate_shapes`), whose weights are estimated from all genes of the section; each gene's counts give its posterior. The distribution of a gene
of many counts is then refined by these counts (`refinement`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.expression.ceiling.counts import (
    SpotCounts,
    implied_ceiling,
    library_exponent,
    spot_counts,
    tally,
    value_moments,
)
from spectra_dl.expression.ceiling.refinement import refinement
from spectra_dl.expression.ceiling.shapes import rate_shapes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_GENE_BLOCK = 256
_ROUNDS = 60
_EVEN_GENES = 12.0  # the even prior's weight, in genes


@dataclass(frozen=True, eq=False)
class NoiseCeiling:
    """The highest Pearson correlation that any model could reach, gene by gene, in one section.

    Attributes
    ----------
    ceiling, low, high
        ``(g,)`` with an interval; NaN for a gene without counts.
    mean_count
        ``(g,)`` counts per spot.
    """

    ceiling: FloatArray
    low: FloatArray
    high: FloatArray
    mean_count: FloatArray


def noise_ceiling(
    counts: "csr_matrix | FloatArray",
    library: FloatArray | None = None,
    *,
    level: float = 0.95,
) -> NoiseCeiling:
    """Estimate each gene's noise ceiling in one section.

    The ceiling is the correlation over spots of log(1 + 10,000 p), p being a spot's true share of the gene, with the measured
    log(1 + counts per 10,000), averaged over the counts that these shares could have given. Counts given the share are taken as Poisson; noise
    beyond it, if the technique has any, makes the true ceiling lower.

    The distribution of each gene's shares is one of `rate_shapes`, weighted by the likelihood of its counts and by the shape's prior weight in this
    section (maximum likelihood over all genes, Kiefer & Wolfowitz 1956, doi 10.1214/aoms/1177728066, regularised by an even prior worth 12 genes). Under
    each shape the correlation follows from the spots' posterior mean and variance of log(1 + 10,000 p) beside their measured values; the
    ceiling is the mean over shapes. The estimate of a gene with .3 counts per spot or more is then refined by its own counts (`refinement`).

    Parameters
    ----------
    counts
        ``(n, g)`` raw counts of one section's spots. Give all genes of interest at once: they inform one another.
    library
        ``(n,)`` counts of each spot over all genes, above 0; the sums of ``counts`` where not given.
    level
        Of the interval, between 0 and 1. It combines the posterior over shapes and, in quadrature, the standard error of a correlation over n spots.

    Raises
    ------
    DataError
        Fewer than 10 spots, other lengths, a spot without counts, or values that are no counts.
    UsageError
        A level outside 0 to 1.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"an interval of level {level}; give a number between 0 and 1, such as 0.95")
    section = spot_counts(counts, library)
    n, n_genes = section.counts.shape
    estimates = np.full((3, n_genes), np.nan)
    present = np.flatnonzero(section.counts.sum(axis=0))
    if present.size:
        section = section.of_genes(present)
        exponent = library_exponent(section)
        blocks = np.split(np.arange(present.size), np.arange(_GENE_BLOCK, present.size, _GENE_BLOCK))
        parts = [_shape_fits(section, exponent, block) for block in blocks]
        likelihood, value = (np.concatenate(part) for part in zip(*parts, strict=True))
        posterior = _posterior(likelihood)
        shift = refinement(section, exponent, posterior @ rate_shapes()[0])
        estimates[:, present] = _with_interval(posterior, value, shift, n, level)
    mean_count = np.asarray(counts.mean(axis=0), dtype=np.float64).ravel()
    return NoiseCeiling(estimates[0], estimates[1], estimates[2], mean_count)


def _shape_fits(
    section: SpotCounts, exponent: FloatArray, genes: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Return for each gene and shape the log likelihood and the ceiling it implies, both ``(g, c)``.

    With h = log(1 + 10,000 p) and its mean under a spot's posterior, covariance with the measured values and variance are both means over spots.
    """
    shapes = rate_shapes()[0].T
    sums = np.zeros((4, len(genes), shapes.shape[1]))
    for part in tally(section, exponent, genes).blocks():
        density, expected = part.on_grid()
        probability = density @ shapes + 1e-290  # (t, c)
        density *= expected
        first = density @ shapes / probability
        density *= expected
        second = density @ shapes / probability
        times, value = part.times[:, None], part.value[:, None]
        edges = np.flatnonzero(np.diff(part.gene, prepend=-1))
        for row, terms in enumerate((np.log(probability), first, second, first * value)):
            sums[row, part.gene[edges]] += np.add.reduceat(terms * times, edges, axis=0)
    means = sums[1:] / len(section.library)
    return sums[0], implied_ceiling(*means, *value_moments(section, genes)[:, :, None])


def _posterior(likelihood: FloatArray) -> FloatArray:
    """Return ``(g, c)`` posterior probabilities of the shapes for each gene, with a prior estimated from all genes."""
    scaled = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    even = rate_shapes()[1]
    prior = even
    for _ in range(_ROUNDS):  # expectation maximisation
        share = scaled * prior
        share /= share.sum(axis=1, keepdims=True)
        prior = (share.sum(axis=0) + _EVEN_GENES * even) / (len(share) + _EVEN_GENES)
    posterior: FloatArray = share
    return posterior


def _with_interval(
    posterior: FloatArray, value: FloatArray, shift: FloatArray, n: int, level: float
) -> FloatArray:
    """Return ``(3, g)``: the posterior mean of ``value`` plus ``shift``, and the ends of its interval."""
    from scipy.special import ndtri

    value = np.clip(value + shift[:, None], 0.0, 1.0)
    mean = (posterior * value).sum(axis=1).clip(max=1.0)  # rounding may pass 1
    order = np.argsort(value, axis=1)
    ranked = np.take_along_axis(value, order, axis=1)
    cumulated = np.cumsum(np.take_along_axis(posterior, order, axis=1), axis=1)
    sampling = ndtri((1 + level) / 2) * (1 - mean**2) / np.sqrt(n)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        place = (cumulated < tail).sum(axis=1, keepdims=True).clip(max=value.shape[1] - 1)
        ends.append(np.take_along_axis(ranked, place, axis=1)[:, 0])
    low = mean - np.hypot(np.maximum(mean - ends[0], 0.0), sampling)
    high = mean + np.hypot(np.maximum(ends[1] - mean, 0.0), sampling)
    return np.stack([mean, np.maximum(low, 0.0), np.minimum(high, 1.0)])
