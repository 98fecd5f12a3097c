"""Forecast a study of twice a pilot's patients, then do it, many times: is the forecast as sure as it says?

Run: ``python benchmarks/honesty/plan_forecast.py [STUDIES] [SEED]``. Each pilot has 30 to 100 patients with 1 to 4 rows of 16 features, a best AUC from .65 to .95 and a
prevalence from .3 to .5. The plan sees the pilot alone; the study that follows has twice as many other patients. Printed: how often its AUC lies within one and two of the forecast's
standard errors, and how wide its interval is beside the forecast's.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from dataclasses import replace

import numpy as np
from scipy.special import ndtri
from sklearn.linear_model import LogisticRegression

from spectra_dl.arrays import FloatArray, TextArray, text_array
from spectra_dl.planning.forecast import forecast
from spectra_dl.planning.pilot import Pilot
from spectra_dl.planning.precision import auc_interval, effective_patients
from spectra_dl.planning.subsampling import nested_subsampling

FEATURES, ILL = 16, "ill"


def drawn(
    patients: int, rows: int, best: float, prevalence: float, generator: np.random.Generator
) -> tuple[FloatArray, TextArray, TextArray]:
    """Return rows, classes and patients of a study whose best patient AUC is known but for the rows' own noise."""
    count = round(prevalence * patients)
    ill = np.arange(patients) < count
    shift = np.zeros(FEATURES)
    shift[:5] = np.sqrt(2) * ndtri(best) / np.sqrt(5)
    centres = generator.normal(size=(patients, FEATURES)) + ill[:, None] * shift
    whose = np.repeat(np.arange(patients), rows)
    values = centres[whose] + 0.5 * generator.normal(size=(len(whose), FEATURES))
    return values, text_array(np.where(ill[whose], ILL, "well")), text_array([f"p{one:04d}" for one in whose])


def pilot_of(study: tuple[FloatArray, TextArray, TextArray], prevalence: float, seed: int) -> Pilot:
    """Return what a study knows, with its learning curve."""
    found = nested_subsampling(*study, LogisticRegression(C=0.1), ILL, seed=seed)
    patients = len(set(study[2]))
    effective = effective_patients(found.auc, found.standard_error**2) / patients
    pilot = Pilot("simulated", patients, prevalence, found.auc, effective, training=found.training)
    return replace(pilot, curve=found.curve, folds=found.folds)


def main() -> None:
    """Print how forecasts compare with what came."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    generator = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    away, widths, off = [], [], []
    for number in range(studies):
        patients, rows = 2 * int(generator.integers(15, 51)), int(generator.integers(1, 5))
        best, prevalence = generator.uniform(0.65, 0.95), generator.uniform(0.3, 0.5)
        pilot = pilot_of(drawn(patients, rows, best, prevalence, generator), prevalence, number)
        said = forecast(pilot, 2 * patients)
        came = pilot_of(drawn(2 * patients, rows, best, prevalence, generator), prevalence, number)
        interval = auc_interval(came.auc, came.effective_at(came.auc, came.patients))
        away.append((came.auc - said.auc.value) / said.auc_error)
        widths.append((said.auc.high - said.auc.low) / (interval.high - interval.low))
        off.append(came.auc - said.auc.value)
        if (number + 1) % 100 == 0:
            print(f"{number + 1} studies", flush=True)
    ratio, distance = np.array(widths), np.abs(away)
    print(f"{studies} pilots of 30 to 100 patients, each with a study of twice as many others")
    print(
        f"AUC within one standard error of the forecast: {np.mean(distance <= 1):.1%}, within two: {np.mean(distance <= 2):.1%}"
    )
    print(f"AUC minus forecast: mean {np.mean(off):+.4f}, standard deviation {np.std(off):.4f}")
    print(
        f"width forecast / width that came: mean {ratio.mean():.3f}, median {np.median(ratio):.3f}, nine in ten from {np.quantile(ratio, 0.05):.3f} to {np.quantile(ratio, 0.95):.3f}, "
        f"within 10 % in {np.mean(np.abs(ratio - 1) <= 0.1):.1%}, within 20 % in {np.mean(np.abs(ratio - 1) <= 0.2):.1%}"
    )


if __name__ == "__main__":
    main()
