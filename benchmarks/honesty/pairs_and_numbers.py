"""How often is noise called better than chance where patients carry several classes, and where a number is predicted?

Run: ``python benchmarks/honesty/pairs_and_numbers.py [sets]``, 200 unless said. Patients have independent normal features. For labels of samples 40 patients have one sample of
each class, or 25 of them and 15 one of either, and what a patient adds to both samples varies 1.5 times as much as the samples do; for numbers 40 or 60 patients have one row each.
"""

import os
import sys
import warnings
from collections.abc import Sequence

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.inference.chance import Chance
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.outcomes.harness import evaluate_outcome
from spectra_dl.evaluation.outcomes.results import OutcomeSettings
from spectra_dl.evaluation.outcomes.values import Outcomes
from spectra_dl.evaluation.sample_units import unit_ids

PATIENTS, WIDTH, EFFECT, REFITS = 40, 15, 1.5, 199


def pairs(single: int, shift: float, seed: int) -> tuple[Chance, Chance]:
    """Return chance of the AUC and of pairs in one set.

    Parameters
    ----------
    single
        Patients with one sample only.
    shift
        By how much the classes differ in the first feature.
    seed
        Of the set.
    """
    generator = np.random.default_rng(seed + 1000)
    subject = np.repeat([f"m{number:02d}" for number in range(PATIENTS)], 2)
    label = np.tile(["negative", "positive"], PATIENTS)
    rows = np.repeat(EFFECT * generator.normal(size=(PATIENTS, WIDTH)), 2, axis=0)
    rows = rows + generator.normal(size=rows.shape)
    rows[:, 0] += shift * (label == "positive")
    left_out = 2 * generator.choice(PATIENTS, single, replace=False) + generator.integers(0, 2, single)
    rows, subject, label = (np.delete(values, left_out, axis=0) for values in (rows, subject, label))
    settings = EvaluationSettings(resamples=100, permutations=100, refits=REFITS, leaky=False, seed=seed)
    model = evaluate(
        {"LR": LogisticRegression(C=0.05)},
        rows,
        label,
        unit_ids(subject, label),
        settings,
        audit_inputs=AuditInputs(surrogate=rows),
    ).models["LR"]
    assert model.paired is not None
    return model.chance, model.paired.chance


def numbers(patients: int, features: int, signal: float, seed: int) -> dict[str, Chance]:
    """Return chance of each model of a number in one set.

    Parameters
    ----------
    patients, features
        How many.
    signal
        By how much the first feature goes with the number, whose noise is 1.
    seed
        Of the set.
    """
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(patients, features))
    value = signal * rows[:, 0] + generator.normal(size=patients)
    outcomes = Outcomes(tuple(f"p{number:03d}" for number in range(patients)), np.arange(patients), value)
    models = {
        "ridge": Ridge(patients / 2),
        "PLS": PLSRegression(2),
        "support vectors": SVR(),
        "neighbours": KNeighborsRegressor(5),
        "forest": RandomForestRegressor(30, random_state=0),
    }
    settings = OutcomeSettings("number", resamples=100, refits=REFITS, leaky=False, seed=seed)
    found = evaluate_outcome(models, rows, outcomes, settings, audit_inputs=AuditInputs(surrogate=rows))
    return {name: result.chance for name, result in found.models.items()}


def shares(chances: Sequence[Chance]) -> str:
    """Return how often better and worse are said, and how often p is below .05."""
    p = np.array([chance.p for chance in chances])
    return (
        f"better {np.mean(p <= 0.025):.3f}, worse {np.mean(p >= 0.975):.3f}, p < .05 {np.mean(p < 0.05):.3f}"
    )


def main() -> None:
    """Print a line for each design."""
    warnings.filterwarnings("ignore")
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for single, shift in ((0, 0.0), (15, 0.0), (8, 1.0)):
        found = [pairs(single, shift, seed) for seed in range(sets)]
        auc, paired = zip(*found, strict=True)
        print(
            f"samples, {single} patients with one, signal {shift:g}: AUC {shares(auc)}; pairs {shares(paired)}",
            flush=True,
        )
    for patients, features, signal in ((40, 20, 0.0), (40, 60, 0.0), (60, 20, 1.0)):
        each = [numbers(patients, features, signal, seed) for seed in range(sets)]
        for name in each[0]:
            said = shares([one[name] for one in each])
            print(
                f"numbers, {patients} patients, {features} features, signal {signal:g}, {name}: {said}",
                flush=True,
            )


if __name__ == "__main__":
    main()
