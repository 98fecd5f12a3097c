"""A card for each section that is drawn: everything its template shows, and nothing to compute."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.report.page.value_maps import (
    Marks,
    Places,
    colour_limits,
    coloured,
    grouped,
    in_words,
)
from spectra_dl.expression.output.prediction import OK, REFUSED, WARNED, SectionPrediction
from spectra_dl.expression.section_page.histogram import Histogram, histogram
from spectra_dl.expression.section_page.tissue import Tissue, tissue_of

DRAWN_SECTIONS, DRAWN_GENES = 12, 12
_MARKS = 150_000  # on a page, of about ten bytes each
_MOST_PLACES = 5_000  # on a map
_LISTED_GENES, _LISTED_REASONS, _LISTED_NOTES = 40, 6, 10
_CROSS = "m-22-22l44 44m0-44l-44 44m22-22"
_KINDS = (OK, WARNED, REFUSED)


@dataclass(frozen=True)
class GeneLine:
    """What is known of a gene; None where unknown or withheld."""

    name: str
    expected: float | None
    reached: float | None
    ceiling: float | None
    usable: bool


@dataclass(frozen=True)
class ValueMap:
    """A map: its marks, and in words where its values lie."""

    marks: list[Marks]
    words: str


@dataclass(frozen=True)
class GeneMaps:
    """A gene's maps on one scale of colours; ``measured`` is None where it wasn't counted."""

    gene: GeneLine
    limits: tuple[float, float]
    predicted: ValueMap
    measured: ValueMap | None


@dataclass(frozen=True)
class SectionCard:
    """A section.

    Attributes
    ----------
    name, patient
        Ids; no patient where not known.
    spots, refused, warned
        Counts.
    reasons
        Why spots are refused or warned of, and of how many.
    um_per_pixel, um_source
        Of the image, and where that comes from.
    tissue
        What maps are drawn over.
    overlay
        Marks of predicted, warned and refused spots, by their number in this order.
    spot_size, gathered
        Of spots in units of the figure, and whether squares of several are drawn, and how many.
    places
        How many are drawn.
    maps, more_maps
        Of genes, and how many more were asked for.
    histogram
        None where no correlation is known.
    genes, more_genes
        Those predicted best on left-out tissue first, and how many more there are.
    reached
        Mean correlation with the section's counts; None without.
    notes
        On this section.
    """

    name: str
    patient: str
    spots: int
    refused: int
    warned: int
    reasons: list[tuple[str, int]]
    um_per_pixel: float
    um_source: str
    tissue: Tissue
    overlay: list[Marks]
    spot_size: float
    gathered: bool
    places: int
    maps: list[GeneMaps]
    more_maps: int
    histogram: Histogram | None
    genes: list[GeneLine]
    more_genes: int
    reached: float | None
    notes: list[str]


def section_card(prediction: SectionPrediction, drawn: Sequence[int], sections: int = 1) -> SectionCard:
    """Return the card of a prediction in memory.

    Parameters
    ----------
    prediction
        With its notes.
    drawn
        Positions of the genes that are drawn.
    sections
        How many stand on the page: the more, the coarser maps of large sections are.
    """
    shown = drawn[:DRAWN_GENES]
    maps = min(sections, DRAWN_SECTIONS) * (2 * len(shown) + 1)
    tissue, places = tissue_of(prediction, min(_MOST_PLACES, _MARKS // maps))
    lines = _lines(prediction)
    reached = prediction.measured_pearson
    known = np.empty(0) if reached is None else reached[np.isfinite(reached)]
    section, status, best = prediction.section, prediction.status, _best_first(prediction)
    return SectionCard(
        section.name,
        section.patient or "",
        len(section),
        status.count(REFUSED),
        status.count(WARNED),
        Counter(reason for reason in prediction.reason if reason).most_common(_LISTED_REASONS),
        section.um_per_pixel,
        section.um_per_pixel_source,
        tissue,
        _overlay(places, status),
        round(places.size, 2),
        places.gathered,
        len(places.x),
        [_maps(prediction, at, lines[at], places) for at in shown],
        len(drawn) - len(shown),
        histogram(prediction.expected, reached),
        [lines[at] for at in best[:_LISTED_GENES]],
        max(0, len(best) - _LISTED_GENES),
        float(known.mean()) if known.size else None,
        list(section.notes[:_LISTED_NOTES]),
    )


def _lines(prediction: SectionPrediction) -> list[GeneLine]:
    reached = prediction.measured_pearson
    return [
        GeneLine(
            name,
            _known(float(expected)),
            None if reached is None else _known(float(reached[at])),
            gene.ceiling,
            gene.usable,
        )
        for at, (name, gene, expected) in enumerate(
            zip(prediction.names, prediction.genes, prediction.expected, strict=True)
        )
    ]


def _best_first(prediction: SectionPrediction) -> list[int]:
    scores = [-np.inf if gene.pearson is None else gene.pearson for gene in prediction.genes]
    return sorted(range(len(scores)), key=lambda at: -scores[at])


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _overlay(places: Places, status: Sequence[str]) -> list[Marks]:
    """Return where spots are predicted, warned of and refused; a square has the kind of most of its spots."""
    kind = np.array([_KINDS.index(each) for each in status], dtype=np.float64)
    shares = np.stack([places.means((kind == number).astype(np.float64)) for number in range(len(_KINDS))])
    of_place = shares.argmax(axis=0) if shares.size else np.empty(0, dtype=np.intp)
    refused = np.where(of_place == _KINDS.index(REFUSED), of_place, -1)
    others = np.where(refused < 0, of_place, -1)
    return [*grouped(places, others), *grouped(places, refused, _CROSS)]


def _maps(prediction: SectionPrediction, at: int, gene: GeneLine, places: Places) -> GeneMaps:
    predicted = places.means(prediction.values[:, at])
    counted = prediction.measured
    measured = None if counted is None else places.means(counted[:, at])
    if measured is not None and not np.isfinite(measured).any():
        measured = None
    limits = colour_limits(predicted, measured)
    return GeneMaps(
        gene,
        limits,
        _map(places, predicted, limits),
        None if measured is None else _map(places, measured, limits),
    )


def _map(places: Places, values: FloatArray, limits: tuple[float, float]) -> ValueMap:
    return ValueMap(coloured(places, values, limits), in_words(places, values))
