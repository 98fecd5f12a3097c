"""Is the default network the right default? Every model on every set, on the same folds.

Run: ``python benchmarks/accuracy/default_choice.py --work FOLDER [--data ../shared/data/raman] [--sets serum ...] [--slow] [--quick]``.
Five folds by patient, one repeat, everything fitted in the fold; one table per set. "minus the default" is the paired
difference in patient AUC with its patient-bootstrap interval; "better" and "worse" stand only where that excludes 0.
"leaky estimate" is the AUC that a split by spectrum would have given. ResNet needs ``--slow`` and a GPU.

Each result is kept in the work folder, so an interrupted run goes on where it stopped; empty the folder after a change to a
model. ``--quick`` shows that it works, no more: 60 simulated patients, two members, five epochs.

The cartilage map is ONE section of one animal, so it says nothing of patients. Its squares of 7 x 5 spectra are divided over
the folds whole, training leaves out a guard band of 2 µm around the squares tested, and a unit of the bootstrap is one
class in one square: neighbours, one micrometre apart, are nearly copies. Its classes are clusters of these same spectra, so
high figures are expected; it shows whether a model learns what is there, not whether the tissue can be diagnosed.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.evaluation.classes.comparison import paired_differences
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.scores import Scores
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.intervals import Interval, draw_patients
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.spectra.cohort import Cohort, labelled_cohort
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.readers import ReadOptions, read_spectra
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.atomic import write_text
from spectra_dl.training.settings import TrainingSettings

Result = dict[str, Any]  # as stored in the work folder

DEFAULT = "auto"
FOLDS = 5
GUARD_UM = 2.0
CLASSICAL = tuple(classical_models(np.arange(2.0), Preprocessing.default()))


@dataclass(frozen=True, eq=False)
class BenchmarkSet:
    """A cohort, what its units are called, and its folds where patients alone don't make them."""

    cohort: Cohort
    unit: str = "patient"
    folds: tuple[Fold, ...] | None = None


def main() -> None:
    """Print a table for every set that is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/raman"))
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in arguments.sets:
        benchmark = SETS[name](arguments.data, arguments.quick)
        if benchmark is None:
            print(f"## {name}: not in {arguments.data}, left out\n")
            continue
        results = dict(evaluated(name, benchmark, arguments))
        print(table(name, benchmark, results), flush=True)


def evaluated(
    name: str, benchmark: BenchmarkSet, arguments: argparse.Namespace
) -> Iterator[tuple[str, Result]]:
    """Yield each model's result, from the work folder where it is there."""
    quick = arguments.quick
    for model_name, study in studies(slow=arguments.slow, quick=quick).items():
        settings = {"quick": quick, "folds": FOLDS, "spectra": len(benchmark.cohort.table)}
        file = arguments.work / f"{re.sub(r'[^a-z0-9]+', '-', f'{name} {model_name}'.lower())}.json"
        stored = json.loads(file.read_text("utf-8")) if file.exists() else {}
        if stored.get("settings") != settings:
            print(f"{name}: {model_name}", flush=True)
            stored = {"settings": settings, **evaluate_model(model_name, study, benchmark)}
            write_text(file, json.dumps(stored))
        yield model_name, stored


def studies(*, slow: bool, quick: bool) -> dict[str, SpectraStudySettings]:
    """Return a study of each model by name, the default first."""
    networks = ["auto", "compact", "lenet5", "deepcnn", *(["resnet"] if slow else [])]
    training, members = (TrainingSettings(epochs=5), 2) if quick else (None, 5)
    plain = SpectraStudySettings(
        networks=(),
        classical=(),
        members=members,
        training=training,
        evaluation=EvaluationSettings(folds=FOLDS),
    )
    return {
        **{CLASS_MODELS.network_title(one): replace(plain, networks=(one,)) for one in networks},
        **{one: replace(plain, classical=(one,)) for one in CLASSICAL},
    }


def evaluate_model(name: str, settings: SpectraStudySettings, benchmark: BenchmarkSet) -> Result:
    """Return a model's figures, and its probabilities by unit for the paired differences."""
    evaluation = evaluate_study(benchmark.cohort.table, settings, split=benchmark.folds).evaluation
    result = evaluation.models[name]
    figures = {metric: result.patient_level[metric] for metric in ("auc", "balanced_accuracy")}
    return {
        **{metric: [each.value, each.low, each.high] for metric, each in figures.items()},
        "leaky_auc": result.leaky["auc"] if result.leaky else None,
        "seconds": result.seconds,
        "probability": result.patient_probability.tolist(),
    }


