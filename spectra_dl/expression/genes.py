"""The genes that sections have in common, and the panel of them that a model is trained on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.mangled_genes import mangled_note
from spectra_dl.expression.panel.rules import PANEL_RULES, PanelRule
from spectra_dl.expression.section import TissueSection, no_counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_ENSEMBL = re.compile(r"(ENS[A-Z]{0,6}G\d{11})(\.\d+)?")
_FEWEST_SHARED = 0.5  # of the smallest section's genes
PER = 10_000.0


@dataclass(frozen=True, eq=False)
class SharedGenes:
    """The genes that all sections have, under one name each.

    Attributes
    ----------
    name
        ``(g,)`` sorted: Ensembl ids without version where every section has them, else symbols.
    columns
        For each section, the sparse ``(genes of the section, g)`` matrix of ones that takes its counts to ``name``.
    symbol
        ``(g,)`` the symbol that the first section with one has for the gene, empty where none has.
    notes
        A sentence for genes that were left out or added up.
    """

    name: TextArray
    columns: tuple["csr_matrix", ...]
    symbol: TextArray
    notes: tuple[str, ...]


def gene_key(gene: str) -> str:
    """Return a gene id as it can be compared: an Ensembl id without its version, anything else as it is.

    Examples
    --------
    >>> gene_key("ENSG00000141510.17"), gene_key("HLA-A"), gene_key("RP11-34P13.7")
    ('ENSG00000141510', 'HLA-A', 'RP11-34P13.7')
    """
    match = _ENSEMBL.fullmatch(gene)
    return match.group(1) if match else gene


def is_ensembl(gene: str) -> bool:
    """Return whether this is an id of a gene by Ensembl, with or without its version."""
    return _ENSEMBL.fullmatch(gene) is not None


def shared_genes(sections: Sequence[TissueSection]) -> SharedGenes:
    """Find the genes that all sections have.

    Raises
    ------
    DataError
        A section has no counts, or the sections have too few genes in common.
    """
    keys = _comparable_keys(sections)
    common = set(keys[0]).intersection(*map(set, keys[1:])) - {""}
    fewest = min(map(len, map(set, keys)))
    if len(common) < max(1, _FEWEST_SHARED * fewest):
        listed = ", ".join(
            f"{section.name} {len(set(names))}" for section, names in zip(sections, keys, strict=True)
        )
        raise DataError(
            f"the sections have {len(common)} genes in common ({listed:.200}); do some have Ensembl ids and others symbols? "
            "bring them to one kind of id"
        )
    name = np.array(sorted(common), dtype=object)
    column_of = {gene: column for column, gene in enumerate(name)}
    notes = [
        note
        for section, names in zip(sections, keys, strict=True)
        for note in _losses(section, names, len(name))
    ]
    notes += [
        note
        for section in sections
        if (note := mangled_note(() if section.gene is None else section.gene, section.name))
    ]
    columns = tuple(_selector(names, column_of) for names in keys)
    return SharedGenes(name, columns, _symbols(sections, keys, column_of), tuple(notes))


def log_normalise(counts: "csr_matrix | FloatArray", library: FloatArray) -> FloatArray:
    """Return log(1 + counts per 10,000), dense ``(n, g)``.

    Parameters
    ----------
    counts
        ``(n, g)`` raw counts, sparse or dense.
    library
        ``(n,)`` counts of each spot over all its genes, not of these alone; above 0.
    """
    dense = counts.toarray() if hasattr(counts, "toarray") else np.asarray(counts, dtype=np.float64)
    scaled: FloatArray = np.log1p(dense * (PER / library)[:, None])
    return scaled


def raw_counts(values: FloatArray, library: FloatArray) -> FloatArray:
    """Invert `log_normalise`: return raw counts ``(n, g)``, rounded to whole numbers.

    Parameters
    ----------
    values
        ``(n, g)`` log(1 + counts per 10,000).
    library
        ``(n,)`` counts of each spot over all its genes, above 0.
    """
    counted: FloatArray = np.rint(np.expm1(values) * (library / PER)[:, None])
    return counted


@dataclass(frozen=True)
class PanelSettings:
    """Which genes a model is trained on.

    Attributes
    ----------
    size
        Genes at most, 1 or more.
    rule
        ``"variance"``: of log-normalised values within a section, averaged over sections. ``"mean"``: their mean. The others are
        flavours of scanpy's ``highly_variable_genes``; see `spectra_dl.expression.panel.flavours`.
    names
        Ids or symbols of the genes, where they are named before any spot is seen; size and rule then decide nothing.
    """

    size: int = 250
    rule: PanelRule = "variance"
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 1 or self.rule not in PANEL_RULES:
            raise UsageError(
                f"panel of {self.size} genes by {self.rule!r}: at least 1, by variance or mean, or by scanpy's "
                f"{', '.join(PANEL_RULES[2:])}"
            )


def choose_panel(
    counts: "csr_matrix", library: FloatArray, section: TextArray, settings: PanelSettings
) -> IndexArray:
    """Choose the genes of a panel on these rows and nothing else, and return their columns, ascending.

    Parameters
    ----------
    counts
        ``(n, g)`` raw counts of training spots.
    library, section
        ``(n,)`` counts over all genes, above 0, and section of the same spots.
    settings
        The panel's size and rule.

    Raises
    ------
    UsageError, DataError
        A flavour of scanpy's can't be computed; see `spectra_dl.expression.panel.flavours.variable_genes`.
    """
    from scipy.sparse import diags_array

    if settings.rule not in ("variance", "mean"):
        from spectra_dl.expression.panel.flavours import variable_genes

        return variable_genes(counts, library, section, size=settings.size, flavour=settings.rule)
    scores = []
    for name in sorted(set(section)):
        rows = np.flatnonzero(section == name)
        scaled = (diags_array(PER / library[rows]) @ counts[rows]).tocsr()
        scaled.data = np.log1p(scaled.data)
        mean = np.asarray(scaled.mean(axis=0)).ravel()
        scores.append(
            mean
            if settings.rule == "mean"
            else np.asarray(scaled.multiply(scaled).mean(axis=0)).ravel() - mean**2
        )
    score = np.mean(scores, axis=0)
    # Ties go to the gene that comes first, so that the panel doesn't depend on the sorting algorithm.
    best = np.argsort(-score, kind="stable")[: settings.size]
    return np.sort(best[score[best] > 0]).astype(np.intp)


def _comparable_keys(sections: Sequence[TissueSection]) -> list[list[str]]:
    ids, symbols = [], []
    for section in sections:
        if section.counts is None or section.gene is None:
            raise DataError(no_counts(section))
        ids.append([gene_key(gene) for gene in section.gene])
        names = section.symbol if section.symbol is not None else section.gene
        symbols.append([symbol or gene for symbol, gene in zip(names, section.gene, strict=True)])
    all_ensembl = all(is_ensembl(gene) for section_ids in ids for gene in section_ids)
    return ids if all_ensembl else symbols


def _symbols(
    sections: Sequence[TissueSection], keys: Sequence[Sequence[str]], column_of: dict[str, int]
) -> TextArray:
    symbols = np.full(len(column_of), "", dtype=object)
    for section, names in zip(sections, keys, strict=True):
        for key, symbol in zip(names, () if section.symbol is None else section.symbol, strict=False):
            if symbol and key in column_of and not symbols[column_of[key]]:
                symbols[column_of[key]] = str(symbol)
    return symbols


def _losses(section: TissueSection, keys: Sequence[str], n_shared: int) -> list[str]:
    distinct = len(set(keys))
    notes = []
    if distinct < len(keys):
        notes.append(
            f"{section.name}: {len(keys) - distinct} genes share their name with another gene; their counts were added up"
        )
    if n_shared < distinct:
        notes.append(
            f"{section.name}: {distinct - n_shared} of {distinct} genes are not in every section and are left out"
        )
    return notes


def _selector(keys: Sequence[str], place: dict[str, int]) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    pairs = [(row, place[key]) for row, key in enumerate(keys) if key in place]
    rows, columns = zip(*pairs, strict=True)
    return csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(keys), len(place)))
