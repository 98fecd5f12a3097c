"""What each part of an ensemble adds to the others, on patients it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.classification.parts import UnseenLogits
from spectra_dl.classification.predictions import softmax
from spectra_dl.classification.shares import learn_shares
from spectra_dl.evaluation.classes.metric_table import METRICS, Predictions
from spectra_dl.evaluation.classes.resampling import ResampledPredictions
from spectra_dl.evaluation.intervals import Interval, percentile_interval
from spectra_dl.evaluation.patients import Patients

_AUC = METRICS["auc"]


@dataclass(frozen=True)
class PartValue:
    """What a part says and what it is worth.

    Attributes
    ----------
    name
        What it is called.
    weight
        Its part of the sum of all parts' logits, 0 to 1, by their spread over patients.
    adds
        How much higher the patient AUC of all parts is than that of the others without it, with the 95 % interval over patients.
    """

    name: str
    weight: float
    adds: Interval


def part_values(
    parts: Sequence[UnseenLogits], patients: Patients, positive: int | None, seed: int
) -> tuple[PartValue, ...]:
    """Return what each part adds to the others.

    Parameters
    ----------
    parts
        At least two, with the logits of each row.
    patients
        Whose the rows are; their classes are numbered as the columns are.
    positive
        As in `spectra_dl.evaluation.classes.metric_table.all_metrics`.
    seed
        Of the patients drawn for the intervals.
    """
    truth = patients.class_of_patient
    draws = patients.draw(seed=seed)
    logits = np.stack([patients.mean(part.logits) for part in parts])  # (p, m, c)
    trust = np.array([part.trust for part in parts])
    said = learn_shares(logits, truth, trust) * (logits - logits.mean(axis=(1, 2), keepdims=True)).std(
        axis=(1, 2)
    )
    row = np.arange(len(truth))

    def figures(kept: list[int]) -> tuple[float, FloatArray]:
        shares = learn_shares(logits[kept], truth, trust[kept])
        probability = softmax(np.tensordot(shares, logits[kept], axes=1))
        resampled = ResampledPredictions(truth, probability, row, positive, draws)
        return _AUC.point(Predictions(truth, probability, positive)), _AUC.resampled(resampled)

    every = list(range(len(parts)))
    value, resampled = figures(every)
    values = []
    for at, part in enumerate(parts):
        others, others_resampled = figures([other for other in every if other != at])
        adds = percentile_interval(value - others, resampled - others_resampled)
        values.append(PartValue(part.name, float(said[at] / said.sum()), adds))
    return tuple(values)
