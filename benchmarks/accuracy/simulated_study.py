"""How near each model comes to the best possible AUC on the simulated study, over several seeds.

Run: ``python benchmarks/accuracy/simulated_study.py [seeds]``. Patient-wise 5-fold, the same folds for every model. "of the best" is
the share of the best AUC known by construction; "of these" the share of what the true likelihood ratio reaches on these
very patients. The last lines set the train-test gap of the default network beside that of LeNet-5 (first seed).
"""

import os
import statistics
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.classes.results import Evaluation, EvaluationSettings
from spectra_dl.evaluation.entries import ModelKind
from spectra_dl.spectra.simulation.serum_study import SimulatedStudy, StudySettings, simulate_study
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.settings import SpectraStudySettings

DEFAULT = "auto"


def evaluated(study: SimulatedStudy, *, lenet: bool) -> Evaluation:
    """Evaluate the default network and the classical models, and LeNet-5 if asked."""
    networks = ("auto", "compact", "lenet5") if lenet else ("auto", "compact")
    settings = SpectraStudySettings(networks=networks, evaluation=EvaluationSettings(leaky=False))
    return evaluate_study(study.table, settings).evaluation


def main() -> None:
    """Print the table."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    reached: dict[str, list[float]] = {}
    kinds: dict[str, ModelKind] = {}
    ideal, gaps, best = [], [], float("nan")
    for seed in seeds:
        study = simulate_study(StudySettings(seed=seed))
        best = study.truth.best_auc
        ideal.append(auc(np.asarray(study.truth.positive), study.truth.log_likelihood_ratio))
        evaluation = evaluated(study, lenet=seed == 0)
        for name, result in evaluation.models.items():
            kinds[name] = result.kind
            reached.setdefault(name, []).append(result.patient_level["auc"].value)
        if seed == 0:
            gaps = [
                (name, one.training_auc, one.patient_level["auc"]) for name, one in evaluation.models.items()
            ]
        print(f"seed {seed} done", file=sys.stderr, flush=True)
    print(f"best patient AUC by construction {best:.3f}; on these patients, per seed: {_listed(ideal)}")
    print(f"{'model':<22}{'mean AUC':>9}{'of the best':>12}{'of these':>9}  per seed")
    for name, values in reached.items():
        share = statistics.fmean(one / most for one, most in zip(values, ideal, strict=False))
        mean = statistics.fmean(values)
        print(f"{name:<22}{mean:>9.3f}{mean / best:>12.1%}{share:>9.1%}  {_listed(values)}")
    classical = {name: values for name, values in reached.items() if kinds[name] == "classical"}
    strongest = max(classical, key=lambda name: statistics.fmean(classical[name]))
    difference = statistics.fmean(reached[DEFAULT]) - statistics.fmean(classical[strongest])
    print(f"default network minus the best classical ({strongest}): {difference:+.3f}")
    print("train-test gap, seed 0:")
    for name, train, test in gaps:
        print(
            f"  {name:<20} train {train:.3f}  test {test.value:.3f} [{test.low:.3f}, {test.high:.3f}]  gap {train - test.value:.3f}"
        )


def _listed(values: list[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main()
