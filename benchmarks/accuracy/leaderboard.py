"""Every model on every held real set of spectra, evaluated by patient, with the audit's verdict above it.

Run: ``python benchmarks/accuracy/leaderboard.py --work FOLDER [--data FOLDER] [--sets covid_serum ...] [--slow] [--quick]``.
Five folds by patient, one repeat, everything fitted in the fold, 2,000 resampled patients. Each result is kept in the work folder as one
JSON file per set and model, so an interrupted run goes on where it stopped; a result of other files or settings is computed again.
The page is written from all results in the work folder.

`auto` and the compact network are evaluated as `train spectra` trains them, ten members; those of the literature with two, the fewest that can be calibrated. ``--slow`` adds
DeepCNN and ResNet, which take from hours to days without a GPU. ``--quick`` shows that it works, no more: two members, five epochs.

``--add theirs.csv --sets covid_serum`` adds a row of anybody's predictions: a table with sample_id and a column p_<class> for each
class. The ids are those of the file truth-covid_serum.csv in the work folder. Whether the patients were kept out of training, only
who trained the model can say; the page says so.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from leaderboard_page import leaderboard_page
from submissions import KEPT, with_section

from spectra_dl.evaluation.audit.audit_report import audit_json
from spectra_dl.evaluation.classes.metric_table import METRICS
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.scoring import score_predictions
from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.metric import shown_in
from spectra_dl.spectra.cohort import Cohort, labelled_cohort
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.classifier import DEFAULT_TRAINING
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.probes.study import audit_study
from spectra_dl.spectra.study.evaluate import evaluate_study
from spectra_dl.spectra.study.predictions_file import read_predictions
from spectra_dl.spectra.study.settings import SpectraStudySettings
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.text.csv_rows import csv_rows
from spectra_dl.training.settings import TrainingSettings
from spectra_dl_datasets import dataset_card
from spectra_dl_datasets.card import DatasetCard
from spectra_dl_datasets.files import data_home, present
from spectra_dl_datasets.study import load_study, study_names

Result = dict[str, Any]  # as stored in the work folder

FOLDS = 5
HEADLINE = [metric.name for metric in shown_in("headline", METRICS)]
NETWORKS = {CLASS_MODELS.network_title(one): one for one in ("auto", "compact", "lenet5")}
GROUPED = ("patient", "paired samples", "replicate rule")
SLOW_NETWORKS = {f"CNN {one}": one for one in ("deepcnn", "resnet")}


def main() -> None:
    """Evaluate what is not evaluated yet, then write the page."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    data = arguments.data or data_home()
    for name in arguments.sets:
        card = dataset_card(name)
        if not present(card, data / name):
            print(f"{name}: not in {data}, left out")
            continue
        models = [] if arguments.add else model_names(slow=arguments.slow)
        evaluate_set(arguments.work, name, data, models=models, quick=arguments.quick)
        if arguments.add:
            add_predictions(arguments.work, name, data, arguments.add)
    results = {name: stored(arguments.work, name) for name in evaluated_names()}
    write_text(arguments.out, with_section(leaderboard_page(results), KEPT))
    print(f"wrote {arguments.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = evaluated_names()
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="a folder for each set; SPECTRA_DL_DATA if left out")
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--add", type=Path, metavar="PREDICTIONS")
    parser.add_argument("--out", type=Path, default=Path("docs/leaderboard.md"))
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.add and len(arguments.sets) != 1:
        parser.error("--add needs one set: --sets NAME")
    return arguments


def evaluated_names() -> list[str]:
    """Return the real sets whose files are known and whose rows belong to patients."""
    cards = [dataset_card(name) for name in study_names()]
    return [one.id for one in cards if one.known_files and one.grouping.kind in GROUPED]


def evaluate_set(work: Path, name: str, data: Path, *, models: Sequence[str], quick: bool) -> None:
    """Audit a set and evaluate each model on it, where that is not done yet."""
    settings = {"quick": quick, "folds": FOLDS, "files": _checksums(dataset_card(name))}
    cohort: Cohort | None = None
    for what in ("audit", *models):
        if _read(_file(work, name, what)).get("settings") == settings:
            continue
        if cohort is None:
            cohort = labelled(name, data)
            write_truth(work, name, cohort)
        print(f"{name}: {what}", flush=True)
        paired = is_paired(name)
        result = (
            audited(cohort, paired=paired)
            if what == "audit"
            else evaluated(what, cohort, paired=paired, quick=quick)
        )
        _write(_file(work, name, what), {"settings": settings, "name": what, **result})


