"""Fill the page's template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spectra_dl.evaluation.report.page import value_maps
from spectra_dl.evaluation.report.page.environment import about_prediction, environment
from spectra_dl.evaluation.report.table_downloads import with_downloads
from spectra_dl.expression.output.prediction import VALUES
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section_page import histogram
from spectra_dl.expression.section_page.cards import SectionCard

_SCORES = 4
_IN_TABLE = 500  # further sections, a line each


@dataclass(frozen=True)
class SectionLine:
    """What is said of every section: its name, spots in all, refused and warned of, and the mean correlation with its counts, if any."""

    name: str
    spots: int
    refused: int
    warned: int
    reached: float | None


def sections_page(
    predictor: ExpressionPredictor,
    lines: Sequence[SectionLine],
    cards: Sequence[SectionCard],
    report: Mapping[str, Any],
    genes: int,
) -> str:
    """Return predictions as one HTML file that needs nothing else: no network, no script, no other file.

    Parameters
    ----------
    predictor
        The model.
    lines
        One for each section.
    cards
        Of the first sections.
    report
        All of ``report.json``.
    genes
        How many were predicted.

    Returns
    -------
    page
        HTML; the same predictions give the same text. What a user wrote (ids, genes, files) is shown as text.
    """
    header = predictor.header
    template = environment("spectra_dl.expression.section_page").get_template("sections.html")
    page = template.render(
        **about_prediction(header, predictor.sha256, report),
        scores=header.scores[:_SCORES],
        usable=sum(gene.usable for gene in header.input.genes),
        model_genes=len(header.input.genes),
        trained_on=header.input.training_rows(),
        lines=lines,
        others=lines[len(cards) :][:_IN_TABLE],
        cards=cards,
        genes=genes,
        subjects="tissue",
        rows="sections",
        simulated_rows="tissue",
        seen=_seen(predictor, lines),
        maps=value_maps,
        bars=histogram,
        colours=value_maps.colour_bar(),
        value_name=VALUES,
    )
    return with_downloads(page)


def _seen(predictor: ExpressionPredictor, lines: Sequence[SectionLine]) -> str:
    """Return how many sections have the name of one that the model was trained on."""
    known = predictor.header.input.training.sections
    seen = sum(line.name in known for line in lines)
    if not seen:
        return ""
    return f"{seen} of {len(lines)} sections have the name of one that the model was trained on; where they are the same, these results are too good."
