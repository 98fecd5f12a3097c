"""How near does a corrected share of necrosis come to a patient's own, and how often does its 95 % interval hold it?

Run: ``python benchmarks/honesty/necrosis_share.py [studies]``, 300 unless said; about five minutes on one core. A simulated study has 60 patients to learn from
and 10 new ones; a patient's share is that of its whole tumour, of which the slides are a sample. Tiles are numbers as an encoder might give, which every
patient shifts, and the model is a logistic regression: five of them, each without one fold of the patients, say what it mistakes. ``plain count`` is
the share as predicted.
"""

import os
import sys
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from spectra_dl.tissue.shares.confusion import Confusion, patient_counts
from spectra_dl.tissue.shares.estimate import GOOD_RESPONSE, ShareEstimate, ShareEstimator
from spectra_dl.tissue.shares.share_classes import ShareClasses
from spectra_dl.tissue.shares.stated import stated_shares
from spectra_dl.tissue.simulation.image_study import CLASSES
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, SimulatedShares, simulate_shares

KNOWN, NEW, FOLDS = 60, 10, 5
ASKED = ShareClasses("necrotic", "viable")
# Slides, tiles of each, and the standard deviation of patients' shifts.
SETTINGS = {
    "10 slides of 30 tiles": (10, 30, 0.3),
    "patients shift tiles more": (10, 30, 0.5),
    "4 slides of 30 tiles": (4, 30, 0.3),
    "3 slides of 12 tiles": (3, 12, 0.3),
    "2 slides of 30 tiles": (2, 30, 0.3),
}
COLUMNS = (
    "tiles right",
    "error",
    "plain count",
    "bias",
    "coverage",
    "width",
    "good: yes",
    "good: no",
    "poor: yes",
    "poor: no",
)


@dataclass(frozen=True)
class Assessed:
    """A patient's true share beside what was estimated."""

    truth: float
    said: ShareEstimate


def model() -> LogisticRegression:
    """Return an unfitted model."""
    return LogisticRegression(C=1.0, max_iter=500)


def assess(study: SimulatedShares, features: np.ndarray) -> tuple[float, list[Assessed]]:
    """Return the share of held-out tiles that are right, and the new patients of a study."""
    names = study.patients
    code = np.array([CLASSES.index(name) for name in study.label])
    known = np.isin(study.patient.astype(str), names[:KNOWN])
    rows, label, patient = features[known], code[known], study.patient[known]
    held_out = np.empty(len(rows), dtype=np.intp)
    for train, test in GroupKFold(FOLDS).split(rows, label, patient):
        held_out[test] = model().fit(rows[train], label[train]).predict(rows[test])
    counts = patient_counts(label, held_out, patient, len(CLASSES))
    predicted = model().fit(rows, label).predict(features[~known])
    estimator = ShareEstimator(ASKED, CLASSES, Confusion(counts))
    shares = stated_shares(estimator, predicted, study.patient[~known], study.slide[~known], slides=False)
    truth = dict(zip(names, study.truth.tolist(), strict=True))
    return float((held_out == label).mean()), [
        Assessed(truth[each.patient], each.estimate) for each in shares
    ]


def share_of(which: list[Assessed], answer: str) -> float:
    """Return how many of some patients get an answer."""
    return float(np.mean([each.said.reaches == answer for each in which]))


def show(name: str, right: list[float], patients: list[Assessed]) -> None:
    """Print one line of means over patients of all studies."""
    stated = [each for each in patients if np.isfinite(each.said.share)]
    error = np.array([each.said.share - each.truth for each in stated])
    plain = np.array([each.said.counted - each.truth for each in stated])
    good = [each for each in patients if each.truth >= GOOD_RESPONSE]
    poor = [each for each in patients if each.truth < GOOD_RESPONSE]
    figures = (
        *(np.mean(right), np.abs(error).mean(), np.abs(plain).mean(), error.mean()),
        np.mean([each.said.low <= each.truth <= each.said.high for each in patients]),
        np.mean([each.said.high - each.said.low for each in patients]),
        *(share_of(which, answer) for which in (good, poor) for answer in ("yes", "no")),
    )
    print(
        f"| {name} | "
        + " | ".join(f"{value:.3f}" for value in figures)
        + f" | {len(stated)}/{len(patients)} |",
        flush=True,
    )


def main() -> None:
    """Print one line for each kind of study."""
    studies = range(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    print(f"{len(studies)} studies, {KNOWN} patients to learn from and {NEW} new ones each\n")
    print("| study | " + " | ".join(COLUMNS) + " | patients |\n|" + "---|" * (len(COLUMNS) + 2))
    for name, (slides, tiles, shift) in SETTINGS.items():
        right, patients = list[float](), list[Assessed]()
        for seed in studies:
            study = simulate_shares(ShareStudySettings(KNOWN + NEW, slides, tiles, seed=seed))
            share, assessed = assess(study, study.features(patient_shift=shift))
            right.append(share)
            patients += assessed
        show(name, right, patients)


if __name__ == "__main__":
    main()
