"""Do an ensemble's 90 % sets hold a new patient's class as often as stated, and how often is there no answer?

Run: ``python benchmarks/honesty/conformal_coverage.py [studies]``, 500 unless said; ten minutes on one core. A simulated study has 30 patients of
each class; what is fitted on it is assessed on 1,000 new ones. ``perfect scores`` are true log odds: what no model of this AUC betters. The
ensembles are as ours: five logistic regressions, each trained without one fold; temperature, threshold and limits are fitted on what each says of the
patients it never saw; the mean of all is shipped. Their members differ by their patients alone, or also by each seeing half of the features, so
that the mean is far better than one of them. With repeats there are as many ensembles of five on other folds: limits are fitted
on the mean of those members that never saw a patient, and the mean of all of all repeats is shipped.
"""

import os
import sys
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.special import expit, ndtri

from spectra_dl.classification.decision import predicted_class
from spectra_dl.classification.predictions import softmax
from spectra_dl.evaluation.classes.calibration import fit_temperature
from spectra_dl.evaluation.classes.conformal import fit_conformal
from spectra_dl.evaluation.classes.metrics import auc, calibration_error
from spectra_dl.evaluation.classes.threshold import smooth_threshold
from spectra_dl.evaluation.folds.splits import patient_folds

PATIENTS, NEW, MEMBERS, FEATURES, COVERAGE = 60, 1000, 5, 20, 0.9
# Distances between the classes' means at which the shipped mean reaches an AUC of about .90 and .95.
DISTANCES = {"patients": (2.25, 2.75), "patients and features": (2.35, 2.85)}
REPEATS = (1, 2, 4)
COLUMNS = ("AUC", "first class", "second class", "no answer", "wrong answers", "ECE")


@dataclass(frozen=True)
class Patients:
    """Scores of some patients.

    Attributes
    ----------
    log_odds
        ``(m,)`` of the second class.
    truth
        ``(m,)`` 0 or 1.
    """

    log_odds: np.ndarray
    truth: np.ndarray

    @property
    def logits(self) -> np.ndarray:
        """``(m, 2)``."""
        return np.stack([-self.log_odds / 2, self.log_odds / 2], axis=1)


def perfect(auc_wanted: float, seed: int) -> tuple[Patients, Patients]:
    """Return true log odds of a study's patients and of new ones."""
    generator, distance = np.random.default_rng((1, seed)), float(np.sqrt(2) * ndtri(auc_wanted))

    def draw(n: int) -> Patients:
        truth = np.arange(n) % 2
        return Patients(distance * (generator.normal(size=n) + distance * (truth - 0.5)), truth)

    return draw(PATIENTS), draw(NEW)


def with_one(rows: np.ndarray) -> np.ndarray:
    """Return rows with a column of ones."""
    return np.column_stack([rows, np.ones(len(rows))])


def logistic_regression(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the weights, the intercept last, of scikit-learn's logistic regression with C = 1, by Newton's method."""
    design, penalty = with_one(rows), np.eye(rows.shape[1] + 1)
    penalty[-1, -1] = 0.0
    weight = np.zeros(len(penalty))
    for _ in range(8):
        p = expit(design @ weight)
        slope = design.T @ (p - truth) + penalty @ weight
        weight -= np.linalg.solve((design.T * (p * (1 - p))) @ design + penalty, slope)
    return weight


def ensemble(differ_by: str, distance: float, repeats: int, seed: int) -> tuple[Patients, Patients]:
    """Return what members say of patients they never saw, and the mean of what all say of new ones."""
    generator = np.random.default_rng((2, seed))

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        truth = np.arange(n) % 2
        rows = generator.normal(size=(n, FEATURES))
        return rows + distance / np.sqrt(FEATURES) * (truth[:, None] - 0.5), truth

    (rows, truth), (new_rows, new_truth) = draw(PATIENTS), draw(NEW)
    names = np.array([f"p{number}" for number in range(PATIENTS)])
    left_out, said = np.zeros(PATIENTS), np.zeros(NEW)
    n_seen = FEATURES // 2 if differ_by == "patients and features" else FEATURES
    for fold in patient_folds(names, truth.astype(str), folds=MEMBERS, repeats=repeats, seed=seed):
        seen = generator.permutation(FEATURES)[:n_seen]
        weight = logistic_regression(rows[fold.train][:, seen], truth[fold.train])
        left_out[fold.test] += with_one(rows[fold.test][:, seen]) @ weight / repeats
        said += with_one(new_rows[:, seen]) @ weight / (repeats * MEMBERS)
    return Patients(left_out, truth), Patients(said, new_truth)


def assess(known: Patients, new: Patients) -> tuple[float, ...]:
    """Return the figures of `COLUMNS` of new patients under what is fitted on the known ones."""
    temperature = fit_temperature(known.logits, known.truth)
    probability, shown = softmax(known.logits / temperature), softmax(new.logits / temperature)
    sets = fit_conformal(probability, known.truth, COVERAGE).sets(shown)
    threshold = smooth_threshold(probability[:, 1], known.truth == 1).value
    decided = np.array(predicted_class(shown, ("0", "1"), "1", threshold)).astype(int)
    answered = (sets.sum(axis=1) == 1) & sets[np.arange(NEW), decided]
    right = sets[np.arange(NEW), new.truth]
    return (
        auc(new.truth == 1, new.log_odds),
        float(right[new.truth == 0].mean()),
        float(right[new.truth == 1].mean()),
        1.0 - float(answered.mean()),
        float((answered & (decided != new.truth)).sum() / max(1, answered.sum())),
        calibration_error(new.truth, shown),
    )


def show(name: str, figures: list[tuple[float, ...]]) -> None:
    """Print one line of means over studies."""
    means = np.mean(figures, axis=0)
    print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in means) + " |", flush=True)


def main() -> None:
    """Print one line for each kind of scores."""
    studies = range(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    print(f"Means of {len(studies)} studies, {PATIENTS} patients each, sets at {COVERAGE:.0%}\n")
    print("| scores | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for wanted in (0.9, 0.95):
        show(f"perfect scores, {wanted}", [assess(*perfect(wanted, seed)) for seed in studies])
    for differ_by, distances in DISTANCES.items():
        for distance in distances:
            for repeats in REPEATS:
                figures = [assess(*ensemble(differ_by, distance, repeats, seed)) for seed in studies]
                show(f"members differ by {differ_by}, {distance} SD, {repeats} repeats", figures)


if __name__ == "__main__":
    main()
