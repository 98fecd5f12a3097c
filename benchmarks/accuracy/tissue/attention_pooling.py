"""Attention pooling against mean pooling and a logistic regression of single images, on simulated patients of whose images a share carries the class.

Run: ``python benchmarks/accuracy/tissue/attention_pooling.py [--studies 20] [--members 5] [--work FOLDER] [--memory]``.

60 patients with 100 images of 32 features each; 10 % of the images carry the class, or all. Patient AUC over 5 folds by patient, the same folds for every model; intervals are over studies.
"of the best" is the share of the best AUC known by construction, that of who knows which images carry the class; "of these" the share of what that one reaches on these very patients. Finished studies are kept in the folder and not computed again.

``--memory`` trains attention pooling on 100,000 images of 200 patients, 1,280 features each, that lie in a file of the store, predicts them all, and prints the peak of the memory of that process.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import t
from sklearn.metrics import roc_auc_score

from spectra_dl.arrays import text_array
from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.imaging.features.file import FeatureLabels, iter_feature_rows, write_feature_rows
from spectra_dl.imaging.features.mapped import mapped_features
from spectra_dl.imaging.features.recipe import FeatureStream
from spectra_dl.tissue.bags.classifier import BagClassifier
from spectra_dl.tissue.estimators.classical import classical_models
from spectra_dl.tissue.estimators.model_names import CLASSICAL
from spectra_dl.tissue.simulation.bag_study import BagStudySettings, simulate_bags

SHARES, LOGISTIC = (0.1, 1.0), CLASSICAL["logistic"]
ATTENTION, MEAN, KNOWN, BEST = "attention pooling", "mean pooling", "carrying images known", "best"
PATIENTS, IMAGES, WIDTH, AT_ONCE = 200, 500, 1280, 1000


def reached(seed: int, share: float, members: int) -> dict[str, float]:
    """Return the patient AUC of each model on one study, and the best by construction."""
    study = simulate_bags(BagStudySettings(carrying=share, seed=seed))
    entries = [
        ModelEntry(ATTENTION, BagClassifier("attention", members), "network"),
        ModelEntry(MEAN, BagClassifier("mean-pooling", members), "network"),
        ModelEntry(LOGISTIC, classical_models()[LOGISTIC]),
    ]
    settings = EvaluationSettings(leaky=False, resamples=100, permutations=100, refits=39)
    evaluation = evaluate(
        entries, study.rows, study.label, study.patient, settings, audit_inputs=AuditInputs()
    )
    figures = {name: result.patient_level["auc"].value for name, result in evaluation.models.items()}
    return {**figures, KNOWN: roc_auc_score(study.positive, study.known), BEST: study.best_auc}


def interval(values: np.ndarray) -> str:
    """Return the mean over studies with Student's 95 % interval."""
    mean = values.mean()
    if len(values) < 2:
        return f"{mean:+.3f}"
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


def report(share: float, studies: list[dict[str, float]]) -> None:
    """Print what models reached where this share of the images carries the class."""
    figures = {name: np.array([study[name] for study in studies]) for name in studies[0]}
    print(
        f"\n{share:.0%} of the images carry the class; {len(studies)} studies; best AUC {figures[BEST].mean():.3f}"
    )
    for name in (KNOWN, ATTENTION, MEAN, LOGISTIC):
        of_best = (figures[name] / figures[BEST]).mean()
        of_these = (figures[name] / figures[KNOWN]).mean()
        print(
            f"  {name:<24}AUC {interval(figures[name]):<26} of the best {of_best:.1%}, of these {of_these:.1%}"
        )
    for other in (MEAN, LOGISTIC):
        print(f"  {ATTENTION} minus {other:<22}{interval(figures[ATTENTION] - figures[other])}")


def accuracy(work: Path, studies: int, members: int) -> None:
    """Compute what the folder doesn't hold yet, and print the table."""
    for seed in range(studies):
        for share in SHARES:
            path = work / f"study-{seed}-{share:g}-{members}.json"
            if not path.exists():
                path.write_text(json.dumps(reached(seed, share, members)))
                print(f"study {seed}, {share:.0%} done", file=sys.stderr, flush=True)
    for share in SHARES:
        report(
            share,
            [
                json.loads((work / f"study-{seed}-{share:g}-{members}.json").read_text())
                for seed in range(studies)
            ],
        )


def drawn_rows() -> Iterator[np.ndarray]:
    """Yield features of all images, of which a tenth carries the class in the first two."""
    generator, patient = np.random.default_rng(0), np.repeat(np.arange(PATIENTS), IMAGES)
    for first in range(0, PATIENTS * IMAGES, AT_ONCE):
        rows = generator.normal(size=(AT_ONCE, WIDTH)).astype(np.float32)
        carries = generator.random(AT_ONCE) < SHARES[0]
        rows[:, 0] += 4 * carries
        rows[:, 1] += np.where(carries, 2.0 * (patient[first : first + AT_ONCE] % 2), 0.0)
        yield rows


def write_features(path: Path) -> None:
    """Write the features as the store does."""
    barcode = text_array(f"image{number:06d}.png" for number in range(PATIENTS * IMAGES))
    write_feature_rows(path, drawn_rows(), FeatureLabels(barcode, WIDTH))


def pool(path: Path) -> None:
    """Train attention pooling on the features of a file, predict them, and print time and memory."""
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    block = FeatureBlock("drawn", 1.0, WIDTH, ())
    stream = FeatureStream(block, lambda: (values for _, values in iter_feature_rows(path, rows=AT_ONCE)))
    patient = np.repeat(np.arange(PATIENTS), IMAGES)
    names = text_array(f"P{number:03d}" for number in patient)
    rows = BaggedFeatures(mapped_features([stream], len(names), path.parent), names)
    label = np.array(["negative", "positive"])[patient % 2]
    train = patient < PATIENTS * 4 // 5
    model = BagClassifier("attention", 2).fit(rows[np.flatnonzero(train)], label[train], names[train])
    fitted = time.perf_counter()
    probability = model.predict_proba(rows)[:, 1]
    ended = time.perf_counter()
    first = np.arange(0, len(names), IMAGES)
    unseen = first[~train[first]]
    auc = roc_auc_score(label[unseen] == "positive", probability[unseen])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{len(names):,} images, {WIDTH} features, {len(names) * WIDTH * 4 / 1e9:.2f} GB on disk: fitted on {PATIENTS * 4 // 5} patients in {fitted - started:.0f} s, "
        f"all {PATIENTS} predicted in {ended - fitted:.0f} s; AUC of the {len(unseen)} left out {auc:.3f}; "
        f"peak memory {peak * 1024 / 1e9:.2f} GB, of which {before * 1024 / 1e9:.2f} GB after the imports"
    )


def memory(work: Path) -> None:
    """Write the features in one process and pool them in another, whose memory is measured."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        path = Path(folder, "features.h5")
        for step in ("--write", "--pool"):
            subprocess.run([sys.executable, __file__, step, str(path)], check=True)


def main() -> None:
    """Print the table, or the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--work", type=Path, help="folder that keeps finished studies")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pool", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write or given.pool:
        write_features(given.write) if given.write else pool(given.pool)
        return
    with tempfile.TemporaryDirectory() as folder:
        work = given.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        step = memory if given.memory else partial(accuracy, studies=given.studies, members=given.members)
        step(work)


if __name__ == "__main__":
    main()
