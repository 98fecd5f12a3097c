"""Do intervals and sets hold the truth as often as they say, and do permuted labels give an AUC of one half?

Run: ``python benchmarks/honesty/interval_coverage.py [studies] [permutations]``, 500 and 100 unless said. A simulated study has 100 patients with
three spectra each; a patient's score is normal, its mean a known distance apart between the classes, so that the true AUC is
known, and the spectra scatter about it. The last line fits a logistic regression on cleaned simulated spectra whose classes
were assigned to patients at random.
"""

import os
import sys
from typing import get_args

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.special import expit, ndtr
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.classes.conformal import fit_conformal
from spectra_dl.evaluation.classes.metrics import auc, pool_by_patient
from spectra_dl.evaluation.classes.scores import Scores, patient_intervals
from spectra_dl.evaluation.estimator import class_probability, fit_copy
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import IntervalMethod, draw_patients
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

PATIENTS, REPLICATES, RESAMPLES = 100, 3, 2000
DISTANCES = (0.75, 1.5)  # between the classes, in standard deviations of a patient: true AUC .70 and .86
SCATTER = 0.8  # of a patient's spectra
COVERAGE = 0.9


def draw(generator: np.random.Generator, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(m, 2)`` pooled probabilities of patients and their classes, half of them positive."""
    truth = np.arange(PATIENTS) % 2
    mean_score = distance * truth + generator.normal(size=PATIENTS)
    spectra = np.repeat(mean_score, REPLICATES) + SCATTER * generator.normal(size=PATIENTS * REPLICATES)
    positive = expit(2.0 * (spectra - distance / 2))
    patient = np.repeat(np.arange(PATIENTS), REPLICATES)
    return pool_by_patient(np.stack([1 - positive, positive], axis=1), patient, PATIENTS), truth


def interval_coverage(method: IntervalMethod, distance: float, studies: int) -> float:
    """Return how often the 95 % interval holds the true patient AUC."""
    true = float(ndtr(distance / np.sqrt(2 * (1 + SCATTER**2 / REPLICATES))))
    covered = 0
    for seed in range(studies):
        pooled, truth = draw(np.random.default_rng((1, seed)), distance)
        scores = Scores(truth, pooled[None], np.arange(PATIENTS), 1)
        drawn = draw_patients(PATIENTS, resamples=RESAMPLES, seed=seed)
        interval = patient_intervals(scores, drawn, method=method)["auc"]
        covered += interval.low <= true <= interval.high
    return covered / studies


def set_coverage(distance: float, studies: int) -> np.ndarray:
    """Return how often sets learned on one study hold the class of another study's patients, per class."""
    covered = np.zeros((studies, 2))
    for seed in range(studies):
        generator = np.random.default_rng((2, seed))
        sets = fit_conformal(*draw(generator, distance), COVERAGE)
        pooled, truth = draw(generator, distance)
        right = sets.sets(pooled)[np.arange(PATIENTS), truth]
        covered[seed] = [right[truth == code].mean() for code in (0, 1)]
    return np.asarray(covered.mean(axis=0))


def permuted_auc(permutations: int) -> np.ndarray:
    """Return the patient AUC of a real pipeline with each random assignment of the classes to patients, mean over five folds."""
    study = simulate_study(StudySettings(patients=PATIENTS, seed=0))
    # Cleaning sees no label, so that once for all folds is no leak here, and a hundred times faster.
    rows = Preprocessing.default().fit(study.table).transform(study.table).matrix.astype(np.float64)
    patient = np.asarray(study.table.patient, dtype=str)
    names, of_row = np.unique(patient, return_inverse=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classes = np.array(["sick", "well"])
    reached = []
    for seed in range(permutations):
        label = classes[np.random.default_rng(seed).permutation(len(names)) % 2][of_row]
        folds = []
        for fold in patient_folds(patient, label, seed=seed):
            fitted = fit_copy(model, rows[fold.train], label[fold.train], patient[fold.train])
            predicted = class_probability("logistic regression", fitted, rows[fold.test], list(classes))
            tested, number = np.unique(of_row[fold.test], return_inverse=True)
            first = label[fold.test][np.unique(number, return_index=True)[1]]
            folds.append(auc(first == "sick", pool_by_patient(predicted, number, len(tested))[:, 0]))
        reached.append(np.mean(folds))
    return np.array(reached)


def main() -> None:
    """Print one line per figure."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    permutations = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    for distance in DISTANCES:
        for method in get_args(IntervalMethod):
            share = interval_coverage(method, distance, studies)
            print(
                f"95 % interval, {method:<10} classes {distance} SD apart: holds the true AUC in {share:.1%} of {studies}"
            )
        each = set_coverage(distance, studies)
        print(
            f"sets at {COVERAGE:.0%},            classes {distance} SD apart: hold {each[0]:.1%} of one class, {each[1]:.1%} of the other"
        )
    reached = permuted_auc(permutations)
    error = reached.std() / np.sqrt(permutations)
    print(
        f"permuted labels, {permutations} times: mean patient AUC {reached.mean():.3f}, standard error {error:.3f}"
    )


if __name__ == "__main__":
    main()
