"""Does the smoothed decision threshold serve new patients no worse than the plain one, and how much less does it vary?

Run: ``python benchmarks/honesty/decision_threshold.py [studies]``, 200 unless said; two minutes on one core. A study's scores are true probabilities,
so that the balanced accuracy that a threshold reaches on new patients is known, and so is the best.
"""

import sys

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from spectra_dl.evaluation.classes.threshold import choose_threshold, smooth_threshold

AUCS = (0.7, 0.9, 0.95)
PATIENTS = ((10, 10), (30, 30), (10, 40))  # negative, positive
COLUMNS = ("AUC", "patients", "best", "plain", "smoothed", "plain varies by", "smoothed varies by")


def balanced_accuracy(threshold: np.ndarray, distance: float) -> np.ndarray:
    """Return what thresholds reach on patients whose scores are normal, the classes' means so many standard deviations apart."""
    score = logit(np.clip(threshold, 1e-9, 1 - 1e-9)) / distance
    return np.asarray((ndtr(score + distance / 2) + ndtr(distance / 2 - score)) / 2)


def thresholds(distance: float, patients: tuple[int, int], studies: int) -> np.ndarray:
    """Return ``(studies, 2)`` the plain and the smoothed threshold of each study."""
    chosen = np.empty((studies, 2))
    for seed in range(studies):
        positive = np.repeat([False, True], patients)
        score = np.random.default_rng((*patients, seed)).normal(size=positive.size)
        probability = expit(distance * (score + distance * (positive - 0.5)))
        chosen[seed] = (
            choose_threshold(probability, positive),
            smooth_threshold(probability, positive, seed=seed).value,
        )
    return chosen


def main() -> None:
    """Print one line for each AUC and number of patients."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"Balanced accuracy on new patients and standard deviation of the threshold, {studies} studies\n")
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for auc in AUCS:
        distance = float(np.sqrt(2) * ndtri(auc))
        for patients in PATIENTS:
            chosen = thresholds(distance, patients, studies)
            figures = (
                ndtr(distance / 2),
                *balanced_accuracy(chosen, distance).mean(axis=0),
                *chosen.std(axis=0),
            )
            print(
                f"| {auc} | {patients[0]}+{patients[1]} | "
                + " | ".join(f"{value:.3f}" for value in figures)
                + " |"
            )


if __name__ == "__main__":
    main()