def table(name: str, benchmark: BenchmarkSet, results: dict[str, Result]) -> str:
    """Return the markdown table of a set, best AUC first."""
    cohort = benchmark.cohort
    patients = read_patients(list(cohort.patient), list(cohort.label))
    listed = ", ".join(f"{each} {patients.count(code)}" for code, each in enumerate(patients.classes))
    lines = [
        f"## {name}: {len(cohort.table)} spectra of {len(patients.names)} {benchmark.unit}s ({listed})",
        "",
        f"| model | {benchmark.unit} AUC [95 %] | minus the default [95 %] | balanced accuracy | leaky estimate | s |",
        "|---|---|---|---|---|---|",
    ]
    for model, found in sorted(results.items(), key=lambda item: -item[1]["auc"][0]):
        lines.append(
            f"| {model} | {_with_interval(*found['auc'])} | {against_default(model, results, patients)} "
            f"| {found['balanced_accuracy'][0]:.3f} | {found['leaky_auc']:.3f} | {found['seconds']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def against_default(model: str, results: dict[str, Result], patients: Patients) -> str:
    """Return the paired difference in AUC to the default network."""
    if model == DEFAULT:
        return "the default"
    scores = {each: _scores(np.array(results[each]["probability"]), patients) for each in (model, DEFAULT)}
    drawn = draw_patients(len(patients.names), seed=0)
    difference = paired_differences((model, scores[model]), (DEFAULT, scores[DEFAULT]), drawn)["auc"]
    interval: Interval = difference.interval
    verdict = "" if difference.verdict == "not distinguishable" else f" {difference.verdict}"
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]{verdict}"


def _scores(probability: np.ndarray, patients: Patients) -> Scores:
    positive = 1 if len(patients.classes) == 2 else None
    return Scores(patients.class_of_patient, probability, np.arange(len(patients.names)), positive)


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def simulated(_: Path, quick: bool) -> BenchmarkSet | None:
    """Return the simulated study."""
    study = simulate_study(StudySettings(patients=60 if quick else 427))
    return BenchmarkSet(labelled_cohort(study.table))


def serum(data: Path, _: bool) -> BenchmarkSet | None:
    """Return the COVID serum set."""
    files = sorted((data / "covid_serum").glob("*.csv"))
    if not files:
        return None
    return BenchmarkSet(
        labelled_cohort(read_spectra(files[0], ReadOptions(label="diagnostic", replicates=3)))
    )


def saliva(data: Path, _: bool) -> BenchmarkSet | None:
    """Return the COVID saliva set."""
    folder = data / "covid_saliva"
    if not folder.is_dir():
        return None
    return BenchmarkSet(labelled_cohort(read_spectra(folder, ReadOptions(label="category", patient="user"))))


def cartilage(data: Path, _: bool) -> BenchmarkSet | None:
    """Return the cartilage map; spectra without a cluster are left out."""
    import pandas as pd

    file = data / "cartilage_map" / "chondro.csv.gz"
    if not file.exists():
        return None
    frame = pd.read_csv(file).dropna(subset="cluster").reset_index(drop=True)
    place = frame[["x_um", "y_um"]].to_numpy()
    column, row = ((place - place.min(axis=0)).round().astype(int) // (7, 5)).T
    square = [f"{x}-{y}" for x, y in zip(column, row, strict=True)]
    spectra = frame.drop(columns=["x_um", "y_um", "cluster"])
    units = [f"{one} {label}" for one, label in zip(square, frame["cluster"], strict=True)]
    whole = SpectraTable(
        spectra.to_numpy(),
        spectra.columns.to_numpy(dtype=float),
        text_array(range(len(frame))),
        patient=text_array(units),
        label=text_array(frame["cluster"]),
    )
    cohort = labelled_cohort(whole)
    kept = cohort.table.sample_id.astype(int)
    return BenchmarkSet(cohort, "block", tuple(block_folds(place[kept], np.array(square)[kept])))


def block_folds(place: np.ndarray, square: np.ndarray) -> Iterator[Fold]:
    """Yield folds that test whole squares and train on what lies further than the guard band from them."""
    names = np.unique(square)
    number = dict(zip(names, np.random.default_rng(0).permutation(len(names)) % FOLDS, strict=True))
    fold_of_row = np.array([number[one] for one in square])
    for fold in range(FOLDS):
        test = np.flatnonzero(fold_of_row == fold)
        distance = np.abs(place[:, None] - place[test]).max(axis=2).min(axis=1)  # (n, tests, 2) -> (n,)
        yield Fold(0, fold, np.flatnonzero(distance > GUARD_UM), test)


SETS: dict[str, Callable[[Path, bool], BenchmarkSet | None]] = {
    "simulated": simulated,
    "serum": serum,
    "saliva": saliva,
    "cartilage": cartilage,
}


if __name__ == "__main__":
    main()
