"""Osteosarcoma tiles of four patients: patients left out, beside what splits by slide and by tile claim, and scikit-learn on the same folds.

Run: ``python benchmarks/accuracy/tissue/osteosarcoma_tiles.py [--data ../shared/data/st/osteosarcoma_tiles/tiles] [--encoder NAME ...] [--store FOLDER]``.

The figures are balanced accuracies of single tiles in three classes (a third is chance). Ours come from `evaluate_study`; the independent ones from
scikit-learn alone: its cross-validation, its leave-one-group-out, its metrics, on the same features. Intervals: by patient over resampled patients, of the
claims as their authors would give them, over slides and over tiles. The last columns are means and ranges over 20 other divisions.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.folds.splits import Fold, spectrum_folds, undivided_folds
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.settings import TissueStudySettings

PATTERN = "{label}___{case}-{slide}-{x}-{y}_{}"
DIVISIONS, RESAMPLES, FOLDS = 20, 2000, 4
LOGISTIC = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000, class_weight="balanced"))
FOREST = RandomForestClassifier(300, max_features="sqrt", class_weight="balanced", random_state=0)
INDEPENDENT = {"logistic regression": LOGISTIC, "random forest": FOREST}


def claimed(truth: np.ndarray, predicted: np.ndarray, unit: np.ndarray) -> str:
    """Return the balanced accuracy with a bootstrap interval over units."""
    generator = np.random.default_rng(0)
    names, of_row = np.unique(unit, return_inverse=True)
    figures = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(names), size=len(names))
        rows = np.concatenate([np.flatnonzero(of_row == number) for number in drawn])
        right = truth[rows] == predicted[rows]
        figures.append(np.mean([right[truth[rows] == name].mean() for name in np.unique(truth[rows])]))
    low, high = np.quantile(figures, [0.025, 0.975])
    return f"{balanced_accuracy_score(truth, predicted):.3f} [{low:.3f}, {high:.3f}]"


def predicted_in(
    model: BaseEstimator, features: np.ndarray, label: np.ndarray, folds: Sequence[Fold]
) -> np.ndarray:
    """Return what scikit-learn predicts out of these folds."""
    return cross_val_predict(model, features, label, cv=[(fold.train, fold.test) for fold in folds])


def other_divisions(
    model: BaseEstimator, features: np.ndarray, label: np.ndarray, groups: np.ndarray | None
) -> str:
    """Return mean and range of the balanced accuracy over scikit-learn's own divisions by group, or by row."""
    figures = []
    for seed in range(DIVISIONS):
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
        folds = kind(FOLDS, shuffle=True, random_state=seed)
        predicted = cross_val_predict(model, features, label, groups=groups, cv=folds)
        figures.append(balanced_accuracy_score(label, predicted))
    return f"{np.mean(figures):.3f} ({min(figures):.3f} to {max(figures):.3f})"


def independent(images: TissueImages, features: np.ndarray) -> dict[tuple[str, str], float]:
    """Print the figures of scikit-learn, and return them by model and split."""
    label, patient, slide = (each.astype(str) for each in (images.label, images.patient, images.slide))
    code = np.unique(label, return_inverse=True)[1]
    reached = {}
    for name, model in INDEPENDENT.items():
        by_patient = cross_val_predict(model, features, label, groups=patient, cv=LeaveOneGroupOut())
        by_slide = predicted_in(model, features, label, undivided_folds(slide, code, folds=FOLDS, seed=0))
        by_tile = predicted_in(model, features, label, spectrum_folds(label, folds=FOLDS, seed=0))
        print(f"  scikit-learn {name}: by patient {claimed(label, by_patient, patient)}")
        print(
            f"    by slide {claimed(label, by_slide, slide)}; 20 divisions {other_divisions(model, features, label, slide)}"
        )
        print(
            f"    by tile  {claimed(label, by_tile, np.arange(len(label)))}; 20 divisions {other_divisions(model, features, label, None)}"
        )
        for split, predicted in (("patient", by_patient), ("slide", by_slide), ("tile", by_tile)):
            reached[name, split] = balanced_accuracy_score(label, predicted)
    return reached


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/st/osteosarcoma_tiles/tiles"))
    parser.add_argument("--encoder", nargs="*", default=["colour-texture", "efficientnet-lite0"])
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    images = read_images(given.data, ImageOptions(name_pattern=PATTERN))
    store = FeatureStore(given.store) if given.store else None
    print(f"{len(images)} tiles, {len(set(images.slide))} slides, {len(set(images.patient))} patients")
    largest = 0.0
    for encoder in given.encoder:
        settings = TissueStudySettings(
            encoders=(encoder,), split_by="patient", evaluation=EvaluationSettings(positive=None)
        )
        evaluation = evaluate_study(images, settings, store=store).evaluation
        stopped = [finding.name for finding in evaluation.audit.findings if finding.severity == "stop"]
        print(f"\n{encoder}: audit {evaluation.audit.severity} ({', '.join(stopped)})")
        for name, result in evaluation.models.items():
            figure, auc = result.row_level["balanced_accuracy"], result.patient_level["auc"]
            print(
                f"  {name:<20} by patient {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]  by slide {result.leaky_by['slide']['balanced_accuracy']:.3f}"
                f"  by tile {result.leaky['balanced_accuracy']:.3f}  AUC by patient {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}], p {result.chance.p:.3f}"
            )
        reached = independent(images, encode_images(images, (encoder,), store).values)
        for (name, split), value in reached.items():
            result = evaluation.models[name]
            ours = {
                "patient": result.row_level["balanced_accuracy"].value,
                "slide": result.leaky_by["slide"]["balanced_accuracy"],
                "tile": result.leaky["balanced_accuracy"],
            }[split]
            largest = max(largest, abs(ours - value))
    print(f"\nlargest difference from scikit-learn on the same folds: {largest:.4f}")


if __name__ == "__main__":
    main()
