"""A gene of many counts bends its distribution of rates to them, in spots of small and of large libraries apart."""

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.ceiling.counts import (
    SpotCounts,
    Tally,
    implied_ceiling,
    own_say,
    tally,
    value_moments,
)

_STRATA = 4
_STEPS = 12  # few: a distribution that fits every count fits their noise too
_ENTRIES = 20_000


def refinement(section: SpotCounts, tilt: FloatArray, found: FloatArray) -> FloatArray:
    """Return ``(g,)`` by how much each gene's ceiling moves when the distributions ``found`` (g, k) are bent towards its own counts.

    A few steps of expectation maximisation from what was found (Laird 1978, doi 10.1080/01621459.1978.10480103), in four strata of library size: where
    deep spots lie in other tissue than shallow ones, rates go with libraries. Genes of fewer than .3 counts per spot stay, those of 1 and more move all the way.
    """
    say = own_say(np.asarray(section.counts.mean(axis=0)).ravel())
    moved = np.zeros(len(say))
    genes = np.flatnonzero(say > 0)
    entries = np.cumsum(np.diff(section.counts.indptr)[genes] + len(section.bin_spots))
    cuts = np.quantile(section.library, np.arange(1, _STRATA) / _STRATA)
    for block in np.split(genes, np.flatnonzero(np.diff(entries // _ENTRIES)) + 1):
        if block.size:
            own = tally(section, tilt, block)
            stratum = own.gene * _STRATA + np.searchsorted(cuts, own.library)
            order = np.argsort(stratum, kind="stable")
            moved[block] = _bend(own.at(order), stratum[order], found[block], value_moments(section, block))
    return moved * say


def _bend(own: Tally, stratum: NDArray[np.intp], found: FloatArray, moments: FloatArray) -> FloatArray:
    density, told = own.on_grid()
    weight = np.repeat(found, _STRATA, axis=0)
    edges = np.flatnonzero(np.diff(stratum, prepend=-1))
    present = stratum[edges]
    spots = np.add.reduceat(own.times, edges)[:, None]
    before = _ceiling(own, told, density * weight[stratum], moments)
    for _ in range(_STEPS):
        joint = density * weight[stratum]
        joint *= (own.times / (joint.sum(axis=1) + 1e-290))[:, None]
        weight[present] = np.add.reduceat(joint, edges, axis=0) / spots
    return _ceiling(own, told, density * weight[stratum], moments) - before


def _ceiling(own: Tally, told: FloatArray, joint: FloatArray, moments: FloatArray) -> FloatArray:
    """Return each gene's ceiling, ``joint`` (t, k) being proportional to the posterior of each entry's rate."""
    total = joint.sum(axis=1) + 1e-290
    first = np.einsum("tk,tk->t", joint, told) / total
    second = np.einsum("tk,tk,tk->t", joint, told, told) / total
    edges = np.flatnonzero(np.diff(own.gene, prepend=-1))
    spots = np.add.reduceat(own.times, edges)
    means = [
        np.add.reduceat(terms * own.times, edges) / spots for terms in (first, second, first * own.value)
    ]
    return implied_ceiling(*means, *moments)
