"""What reports say of tissue sections: the words, and what only this modality knows."""

from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.expression.genes import PanelSettings

EXPRESSION_WORDS = Words("spot", "spots", "gene")
_VALUES = "Counts were divided by the spot's library size, brought to 10,000 and log-transformed; "
_CHOSEN = "genes were chosen on the training sections of each fold"


def expression_context(panel: PanelSettings) -> ReportContext:
    """Return what reports say of sections whose genes were chosen like this."""
    if panel.names:
        genes = "genes were named before any spot was seen, the same for each fold"
    elif panel.rule in ("variance", "mean"):
        genes = _CHOSEN
    else:
        genes = f"{_CHOSEN}, by scanpy's highly_variable_genes, flavour {panel.rule}"
    return ReportContext(words=EXPRESSION_WORDS, methods=(f"{_VALUES}{genes}.",))
