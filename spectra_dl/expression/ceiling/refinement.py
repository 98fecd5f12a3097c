"""Refinement of the noise ceiling of frequent genes by their own counts, apart in strata of library size."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.ceiling.counts import (
    SpotCounts,
    Tally,
    implied_ceiling,
    refinement_weight,
    tally,
    value_moments,
)

_STRATA = 4
_STEPS = 12  # few: a distribution that fits every count fits their noise too
_ENTRIES = 20_000


def refinement(section: SpotCounts, exponent: FloatArray, rates: FloatArray) -> FloatArray:
    """Return ``(g,)`` the shift of each gene's ceiling when its distribution of rates is refined by its own counts.

    A few steps of expectation maximisation start from ``rates``, in four strata of library size: where deep spots lie in other tissue than shallow ones,
    rates depend on library sizes. The shift is weighted by `refinement_weight`: 0 up to .3 counts per spot, 1 from one on.

    Parameters
    ----------
    section
        Counts of all genes.
    exponent
        ``(g,)`` of the library size, as `library_exponent` gives it.
    rates
        ``(g, k)`` each gene's probabilities of `relative_rates`.

    References
    ----------
    Laird 1978, doi 10.1080/01621459.1978.10480103.
    """
    weight = refinement_weight(np.asarray(section.counts.mean(axis=0)).ravel())
    shift = np.zeros(len(weight))
    genes = np.flatnonzero(weight > 0)
    sizes = np.cumsum(np.diff(section.counts.indptr)[genes] + len(section.bin_spots))
    cuts = np.quantile(section.library, np.arange(1, _STRATA) / _STRATA)
    for block in np.split(genes, np.flatnonzero(np.diff(sizes // _ENTRIES)) + 1):
        if block.size:
            entries = tally(section, exponent, block)
            stratum = entries.gene * _STRATA + np.searchsorted(cuts, entries.library)
            order = np.argsort(stratum, kind="stable")
            shift[block] = _shift(
                entries.at(order), stratum[order], rates[block], value_moments(section, block)
            )
    return shift * weight


def _shift(entries: Tally, stratum: NDArray[np.intp], rates: FloatArray, moments: FloatArray) -> FloatArray:
    density, expected = entries.on_grid()
    weight = np.repeat(rates, _STRATA, axis=0)
    edges = np.flatnonzero(np.diff(stratum, prepend=-1))
    present = stratum[edges]
    spots = np.add.reduceat(entries.times, edges)[:, None]
    before = _ceiling(entries, expected, density * weight[stratum], moments)
    for _ in range(_STEPS):
        joint = density * weight[stratum]
        joint *= (entries.times / (joint.sum(axis=1) + 1e-290))[:, None]
        weight[present] = np.add.reduceat(joint, edges, axis=0) / spots
    return _ceiling(entries, expected, density * weight[stratum], moments) - before


def _ceiling(entries: Tally, expected: FloatArray, joint: FloatArray, moments: FloatArray) -> FloatArray:
    """Return each gene's ceiling, ``joint`` (t, k) being proportional to the posterior of each entry's rate."""
    total = joint.sum(axis=1) + 1e-290
    first = np.einsum("tk,tk->t", joint, expected) / total
    second = np.einsum("tk,tk,tk->t", joint, expected, expected) / total
    edges = np.flatnonzero(np.diff(entries.gene, prepend=-1))
    spots = np.add.reduceat(entries.times, edges)
    means = [
        np.add.reduceat(terms * entries.times, edges) / spots
        for terms in (first, second, first * entries.value)
    ]
    return implied_ceiling(*means, *moments)