def is_paired(name: str) -> bool:
    """Return whether a patient of a set may carry several classes, which stand at its samples."""
    return dataset_card(name).grouping.kind == "paired samples"


def labelled(name: str, data: Path) -> Cohort:
    """Return the spectra of a set that are evaluated, with classes and patients."""
    return labelled_cohort(load_study(name, folder=data / name), label_per_sample=is_paired(name))


def model_names(*, slow: bool) -> list[str]:
    """Return the models' names, ours first."""
    classical = classical_models(np.arange(2.0), Preprocessing.default())
    return [*NETWORKS, *(SLOW_NETWORKS if slow else ()), *classical]


def _settings(name: str, *, paired: bool, quick: bool) -> SpectraStudySettings:
    """Return a study of one model."""
    evaluation = EvaluationSettings(folds=FOLDS)
    network = {**NETWORKS, **SLOW_NETWORKS}.get(name)
    if network is None:
        return SpectraStudySettings(
            networks=(), classical=(name,), label_per_sample=paired, evaluation=evaluation
        )
    return SpectraStudySettings(
        networks=(network,),
        classical=(),
        members=SpectraStudySettings.members if network in ("auto", "compact") and not quick else 2,
        training=TrainingSettings(epochs=5) if quick else DEFAULT_TRAINING,
        label_per_sample=paired,
        evaluation=evaluation,
    )


def audited(cohort: Cohort, *, paired: bool) -> Result:
    """Return the audit, and the numbers of patients and spectra that were evaluated."""
    return {
        "audit": audit_json(audit_study(cohort.table, label_per_sample=paired).audit),
        "spectra": len(cohort.label),
        "patients": len(set(cohort.table.patient)),
        "patients_of_class": {
            str(each): len(set(cohort.patient[cohort.label == each])) for each in sorted(set(cohort.label))
        },
    }


def evaluated(name: str, cohort: Cohort, *, paired: bool, quick: bool) -> Result:
    """Return a model's figures by patient, and the leaky estimate of a split by spectrum."""
    evaluation = evaluate_study(cohort.table, _settings(name, paired=paired, quick=quick)).evaluation
    result = evaluation.models[name]
    return {
        **{metric: _interval(result.patient_level[metric]) for metric in HEADLINE},
        "leaky": {metric: float(value) for metric, value in (result.leaky or {}).items()},
        "training_auc": result.training_auc,
        "seconds": result.seconds,
    }


def add_predictions(work: Path, name: str, data: Path, predictions: Path) -> None:
    """Store the figures of predictions by another program."""
    cohort = labelled(name, data)
    truth = write_truth(work, name, cohort)
    found = read_predictions([predictions], truth, id_column="sample_id", label="label", patient="patient_id")
    (score,) = score_predictions(found.probability, found.label, found.patient).scores.values()
    figures = {metric: _interval(score.patient_level[metric]) for metric in HEADLINE}
    row = {"name": predictions.stem, "elsewhere": True, "notes": list(found.notes), **figures}
    _write(_file(work, name, f"elsewhere {predictions.stem}"), row)


def write_truth(work: Path, name: str, cohort: Cohort) -> Path:
    """Write the ids, classes and patients of the rows that are evaluated."""
    path = work / f"truth-{name}.csv"
    with csv_rows(path) as write:
        write(["sample_id", "label", "patient_id"])
        for row in zip(cohort.table.sample_id, cohort.label, cohort.patient, strict=True):
            write(row)
    return path


def stored(work: Path, name: str) -> list[Result]:
    """Return every result of a set in the work folder."""
    return [_read(path) for path in sorted(work.glob(f"{name}--*.json"))]


def _interval(found: Interval) -> list[float]:
    return [float(found.value), float(found.low), float(found.high)]


def _checksums(card: DatasetCard) -> list[str]:
    return [file.sha256 for file in card.known_files]


def _file(work: Path, name: str, what: str) -> Path:
    return work / f"{name}--{re.sub(r'[^a-z0-9]+', '-', what.lower())}.json"


def _read(path: Path) -> Result:
    found: Result = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def _write(path: Path, result: Result) -> None:
    write_text(path, json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
