"""Which baseline method, how smooth, and is a baseline needed at all?

Run: ``python benchmarks/accuracy/baseline_choice.py [--data shared/data/raman]``. Two tables:

1. Simulated study (seed 0), three levels of fluorescence: median over spectra of the root mean square error against the
   known baseline, in counts; ``lam`` by the V-curve beside the best of a grid, which only the truth can name. Spikes are
   removed first, as in the default preprocessing.
2. Patient AUC with each correction in the fold, followed by standard normal variate: two linear models on the same folds by
   patient (5 folds, 2 repeats), on the simulated study and on the COVID sets where they lie in ``--data``.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.spectra.baseline import choose_lam, correct
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.steps import Baseline, Despike, Normalise
from spectra_dl.spectra.preprocessing.two_point_rays import without_rays
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.simulation.detector import SATURATION_COUNTS
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable

Parameters = dict[str, bool | int | float | str]

WHITTAKER: dict[str, tuple[str, Parameters]] = {
    "asls, p .01": ("asls", {"p": 0.01, "tol": 1e-3}),
    "asls, p .001": ("asls", {"p": 0.001, "tol": 1e-3}),
    "iasls, p .01": ("iasls", {"p": 0.01}),
    "arpls": ("arpls", {}),
    "airpls": ("airpls", {}),
    "drpls": ("drpls", {}),
}
OTHERS: dict[str, tuple[str, Parameters]] = {
    "imodpoly, order 5": ("imodpoly", {"poly_order": 5}),
    "snip, 40 points": ("snip", {"max_half_window": 40, "decreasing": True}),
    "mor": ("mor", {}),
    "rubberband": ("rubberband", {}),
}
LEVELS = ("low", "medium", "high")
GRID = 10.0 ** np.arange(2, 9.1, 0.5)
MODELS = ("logistic regression", "PLS-DA")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/raman"))
    arguments = parser.parse_args()
    errors_against_the_truth()
    effect_on_patient_auc(arguments.data)


def errors_against_the_truth() -> None:
    """Print root mean square errors against the simulated baselines."""
    print("| method | " + " | ".join(f"{level}: V-curve | best of grid" for level in LEVELS) + " |")
    print("|---|" + "---|" * (2 * len(LEVELS)))
    inputs = [simulated(level) for level in LEVELS]
    for name, (method, parameters) in {**WHITTAKER, **OTHERS}.items():
        cells = []
        for intensity, truth in inputs:
            if name in OTHERS:
                cells += ["", f"{error(intensity, truth, method, parameters):.0f}"]
                continue
            chosen = choose_lam(intensity, method, parameters)
            best = min(
                (error(intensity, truth, method, {**parameters, "lam": lam}), lam) for lam in GRID.tolist()
            )
            error_of_chosen = error(intensity, truth, method, {**parameters, "lam": chosen})
            cells += [f"{error_of_chosen:.0f} ({chosen:.0e})", f"{best[0]:.0f} ({best[1]:.0e})"]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print()


def simulated(level: str) -> tuple[np.ndarray, np.ndarray]:
    """Return spectra without spikes and their true baselines; those that reach the detector's ceiling are left out."""
    study = simulate_study(StudySettings(patients=100, fluorescence=level))  # type: ignore[arg-type]
    usable = study.table.intensity.max(axis=1) < SATURATION_COUNTS
    return without_rays(study.table.intensity[usable], 10.0)[0], study.truth.baseline[usable]


def error(intensity: np.ndarray, truth: np.ndarray, method: str, parameters: Parameters) -> float:
    """Return the median over spectra of the root mean square error."""
    baseline = correct(intensity, method, parameters).baseline
    return float(np.median(np.sqrt(((baseline - truth) ** 2).mean(axis=1))))


def effect_on_patient_auc(data: Path) -> None:
    """Print the patient AUC of two linear models after each correction."""
    tables = dict(named_tables(data))
    print("| correction | " + " | ".join(f"{name}: {model}" for name in tables for model in MODELS) + " |")
    print("|---|" + "---|" * (len(tables) * len(MODELS)))
    evaluation = EvaluationSettings(folds=5, repeats=2, seed=0, leaky=False)
    for name, steps in corrections().items():
        settings = SpectraStudySettings(steps, networks=(), classical=MODELS, evaluation=evaluation)
        cells = []
        for table in tables.values():
            models = evaluate_study(table, settings).evaluation.models
            for model in MODELS:
                auc = models[model].patient_level["auc"]
                cells.append(f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def corrections() -> dict[str, Preprocessing]:
    """Return the pipelines that are compared."""
    pipelines = {"none (raw)": Preprocessing((Despike(), Normalise("snv")))}
    pipelines["asls, p .01, lam 1e5"] = _with_baseline("asls", {"lam": 1e5, "p": 0.01, "tol": 1e-3})
    for name, (method, parameters) in WHITTAKER.items():
        pipelines[f"{name}, lam by V-curve"] = _with_baseline(method, {**parameters, "lam": "auto"})
    for name, (method, parameters) in OTHERS.items():
        pipelines[name] = _with_baseline(method, parameters)
    return pipelines


def _with_baseline(method: str, parameters: Parameters) -> Preprocessing:
    return Preprocessing((Despike(), Baseline(method, tuple(parameters.items())), Normalise("snv")))


def named_tables(data: Path) -> Iterator[tuple[str, SpectraTable]]:
    """Yield the simulated study and each COVID set that is there."""
    yield "simulated", simulate_study(StudySettings(patients=200)).table
    saliva, serum = data / "covid_saliva", data / "covid_serum"
    if saliva.is_dir():
        yield "saliva", read_spectra(saliva, ReadOptions(label="category", patient="user"))
    for file in sorted(serum.glob("*.csv")):
        yield "serum", read_spectra(file, ReadOptions(label="diagnostic", replicates=3))


if __name__ == "__main__":
    main()
