"""Two modalities nobody has written: the evaluation takes them as they are, with words, probes and checks of their own."""

import json
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge

from spectra_dl.evaluation.audit import AuditInputs, Finding, Probe
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.evaluation.report.classes_json import evaluation_report
from spectra_dl.evaluation.report.classes_text import evaluation_text
from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.profiles_json import profile_report, profile_text

N, PATIENTS = 120, 30
PATIENT = np.repeat([f"p{number:02d}" for number in range(PATIENTS)], N // PATIENTS)
CODE = np.repeat(np.arange(PATIENTS) % 2, N // PATIENTS)
LABEL = np.array(["benign", "malignant"])[CODE]
SETTINGS = EvaluationSettings(folds=3, resamples=200, permutations=100)
VOLUMES = ReportContext(
    Words("volume", "volumes", "texture"),
    answers={"9a": ("reported", "all voxels of the volume")},
    methods=("Volumes were windowed.",),
    references=("Windowing: Nobody 1999",),
)


class LazyVolumes:
    """Four-dimensional arrays that are made when rows are asked for, never all at once."""

    def __init__(self, number=None):
        self.number = np.arange(N) if number is None else number
        self.largest = 0

    def __len__(self):
        return len(self.number)

    def __getitem__(self, rows):
        taken = LazyVolumes(self.number[rows])
        self.largest = max(self.largest, len(taken))
        return taken

    def arrays(self):
        """Return ``(k, 2, 3, 4)`` voxels of the rows, brighter in one class."""
        for number in self.number:
            yield np.random.default_rng(number).normal(CODE[number], 0.5, size=(2, 3, 4))


class MeanVoxels(ClassifierMixin, BaseEstimator):
    """Classifies volumes by their mean voxel."""

    def features(self, X):
        return np.array([[voxels.mean(), voxels.std()] for voxels in X.arrays()])

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(self.features(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(self.features(X))


class MeanVoxelProfiles(RegressorMixin, BaseEstimator):
    """Predicts profiles of volumes from their mean voxel."""

    def fit(self, X, y):
        self.model_ = Ridge(1e-3).fit(MeanVoxels().features(X), y)
        return self

    def predict(self, X):
        return self.model_.predict(MeanVoxels().features(X))


class Fused(ClassifierMixin, BaseEstimator):
    """Takes a tuple of image features and columns."""

    def fit(self, X, y):
        features, columns = X
        assert features.shape[1:] == (5,)
        assert columns.shape[1:] == (2,)
        self.model_ = LogisticRegression().fit(np.hstack(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(np.hstack(X))


class FusedProfiles(RegressorMixin, BaseEstimator):
    """Predicts profiles from a tuple of image features and columns."""

    def fit(self, X, y):
        self.model_ = Ridge(1e-3).fit(np.hstack(X), y)
        return self

    def predict(self, X):
        return self.model_.predict(np.hstack(X))


def no_empty_volume(volumes, patients, folds, *, seed):
    """Find volumes without any voxel above zero."""
    empty = [number for number, voxels in enumerate(volumes.arrays()) if not (voxels > 0).any()]
    return Finding("empty volumes", "warn" if empty else "fine", f"{len(empty)} volumes are empty.")


def blocks():
    generator = np.random.default_rng(1)
    return generator.normal(size=(N, 5)), np.column_stack([CODE, generator.normal(size=N)]) * 1.0


@dataclass(frozen=True, eq=False)
class Measured:
    """Two targets that follow the mean voxel."""

    noise: np.ndarray
    names: tuple[str, ...] = ("contrast", "entropy")

    def fit(self, rows):
        return self

    def values(self, rows):
        mean = np.array([voxels.mean() for voxels in LazyVolumes()[rows].arrays()])
        return np.column_stack([mean, -2 * mean]) + self.noise[rows]

    def ceiling(self, rows):
        return np.ones(2)


def written(results):
    return report_page(json.loads(json.dumps({"command": ["x"], "results": results}, allow_nan=False)))


@pytest.fixture(scope="module")
def volumes():
    return LazyVolumes()


@pytest.fixture(scope="module")
def classified(volumes):
    models = [ModelEntry("mean voxel", MeanVoxels(), "network", "logistic regression on mean voxels")]
    scanner = Probe("scanner", "the scanner alone", CODE[:, None] + 0.0)
    checks = AuditInputs([scanner], [partial(no_empty_volume, volumes)], {"ward": PATIENT})
    return evaluate(models, volumes, LABEL, PATIENT, SETTINGS, audit_inputs=checks, context=VOLUMES)


def test_volumes_that_are_loaded_lazily_are_classified(volumes, classified):
    assert classified.models["mean voxel"].patient_level["auc"].value > 0.95
    assert volumes.largest < N


def test_their_own_probes_and_row_checks_stand_in_the_audit_and_no_check_of_a_matrix(classified):
    names = {finding.name for finding in classified.audit.findings}
    assert {"scanner", "empty volumes", "patient ids"} <= names
    assert classified.audit.severity == "stop"
    assert not {"near copies", "hidden replicates", "label permutation"} & names


def test_their_own_words_stand_in_text_and_page(classified):
    text = evaluation_text(classified)
    page = written(evaluation_report(classified))
    assert "120 volumes" in text
    for words in (
        "120 volumes",
        "all voxels of the volume",
        "Volumes were windowed",
        "Nobody 1999",
        "mean voxels",
    ):
        assert words in page
    assert not {"spectrum", "spectra"} & {word.strip(".,;") for word in (text + page).split()}


def test_tuples_of_blocks_are_classified():
    result = evaluate({"fused": Fused()}, blocks(), LABEL, PATIENT, SETTINGS)
    assert result.models["fused"].patient_level["auc"].value == 1.0


@pytest.mark.parametrize("kind", ["volumes", "blocks"])
def test_both_go_through_profiles_too(kind):
    noise = np.random.default_rng(2).normal(0, 0.05, size=(N, 2))
    rows, model = (
        (LazyVolumes(), MeanVoxelProfiles())
        if kind == "volumes"
        else ((np.array([[v.mean()] for v in LazyVolumes().arrays()]), blocks()[1]), FusedProfiles())
    )
    section = np.array([f"s{number // 20}" for number in range(N)], dtype=object)
    inputs = ProfileInputs(findings=[Finding("scanners", "warn", "Two scanners.")], context=VOLUMES)
    settings = ProfileSettings(folds=3, repeats=2, shuffles=1, seed=3)
    result = evaluate_profiles(
        {"mean voxel": model}, SectionRows(rows, section, section), Measured(noise), settings, inputs
    )
    assert result.first.pearson.value > 0.9
    assert len(result.folds) == 6
    assert len(result.first.sections) == 12
    text, page = profile_text(result), written(profile_report(result))
    assert "120 volumes" in text
    assert "Two scanners." in page
    assert "textures" in page
    assert "spot" not in text.replace("shuffled spots", "")
