"""Fill the page's template."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from spectra_dl.classification.decision import Answer
from spectra_dl.classification.predictions import PatientPredictions
from spectra_dl.evaluation.report.page.environment import about_prediction, environment, seen_in_training
from spectra_dl.evaluation.report.table_downloads import with_downloads
from spectra_dl.tissue.predictor import TissuePredictor
from spectra_dl.tissue.report_context import TISSUE_WORDS

_IN_TABLE = 500  # patients, a line each
_SCORES = 4
_CLASSES = 12  # in a tally or a table


def images_page(
    predictor: TissuePredictor,
    answered: Sequence[tuple[PatientPredictions, Sequence[Answer]]],
    report: Mapping[str, Any],
    *,
    seen: int,
    files: Sequence[str],
) -> str:
    """Return predictions as one HTML file that needs nothing else: no network, no script, no other file.

    Parameters
    ----------
    predictor
        The model.
    answered
        Patients, slides or images, some at a time, with the answers.
    report
        All of ``report.json``.
    seen
        How many of the images the model was trained on.
    files
        Names of what lies beside the page.

    Returns
    -------
    page
        HTML; the same predictions give the same text. What a user wrote (ids, classes, files) is shown as text.
    """
    results = report["results"]
    counted = Counter(answer.predicted_class for _, answers in answered for answer in answers)
    images = sum(results["images"].values())
    page = (
        environment("spectra_dl.tissue.images_page")
        .get_template("images.html")
        .render(
            **about_prediction(predictor.header, predictor.sha256, report),
            scores=predictor.header.scores[:_SCORES],
            results=results,
            images=images,
            owner=predictor.header.input.classes_of,
            total=results["patients_total"],
            without=counted[""],
            tally=[(name, counted[name]) for name in predictor.classification.classes[:_CLASSES]],
            listed=results["patients"][:_IN_TABLE],
            shares=results.get("shares", [])[:_IN_TABLE],
            overlays=results.get("overlays"),
            classes=predictor.classification.classes[:_CLASSES],
            files=files,
            subjects="tissue",
            rows=TISSUE_WORDS.rows,
            simulated_rows=TISSUE_WORDS.rows,
            seen=seen_in_training([(seen, images, TISSUE_WORDS.rows)]),
        )
    )
    return with_downloads(page)
