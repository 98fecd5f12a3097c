"""Fill the page's template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spectra_dl.classification.decision import DecisionRule
from spectra_dl.evaluation.report.page.environment import about_prediction, environment, seen_in_training
from spectra_dl.models.header import Score
from spectra_dl.spectra.patient_page import bars, figures
from spectra_dl.spectra.patient_page.cards import Card, Cards, patient_cards
from spectra_dl.spectra.patient_page.kept_spectra import DRAWN_SPECTRA, KeptSpectra
from spectra_dl.spectra.patient_page.occlusion import WINDOWS
from spectra_dl.spectra.patient_page.predicted import PredictionCounts
from spectra_dl.spectra.predictor import SpectraPredictor

_IN_TABLE = 1_000  # further patients, a line each
_SCORES = ("area under the ROC curve", "balanced accuracy", "sensitivity", "specificity")
_COLOURS = 6
_LONGEST_TEXT = 600


@dataclass(frozen=True, eq=False)
class PageInputs:
    """What the page is made of beside report.json: how the model decides, and the spectra of the first patients."""

    rule: DecisionRule
    kept: KeptSpectra


def patient_page(
    predictor: SpectraPredictor, counts: PredictionCounts, inputs: PageInputs, report: Mapping[str, Any]
) -> str:
    """Return predictions as one HTML file that needs nothing else: no network, no script, no other file.

    Parameters
    ----------
    predictor
        The model.
    counts
        What was predicted.
    inputs
        What is drawn.
    report
        All of ``report.json``.

    Returns
    -------
    page
        HTML; the same predictions give the same text. What a user wrote (ids, classes, files) is shown as text.
    """
    made = patient_cards(predictor, inputs.rule, counts.listed, inputs.kept)
    template = environment("spectra_dl.spectra.patient_page").get_template("patients.html")
    return template.render(
        **about_prediction(predictor.header, predictor.sha256, report),
        **_about_model(predictor),
        **_about_figures(made),
        counts=counts,
        rule=inputs.rule,
        words=inputs.rule.words,
        others=counts.listed[len(made.cards) : len(made.cards) + _IN_TABLE],
        subjects="patients",
        rows=inputs.rule.words.rows,
        simulated_rows=inputs.rule.words.rows,
        seen=seen_in_training([(counts.seen, counts.spectra, inputs.rule.words.rows)]),
        longest=_LONGEST_TEXT,
    )


def _about_model(predictor: SpectraPredictor) -> dict[str, object]:
    return {
        "patients_of_class": predictor.classification.patients,
        "scores": _chosen(predictor.header.scores),
        "has_means": predictor.class_spectra is not None,
        "classes_without": [
            name
            for name in predictor.classification.classes
            if predictor.class_spectra is not None and name not in predictor.class_spectra.classes
        ],
    }


def _about_figures(made: Cards) -> dict[str, object]:
    return {
        "cards": made.cards,
        "scales": made.scales,
        "strips": sum(_has_strip(card) for card in made.cards),
        "without_strip": sum(
            card.drawing is not None and not card.patient.is_unlike and not _has_strip(card)
            for card in made.cards
        ),
        "figure": figures,
        "bar_width": bars.WIDTH,
        "drawn_spectra": DRAWN_SPECTRA,
        "windows": WINDOWS,
        "colours": _COLOURS,
    }


def _has_strip(card: Card) -> bool:
    return card.drawing is not None and bool(card.drawing.hangs_on)


def _chosen(scores: Sequence[Score]) -> list[Score]:
    """Return the figures that say most of a model, or the first where it has none of these."""
    return ([score for score in scores if score.name in _SCORES] or list(scores))[: len(_SCORES)]
