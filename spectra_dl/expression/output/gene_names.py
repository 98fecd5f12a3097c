"""The names that predicted genes go by: symbols where the input or the training data had them."""

from collections import Counter
from collections.abc import Sequence

from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.genes import gene_key
from spectra_dl.expression.input_part import GeneScore
from spectra_dl.expression.section import TissueSection
from spectra_dl.storage.text.storable import distinct, storable


def written_names(
    genes: Sequence[GeneScore], section: TissueSection
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the name each gene goes by in the output, none twice, and a note for symbols that several genes share.

    The section's symbol for a gene goes before the model's, and the id stands in where neither has one. Genes that share a symbol go
    by the symbol and their id, so that nobody takes one for the other.

    Parameters
    ----------
    genes
        ``g`` genes of the model.
    section
        The section that is predicted.
    """
    known = _symbols(section)
    wanted = [known.get(gene_key(gene.name)) or gene.symbol or gene.name for gene in genes]
    count = Counter(wanted)
    shared = sorted(name for name, times in count.items() if times > 1)
    names = [
        storable(f"{name}_{gene.name}" if count[name] > 1 else name)
        for name, gene in zip(wanted, genes, strict=True)
    ]
    notes = (
        (
            f"{section.name}: {len(shared)} symbols belong to several genes ({first_few(shared)}); these go by symbol and id",
        )
        if shared
        else ()
    )
    return tuple(distinct(names)), notes


def _symbols(section: TissueSection) -> dict[str, str]:
    """Return the section's symbols by id, of ids that have one only."""
    if section.gene is None or section.symbol is None:
        return {}
    symbols: dict[str, str] = {}
    for identifier, symbol in zip(section.gene, section.symbol, strict=True):
        if symbol:
            symbols.setdefault(gene_key(str(identifier)), str(symbol))
    return symbols
