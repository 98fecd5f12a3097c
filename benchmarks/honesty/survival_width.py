"""Why the interval of the C-index is wider than it need be where something predicts: how far resampled patients spread it, and how far studies do.

Run: ``python benchmarks/honesty/survival_width.py [studies]``, 300 unless said. A study has patients with a fixed risk, of which nothing is fitted; times are exponential, and about four in ten patients are
censored. The C-index is taken within the five folds of an evaluation and over all patients at once; its standard deviation over studies is set beside the mean one of 300 resamples of the patients.
"""

import sys

import numpy as np

from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.task import prepare_survival
from spectra_dl.evaluation.outcomes.survival.values import Survival

RESAMPLES, SIGNAL = 300, 1.4


def study(patients: int, signal: float, seed: int) -> list[tuple[float, float]]:
    """Return the C-index and its standard deviation over resamples, within folds and of all patients at once."""
    generator = np.random.default_rng((7, seed))
    risk = generator.normal(size=patients)
    came, left = generator.exponential(np.exp(-signal * risk)), generator.exponential(2.2, patients)
    names = tuple(f"p{number:03d}" for number in range(patients))
    survival = Survival(names, np.arange(patients), np.minimum(came, left), came <= left)
    folds = prepare_survival(
        patients, survival, SurvivalSettings(resamples=100, refits=39, seed=seed), None
    ).fold_of_patient[0]
    drawn = draw_patients(patients, resamples=RESAMPLES, seed=seed)
    found = []
    for fold in (folds, np.zeros(patients, np.intp)):
        one = PredictedRisk(survival.time, survival.event, risk, np.zeros((patients, 0)), np.zeros(0), fold)
        found.append(
            (float(concordance(one, np.ones((1, patients)))[0]), float(concordance(one, drawn).std()))
        )
    return found


def main() -> None:
    """Print a line for each number of patients and strength of the signal."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for patients, signal in ((80, SIGNAL), (80, 0.0), (300, SIGNAL)):
        each = np.array([study(patients, signal, seed) for seed in range(studies)])
        for where, (value, resampled) in zip(
            ("within folds", "at once"), each.transpose(1, 2, 0), strict=True
        ):
            print(
                f"{patients} patients, signal {signal:g}, {where}: C-index {value.mean():.3f}, standard deviation over {studies} studies {value.std():.4f}, of resamples"
                f" {resampled.mean():.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
