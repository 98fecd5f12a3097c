"""Fill the page's template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spectra_dl.evaluation.report.page.environment import about_prediction, environment, seen_in_training
from spectra_dl.evaluation.report.table_downloads import with_downloads
from spectra_dl.fusion.predictor import FusionPredictor

_IN_TABLE = 500  # patients, a line each
_SCORES = 4
_CLASSES = 12  # in a tally
_HALF = 75  # pixels on each side of the middle
_LEAST_SCALE = 1.0  # log odds at the end of a bar: where blocks say less, bars stay short


@dataclass(frozen=True)
class BlockBar:
    """What a block says of a patient, as a bar from the middle.

    Attributes
    ----------
    adds
        To the log odds of the class that is spoken of.
    has
        Whether the patient has the block.
    start, width
        Of the bar in pixels.
    """

    adds: float
    has: bool
    start: float
    width: float


@dataclass(frozen=True)
class PatientLine:
    """A patient of the table.

    Attributes
    ----------
    patient
        As in report.json.
    of
        The class that bars speak of.
    bars
        Of each block.
    disagree
        Whether one block that the patient has multiplies the odds by e or more, and another divides them so.
    """

    patient: Mapping[str, Any]
    of: str
    bars: tuple[BlockBar, ...]
    disagree: bool


def patients_page(
    predictor: FusionPredictor, report: Mapping[str, Any], *, seen: Mapping[str, tuple[int, int]]
) -> str:
    """Return predictions as one HTML file that needs nothing else: no network, no script, no other file.

    Parameters
    ----------
    predictor
        The model.
    report
        All of ``report.json``.
    seen
        By block: how many rows the model was trained on, of how many.

    Returns
    -------
    page
        HTML; the same predictions give the same text. What a user wrote (ids, classes, files) is shown as text.
    """
    results, classification = report["results"], predictor.classification
    answers = [patient["predicted_class"] for patient in results["patients"]]
    blocks = [block.name for block in predictor.header.input.blocks]
    template = environment("spectra_dl.fusion.patients_page").get_template("patients_of_fusion.html")
    page = template.render(
        **about_prediction(predictor.header, predictor.sha256, report),
        scores=predictor.header.scores[:_SCORES],
        results=results,
        blocks=blocks,
        lacking={
            name: sum(not each["blocks"][name]["has"] for each in results["patients"]) for name in blocks
        },
        tally=[(name, answers.count(name)) for name in classification.classes[:_CLASSES]],
        without=answers.count(""),
        lines=patient_lines(results["patients"][:_IN_TABLE], blocks, classification),
        positive=classification.positive_class,
        two=len(classification.classes) == 2,
        half=_HALF,
        subjects="patients",
        rows="patients",
        simulated_rows="patients",
        seen=seen_in_training((count, rows, f"rows of {name}") for name, (count, rows) in seen.items()),
    )
    return with_downloads(page)


def patient_lines(
    patients: Sequence[Mapping[str, Any]], blocks: Sequence[str], classification: Any
) -> list[PatientLine]:
    """Return a line for each patient; all bars have one scale.

    Parameters
    ----------
    patients
        As in report.json.
    blocks
        Their names.
    classification
        Of the model: with two classes bars speak of the positive one, with more of each patient's likeliest.
    """
    classes = list(classification.classes)
    spoken = [
        classification.positive_class if len(classes) == 2 else _likeliest(patient, classes)
        for patient in patients
    ]
    adds = [
        [_log_odds(patient["blocks"][name]["adds"], of) for name in blocks]
        for patient, of in zip(patients, spoken, strict=True)
    ]
    scale = max([_LEAST_SCALE, *(abs(value) for each in adds for value in each)])
    return [
        PatientLine(patient, of, bars, _disagree(bars))
        for patient, of, each in zip(patients, spoken, adds, strict=True)
        for bars in [
            tuple(
                _bar(value, scale, has=patient["blocks"][name]["has"])
                for name, value in zip(blocks, each, strict=True)
            )
        ]
    ]


def _bar(adds: float, scale: float, *, has: bool) -> BlockBar:
    width = round(_HALF * abs(adds) / scale, 1)
    return BlockBar(adds, has, round(_HALF - width, 1) if adds < 0 else float(_HALF), width)


def _disagree(bars: Sequence[BlockBar]) -> bool:
    said = [bar.adds for bar in bars if bar.has]
    return bool(said) and max(said) >= 1.0 and min(said) <= -1.0


def _likeliest(patient: Mapping[str, Any], classes: Sequence[str]) -> str:
    """Return the answer, or the class for which the blocks together say most."""
    if patient["predicted_class"]:
        return str(patient["predicted_class"])
    return max(classes, key=lambda name: sum(block["adds"][name] for block in patient["blocks"].values()))


def _log_odds(adds: Mapping[str, float], of: str) -> float:
    others = [value for name, value in adds.items() if name != of]
    return adds[of] - sum(others) / len(others)
