"""Does the 95 % interval of the C-index hold the truth, and is the C-index of a random outcome one half?

Run: ``python benchmarks/honesty/survival_coverage.py [studies]``, 300 unless said. A study has 100 patients with ten independent normal features, of which the
first raises the log hazard by 1 (or none does) for each standard deviation; times are exponential and about four in ten patients are censored. A Cox regression with
a ridge, its penalty chosen in the fold, goes through the whole evaluation in five folds. The truth is counted on 100,000 pairs of new patients: the C-index of
the very models of the five folds, and the mean of these over all studies, which is what such a study can be expected to give.
"""

import os
import sys
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival

PATIENTS, FEATURES, PAIRS = 100, 10, 100_000
MODEL = PooledCox(penalties=(1.0, 10.0, 100.0))
Followed = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw(generator: np.random.Generator, patients: int, signal: float) -> Followed:
    """Return features, times and events of patients."""
    rows = generator.normal(size=(patients, FEATURES))
    came = generator.exponential(np.exp(-signal * rows[:, 0]))
    left = generator.exponential(2.0, patients)
    return rows, np.minimum(came, left), came <= left


def true_c_index(model: PooledCox, fresh: Followed) -> float:
    """Return the C-index of a fitted model on pairs of new patients."""
    rows, time, event = fresh
    risk = model.predict(rows).reshape(2, -1)
    time, event = time.reshape(2, -1), event.reshape(2, -1)
    first = np.argmin(time, axis=0)
    known = np.take_along_axis(event, first[None], axis=0)[0]
    gap = risk[0] - risk[1]
    right = np.where(gap == 0, 0.5, (gap > 0) == (first == 0))
    return float(right[known].mean())


def study(signal: float, seed: int, fresh: Followed) -> tuple[float, float, float, float, float]:
    """Return the figure, its interval's ends, the true C-index of the folds' models, and p."""
    rows, time, event = draw(np.random.default_rng((3, seed)), PATIENTS, signal)
    names = tuple(f"p{number:03d}" for number in range(PATIENTS))
    survival = Survival(names, np.arange(PATIENTS), time, event)
    settings = SurvivalSettings(resamples=1000, refits=99, leaky=False, seed=seed)
    found = evaluate_survival(
        {"Cox": MODEL}, rows, survival, settings, audit_inputs=AuditInputs(surrogate=rows)
    )
    interval, p = found.models["Cox"].patient_level["c_index"], found.models["Cox"].chance.p
    if signal == 0:
        return interval.value, interval.low, interval.high, 0.5, p
    target, patient = survival.target, survival.patient_of_row
    true = [
        true_c_index(fit_copy(MODEL, rows[fold.train], target[fold.train], patient[fold.train]), fresh)
        for fold in found.folds
    ]
    return interval.value, interval.low, interval.high, float(np.mean(true)), p


def main() -> None:
    """Print a line for each strength of the signal."""
    warnings.filterwarnings("ignore")
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for signal in (0.0, 1.0):
        fresh = draw(np.random.default_rng(1), 2 * PAIRS, signal)
        each = np.array([study(signal, seed, fresh) for seed in range(studies)])
        value, low, high, true, p = each.T
        own, expected = (np.mean((low <= truth) & (truth <= high)) for truth in (true, true.mean()))
        print(
            f"signal {signal:g}, {studies} studies: mean C-index {value.mean():.3f} (standard error {value.std() / np.sqrt(studies):.3f}), truth {true.mean():.3f}; the 95 %"
            f" interval holds that of the folds' models in {own:.1%}, that expected of such studies in {expected:.1%}; mean width {np.mean(high - low):.3f};"
            f" better than chance {np.mean(p <= 0.025):.1%}, worse {np.mean(p >= 0.975):.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
