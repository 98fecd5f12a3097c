"""What a section's counts say of the genes that were predicted."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.evaluation.profiles.scored import FEWEST_ROWS
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.genes import gene_key, log_normalise
from spectra_dl.expression.section import COUNTS_MISSING, TissueSection

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def measured_counts(
    section: TissueSection, genes: Sequence[str], symbols: Sequence[str] = ()
) -> FloatArray | None:
    """Return ``(n, g)`` raw counts of named genes; None without counts.

    Parameters
    ----------
    section
        The section and all its spots.
    genes
        Ensembl ids or symbols.
    symbols
        The symbols of these genes, by which those are looked up whose ids the section doesn't have; empty where not known.

    Returns
    -------
    FloatArray or None
        NaN where the gene or the spot was not counted.
    """
    if section.counts is None or section.gene is None:
        return None
    rows = np.flatnonzero(_library(section.counts) > 0)
    selector = _columns_of(section.gene, section.symbol, genes, symbols)
    known = np.flatnonzero(np.asarray(selector.sum(axis=0)).ravel())
    values = np.full((len(section), len(genes)), np.nan)
    values[rows[:, None], known] = (section.counts[rows] @ selector)[:, known].toarray()
    return values


def measured_values(
    section: TissueSection, genes: Sequence[str], symbols: Sequence[str] = ()
) -> FloatArray | None:
    """Return ``(n, g)`` measured log(1 + counts per 10,000) of named genes; None without counts.

    Parameters
    ----------
    section
        The section and all its spots.
    genes
        Ensembl ids or symbols.
    symbols
        The symbols of these genes, by which those are looked up whose ids the section doesn't have; empty where not known.

    Returns
    -------
    FloatArray or None
        NaN where the gene or the spot was not counted.
    """
    counts = measured_counts(section, genes, symbols)
    if counts is None or section.counts is None:
        return None
    library = _library(section.counts)
    return log_normalise(counts, np.where(library > 0, library, np.nan))


def unmeasured_note(section: TissueSection, measured: FloatArray, genes: Sequence[str]) -> str | None:
    """Say which genes a section with counts has no counts of; None where it has those of all, or is empty.

    Parameters
    ----------
    section
        The section and all its spots.
    measured
        ``(n, g)``, NaN where unknown.
    genes
        What the genes go by.
    """
    counted = np.asarray(np.isfinite(measured).any(axis=0), dtype=bool)
    missing = [gene for gene, known in zip(genes, counted, strict=True) if not known]
    if section.counts is None or not missing or not _library(section.counts).any():
        return None
    if counted.any():
        return f"{section.name}: {len(missing)} of {len(genes)} genes predicted are not among those it has counts of: {first_few(missing)}"
    return (
        f"{section.name}: none of the {len(genes)} genes predicted is among those it has counts of ({first_few(missing)}), so that nothing is "
        "compared; are its genes named in another way?"
    )


def lost_counts_note(section: TissueSection) -> str | None:
    """Name the spots whose counts hold values that are not finite; None where all are numbers.

    Parameters
    ----------
    section
        The section and all its spots.
    """
    lost = section.barcode[section.reason == COUNTS_MISSING].tolist()
    if not lost:
        return None
    return f"{section.name}: counts of {len(lost)} of {len(section)} spots are not finite, and nothing is compared there: {first_few(lost)}"


def agreement(values: FloatArray, measured: FloatArray) -> FloatArray:
    """Return ``(g,)`` Pearson correlations of predicted and measured values over the spots that have both; NaN with fewer than ten.

    Parameters
    ----------
    values, measured
        ``(n, g)`` log(1 + counts per 10,000), NaN where unknown.
    """
    rows = np.isfinite(values).all(axis=1) & np.isfinite(measured).any(axis=1)
    if rows.sum() < FEWEST_ROWS:
        return np.full(values.shape[1], np.nan)
    return pearson_per_column(values[rows], np.nan_to_num(measured[rows]))


def total_counts(section: TissueSection) -> FloatArray | None:
    """Return ``(n,)`` counts of each spot over all genes, NaN where some are missing; None without counts."""
    if section.counts is None:
        return None
    return np.where(section.reason == COUNTS_MISSING, np.nan, _library(section.counts))


def _library(counts: "csr_matrix") -> FloatArray:
    return np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()


def _columns_of(
    gene: TextArray, symbol: TextArray | None, asked: Sequence[str], symbols: Sequence[str]
) -> "csr_matrix":
    """Return the ``(genes, asked)`` matrix of ones that adds up all counts under a name, as training does."""
    from scipy.sparse import csr_matrix

    by_id: dict[str, list[int]] = {}
    by_symbol: dict[str, list[int]] = {}
    for row, (identifier, name) in enumerate(zip(gene, gene if symbol is None else symbol, strict=True)):
        by_id.setdefault(gene_key(str(identifier)), []).append(row)
        by_symbol.setdefault(str(name or identifier), []).append(row)
    rows_of = by_symbol | by_id
    count = Counter(symbols)
    # A symbol that several of the genes share belongs to none of them.
    others = [name if count[name] == 1 else "" for name in symbols] or [""] * len(asked)
    found = [rows_of.get(name) or rows_of.get(other, []) for name, other in zip(asked, others, strict=True)]
    pairs = [(row, column) for column, rows in enumerate(found) for row in rows]
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return csr_matrix((np.ones(len(pairs)), (ends[0], ends[1])), shape=(len(gene), len(asked)))
