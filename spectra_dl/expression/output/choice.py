"""What is written of a prediction: which genes, which maps, which exports."""

from collections.abc import Sequence
from dataclasses import dataclass

from spectra_dl.errors import UsageError
from spectra_dl.expression.genes import gene_key
from spectra_dl.expression.input_part import GeneScore
from spectra_dl.expression.output.exports.registry import check_exports
from spectra_dl.expression.panel.asked_genes import KnownGenes, known_genes
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section import TissueSection

_DRAWN = 4  # genes
_WHERE = "the model's genes"


@dataclass(frozen=True)
class OutputChoice:
    """What is written of a prediction.

    Attributes
    ----------
    genes
        Ids or symbols of the model's genes, in the order they are written; a number takes those predicted best on left-out tissue;
        None takes all.
    maps
        Ids or symbols of the genes that are drawn; empty draws the four predicted best.
    exports
        Formats besides AnnData; see `spectra_dl.expression.output.exports.registry`.
    """

    genes: int | tuple[str, ...] | None = None
    maps: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChosenOutput:
    """What is written of a section, after names have been matched with the model's genes.

    Attributes
    ----------
    genes
        Numbers of the model's genes that are written, in their order.
    drawn
        Positions among those of the genes that maps show.
    notes
        A sentence for names the model does not know.
    """

    genes: tuple[int, ...]
    drawn: tuple[int, ...]
    notes: tuple[str, ...]


def chosen_output(
    predictor: ExpressionPredictor, choice: OutputChoice, section: TissueSection | None = None
) -> ChosenOutput:
    """Match the names that are asked for with the model's genes.

    Parameters
    ----------
    predictor
        The model.
    choice
        What is asked for.
    section
        One whose symbols can be asked for too; None takes the model's alone.

    Raises
    ------
    UsageError
        None of the genes, or a gene that is to be drawn, is the model's: the nearest names are listed. Or a format can't be written.
    """
    check_exports(choice.exports)
    known = _known(predictor.header.input.genes, section)
    genes, notes = _written(predictor, choice, known)
    if not choice.maps:
        best = [genes.index(at) for at in predictor.best_first if at in set(genes)]
        return ChosenOutput(genes, tuple(best[:_DRAWN]), notes)
    drawn = _drawn(known, choice.maps)
    if outside := [known.symbols[at] or known.ids[at] for at in drawn if at not in genes]:
        raise UsageError(
            f"--map {outside[0]:.80}: --genes leaves it out; name it there too, or leave --genes out"
        )
    return ChosenOutput(genes, tuple(genes.index(at) for at in drawn), notes)


def _known(genes: Sequence[GeneScore], section: TissueSection | None) -> KnownGenes:
    symbols = {}
    if section is not None and section.gene is not None and section.symbol is not None:
        symbols = {
            gene_key(str(each)): str(name) for each, name in zip(section.gene, section.symbol, strict=True)
        }
    return known_genes(
        [gene.name for gene in genes],
        [gene.symbol or symbols.get(gene_key(gene.name), "") for gene in genes],
    )


def _written(
    predictor: ExpressionPredictor, choice: OutputChoice, known: KnownGenes
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    if choice.genes is None:
        return tuple(range(len(known.ids))), ()
    if isinstance(choice.genes, int):
        best = tuple(predictor.best_first[: choice.genes])
        few = len(best) < choice.genes
        return best, (f"--genes {choice.genes}: the model predicts {len(best)}",) if few else ()
    matched = known.require(choice.genes, "--genes", _WHERE)
    return matched.columns, tuple(matched.notes("--genes", _WHERE))


def _drawn(known: KnownGenes, names: Sequence[str]) -> tuple[int, ...]:
    if missing := known.match(names).missing:
        raise UsageError(f"--map: not among {_WHERE}: {known.suggestions(missing)}")
    return known.match(names).columns
