"""A card for each patient that is drawn: everything its template shows, and nothing to compute."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.classification.decision import DecisionRule
from spectra_dl.spectra.known_bands import KNOWN_BANDS
from spectra_dl.spectra.patient_page.bars import ProbabilityBar, gauge_place, probability_bars
from spectra_dl.spectra.patient_page.figures import (
    ClassCurve,
    FigureScales,
    PatientSpectra,
    SpectraFigure,
    numbered,
    window_ends,
)
from spectra_dl.spectra.patient_page.kept_spectra import KeptPatient, KeptSpectra, Remark
from spectra_dl.spectra.patient_page.occlusion import Occlusion, affordable, occluded, window_starts
from spectra_dl.spectra.patient_page.predicted import PredictedPatient
from spectra_dl.spectra.patient_page.stages import Stages, cleaned_stages
from spectra_dl.spectra.predictor import SpectraPredictor

_CURVES = 3  # classes under one patient
_BANDS_NAMED = 3


@dataclass(frozen=True)
class Place:
    """A window that an answer hangs on.

    Attributes
    ----------
    low, high
        Its ends in cm⁻¹.
    change
        Of the log odds.
    bands
        Known bands within it.
    """

    low: float
    high: float
    change: float
    bands: list[str]


@dataclass(frozen=True)
class Drawing:
    """The figure of a patient and what is said under it.

    Attributes
    ----------
    figure
        Where everything stands.
    spectra
        How many are drawn.
    curves
        The classes that are drawn, each with the share of the axis at which the patient lies within a standard deviation.
    hangs_on
        The class whose log odds the strip is about; empty without one.
    places
        The numbered windows of the strip.
    """

    figure: SpectraFigure
    spectra: int
    curves: list[tuple[ClassCurve, float]]
    hangs_on: str
    places: list[Place]


@dataclass(frozen=True)
class Card:
    """A patient.

    Attributes
    ----------
    patient
        What was predicted.
    bars
        Of probabilities that are stated.
    gauge
        Where the out-of-distribution score stands; None where no spectrum could be used.
    drawing
        None where no spectrum could be used.
    remarks, more_remarks
        What is said of single spectra, and of how many more.
    """

    patient: PredictedPatient
    bars: list[ProbabilityBar]
    gauge: float | None
    drawing: Drawing | None
    remarks: list[Remark]
    more_remarks: int


@dataclass(frozen=True)
class Cards:
    """All cards, and what their figures have in common; None where none has a figure."""

    cards: list[Card]
    scales: FigureScales | None


def patient_cards(
    predictor: SpectraPredictor, rule: DecisionRule, listed: Sequence[PredictedPatient], kept: KeptSpectra
) -> Cards:
    """Return a card for each patient whose spectra were kept.

    Parameters
    ----------
    predictor
        The model.
    rule
        How it decides.
    listed
        The first patients, in order.
    kept
        Their spectra.
    """
    table, people = kept.table(), list(zip(listed, kept.patients, strict=False))
    if table is None:
        return Cards([_card(patient, rule, own, None) for patient, own in people], None)
    stages = cleaned_stages(predictor, table)
    drawn = _drawn(predictor, people, stages)
    scales = FigureScales(stages.wavenumber, list(drawn.values()), predictor)
    cards = []
    for number, (patient, own) in enumerate(people):
        drawing = _drawing(scales, drawn[number], patient) if number in drawn else None
        cards.append(_card(patient, rule, own, drawing))
    return Cards(cards, scales)


def _drawn(
    predictor: SpectraPredictor, people: Sequence[tuple[PredictedPatient, KeptPatient]], stages: Stages
) -> dict[int, PatientSpectra]:
    """Return what is drawn of each patient with a spectrum that could be used, by number."""
    ends = np.cumsum([0, *(len(own.intensity) for _, own in people)])
    rows = {number: slice(ends[number], ends[number + 1]) for number in range(len(people))}
    known = [
        number for number, (patient, own) in enumerate(people) if own.intensity and not patient.is_unlike
    ]
    known = known[: affordable(predictor)] if known else []
    strips = dict(zip(known, _occlusions(predictor, stages, [rows[number] for number in known]), strict=True))
    return {
        number: PatientSpectra(
            stages.raw[at],
            stages.prepared[0][at].astype(np.float64),
            None if stages.baseline is None else stages.baseline[at],
            stages.replaced[at],
            strips.get(number),
        )
        for number, at in rows.items()
        if at.stop > at.start
    }


def _occlusions(predictor: SpectraPredictor, stages: Stages, rows: Sequence[slice]) -> list[Occlusion]:
    if not rows:
        return []
    means = {
        id(matrix): np.array([matrix[at].mean(axis=0) for at in rows], dtype=np.float32)
        for matrix in stages.prepared
    }
    return occluded(predictor, [means[id(matrix)] for matrix in stages.prepared])


def _card(patient: PredictedPatient, rule: DecisionRule, own: KeptPatient, drawing: Drawing | None) -> Card:
    return Card(
        patient,
        probability_bars(patient.probability, patient.prediction_set, rule),
        gauge_place(patient.ood_score) if patient.used else None,
        drawing,
        own.remarks,
        own.remarked - len(own.remarks),
    )


def _drawing(scales: FigureScales, spectra: PatientSpectra, patient: PredictedPatient) -> Drawing:
    likely = [curve for curve in scales.curves if curve.name in patient.prediction_set]
    others = [curve for curve in scales.curves if curve not in likely]
    chosen = sorted([*likely, *others][:_CURVES], key=lambda curve: curve.number)
    return Drawing(
        scales.figure(spectra),
        len(spectra.raw),
        [(curve, scales.within(spectra, curve.name) or 0.0) for curve in chosen],
        spectra.occlusion.class_name if spectra.occlusion else "",
        _places(scales, spectra.occlusion) if spectra.occlusion else [],
    )


def _places(scales: FigureScales, occlusion: Occlusion) -> list[Place]:
    starts = window_starts(scales.wavenumber.size)
    places = []
    for window in numbered(occlusion.change):
        low, high = window_ends(scales.wavenumber, starts, window)
        bands = [f"{band.position:g} ({band.name})" for band in KNOWN_BANDS if low <= band.position < high]
        places.append(Place(low, high, float(occlusion.change[window]), bands[:_BANDS_NAMED]))
    return places
