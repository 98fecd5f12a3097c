"""Each fold's threshold and conformal sets are applied to the patients that this fold tests, and to no others."""

import numpy as np
import pytest

from spectra_dl.evaluation.classes.conformal import ConformalSets
from spectra_dl.evaluation.classes.decisions import evaluate_sets, evaluate_threshold
from spectra_dl.evaluation.classes.results import EvaluationSettings, FoldResult
from spectra_dl.evaluation.classes.task import prepare_task
from spectra_dl.evaluation.classes.threshold import SmoothedThreshold
from spectra_dl.evaluation.patients import read_patients

PATIENTS, FOLDS, REPEATS = 30, 5, 2
SETTINGS = EvaluationSettings(folds=FOLDS, repeats=REPEATS, resamples=100, leaky=False)


@pytest.fixture(scope="module")
def task():
    patient = np.repeat([f"p{number:02d}" for number in range(PATIENTS)], 2)
    label = np.repeat(np.where(np.arange(PATIENTS) % 3 == 0, "sick", "healthy"), 2)
    return prepare_task(len(label), read_patients(patient, label), SETTINGS, None)


@pytest.fixture(scope="module")
def pooled():
    second = np.random.default_rng(0).random((REPEATS, PATIENTS))
    return np.stack([1 - second, second], axis=-1)


@pytest.fixture(scope="module")
def thresholds(task):
    """A threshold of its own for each fold, in no order."""
    return np.random.default_rng(1).permutation(np.linspace(0.05, 0.95, len(task.folds)))


def people_of(task):
    """Return the patients' names that each fold tests."""
    return [{task.patient[row] for row in fold.test} for fold in task.folds]


def results(task, thresholds):
    return [
        FoldResult(fold.repeat, fold.number, len(people), {}, SmoothedThreshold(float(threshold), 0.0, 1.0))
        for fold, people, threshold in zip(task.folds, people_of(task), thresholds, strict=True)
    ]


def test_a_folds_threshold_is_applied_to_its_own_test_patients(task, pooled, thresholds):
    hits = rejected = 0
    for fold, people, threshold in zip(task.folds, people_of(task), thresholds, strict=True):
        for number, name in enumerate(task.patients.names):
            if name in people:
                called = pooled[fold.repeat, number, 1] >= threshold
                sick = number % 3 == 0
                hits += called and sick
                rejected += not called and not sick
    found = evaluate_threshold(pooled, results(task, thresholds), task)
    assert found.sensitivity.value == pytest.approx(hits / REPEATS / 10)
    assert found.specificity.value == pytest.approx(rejected / REPEATS / 20)
    assert [each.value for each in found.per_fold] == list(thresholds)
    shifted = evaluate_threshold(pooled, results(task, np.roll(thresholds, 1)), task)
    assert (shifted.sensitivity.value, shifted.specificity.value) != (
        found.sensitivity.value,
        found.specificity.value,
    )


def test_a_patient_on_the_threshold_is_called_positive(task):
    on_it = np.full((REPEATS, PATIENTS, 2), 0.5)
    found = evaluate_threshold(on_it, results(task, np.full(len(task.folds), 0.5)), task)
    assert (found.sensitivity.value, found.specificity.value) == (1.0, 0.0)


def test_one_fold_without_a_threshold_leaves_none(task, pooled, thresholds):
    folds = results(task, thresholds)
    folds[3] = FoldResult(folds[3].repeat, folds[3].number, folds[3].patients, {})
    assert evaluate_threshold(pooled, folds, task) is None


def test_a_folds_sets_are_applied_to_its_own_test_patients(task, pooled):
    generator = np.random.default_rng(2)
    sets = [ConformalSets(0.9, tuple(generator.random(2))) for _ in task.folds]
    size, covered = [], {0: [], 1: []}
    for fold, people, learned in zip(task.folds, people_of(task), sets, strict=True):
        for number in range(PATIENTS):
            if task.patients.names[number] in people:
                inside = [1 - pooled[fold.repeat, number, code] <= learned.quantile[code] for code in (0, 1)]
                truth = int(number % 3 == 0)
                size.append(sum(inside))
                covered[truth].append(inside[truth])
    found = evaluate_sets(pooled, sets, task)
    assert found.coverage_per_class == pytest.approx([np.mean(covered[0]), np.mean(covered[1])])
    assert found.coverage == pytest.approx(np.mean(covered[0] + covered[1]))
    assert found.mean_set_size == pytest.approx(np.mean(size))
    assert found.abstained == pytest.approx(np.mean([each != 1 for each in size]))
    assert found.pooled == ()


def test_a_class_pooled_in_one_fold_is_said_to_be(task, pooled):
    sets = [ConformalSets(0.9, (0.5, 0.5), (1,) if number == 3 else ()) for number in range(len(task.folds))]
    assert evaluate_sets(pooled, sets, task).pooled == (1,)
