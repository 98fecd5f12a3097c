"""How near models of a patient's images come to the best C-index, whether its interval holds the truth, and whether a random outcome gives one half.

Run: ``python benchmarks/accuracy/tissue/survival.py [--studies 300] [--networks 10]``. A study has 80 patients with two slides of 16 tiles each, eight features a tile, as an encoder might give them; the
hazard grows by a factor of 4 with each standard deviation of necrosis that is missing, or not at all. A Cox regression of mean features goes through the whole evaluation in five folds. The truth is
the C-index of the very models of the five folds on 2,000 new patients, and the mean of these over all studies. In the first studies attention and mean pooling (five members) and PCA-Cox are evaluated on the same folds.
"""

import argparse
import os
import warnings
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.estimator import fit_copy
from spectra_dl.evaluation.outcomes.survival.harness import evaluate_survival
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.results import SurvivalSettings
from spectra_dl.evaluation.outcomes.survival.values import Survival
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.tissue.estimators.outcomes.models import survival_models
from spectra_dl.tissue.estimators.outcomes.patient_means import mean_features
from spectra_dl.tissue.estimators.outcomes.pooled import PooledRisk
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, simulate_shares

PATIENTS, SLIDES, TILES, FRESH, HAZARD_RATIO = 80, 2, 16, 2000, 4.0
COX, COMPONENTS = "Cox regression", "PCA-Cox"


@dataclass(frozen=True)
class Study:
    """Images in bags, their patients' mean features, what came of the patients, and the C-index of the true hazard on them and the best expected."""

    rows: BaggedFeatures
    means: np.ndarray
    survival: Survival
    reachable: float
    best: float


def c_index(survival: Survival, risk: np.ndarray) -> float:
    """Return Harrell's C of risks of patients."""
    count = len(survival.names)
    one = PredictedRisk(
        survival.time, survival.event, risk, np.zeros((count, 0)), np.ones(1), np.zeros(count, np.intp)
    )
    return float(concordance(one, np.ones((1, count)))[0])


def drawn(patients: int, seed: int, hazard_ratio: float) -> Study:
    """Return a simulated study."""
    study = simulate_shares(ShareStudySettings(patients, SLIDES, TILES, seed=seed, hazard_ratio=hazard_ratio))
    followed = study.followed
    if followed is None:
        raise ValueError("a hazard ratio draws times")
    names, of_row = np.unique(study.patient.astype(str), return_inverse=True)
    place = {name: number for number, name in enumerate(study.patients)}
    order = np.array([place[name] for name in names])
    survival = Survival(tuple(names), of_row, followed.months[order], followed.event[order])
    rows = BaggedFeatures(study.features().astype(np.float32), study.patient)
    means = mean_features(rows.bags)
    return Study(rows, means, survival, c_index(survival, followed.log_hazard[order]), followed.best_c_index)


def evaluated(study: Study, fresh: Study, seed: int, *, networks: bool) -> dict[str, tuple[float, ...]]:
    """Return each model's C-index, its interval's ends and p, and of the Cox regression the true C-index of the folds' models."""
    survival, models = study.survival, survival_models(seed)
    entries = [ModelEntry(COX, models[COX])]
    if networks:
        entries += [
            ModelEntry("attention pooling", PooledRisk("attention", seed=seed), "network"),
            ModelEntry("mean pooling", PooledRisk("mean-pooling", seed=seed), "network"),
            ModelEntry(COMPONENTS, models[COMPONENTS]),
        ]
    settings = SurvivalSettings(resamples=1000, refits=99, leaky=False, seed=seed)
    found = evaluate_survival(
        entries,
        study.rows,
        survival,
        settings,
        audit_inputs=AuditInputs(surrogate=study.means[survival.of_row]),
    )
    true = []
    for fold in found.folds:
        groups = survival.patient_of_row[fold.train]
        fitted = fit_copy(models[COX], study.rows[fold.train], survival.target[fold.train], groups)
        true.append(c_index(fresh.survival, fitted.fitted_.predict(fresh.means)))
    reached = {}
    for name, result in found.models.items():
        interval = result.patient_level["c_index"]
        reached[name] = (interval.value, interval.low, interval.high, result.chance.p, float(np.mean(true)))
    return reached


def main() -> None:
    """Print figures of a random outcome and of one that necrosis says, and of networks."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--networks", type=int, default=10)
    given = parser.parse_args()
    for hazard_ratio in (1.0, HAZARD_RATIO):
        fresh, each, reachable = drawn(FRESH, 100_000, hazard_ratio), [], []
        for seed in range(given.studies):
            study = drawn(PATIENTS, seed, hazard_ratio)
            networks = hazard_ratio > 1 and seed < given.networks
            each.append(evaluated(study, fresh, seed, networks=networks))
            reachable.append(study.reachable)
        value, low, high, p, true = np.array([one[COX] for one in each]).T
        true = (
            np.full_like(true, 0.5) if hazard_ratio == 1 else true
        )  # 2,000 patients would add their own chance
        own, expected = (np.mean((low <= truth) & (truth <= high)) for truth in (true, true.mean()))
        print(
            f"hazard ratio {hazard_ratio:g}, {given.studies} studies: {COX} {value.mean():.3f} (standard error {value.std() / np.sqrt(len(value)):.3f}), truth {true.mean():.3f},"
            f" best {fresh.best:.3f}, that of the true hazard on these patients {np.mean(reachable):.3f}; the 95 % interval holds that of the folds' models in {own:.1%}, that"
            f" expected of such studies in {expected:.1%}; mean width {np.mean(high - low):.3f}; better than chance {np.mean(p <= 0.025):.1%}, worse {np.mean(p >= 0.975):.1%}",
            flush=True,
        )
        with_networks = [one for one in each if len(one) > 1]
        for name in with_networks[0] if with_networks else ():
            figures = np.array([one[name][0] for one in with_networks])
            print(
                f"  first {len(figures)} studies: {name:<18} {figures.mean():.3f} ({' '.join(f'{figure:.3f}' for figure in figures)})"
            )


if __name__ == "__main__":
    main()
