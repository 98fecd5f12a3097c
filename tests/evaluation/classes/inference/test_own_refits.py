"""Refits of a model without a relation: classes and folds go to other patients together, and rows stay where they are."""

from collections import Counter

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from spectra_dl.evaluation.classes.inference.own_refits import own_refits
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.task import prepare_task
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.group_splits import group_folds
from spectra_dl.evaluation.patients import read_patients

PATIENTS, ROWS_EACH = 24, 2
PATIENT = np.repeat([f"p{number:02d}" for number in range(PATIENTS)], ROWS_EACH)
SICK = np.repeat(np.arange(PATIENTS) % 3 == 0, ROWS_EACH)
LABEL = np.where(SICK, "sick", "well")
SETTINGS = EvaluationSettings(folds=4, repeats=2, resamples=100, leaky=False, null_refits=39)
LDA = ModelEntry("lda", LinearDiscriminantAnalysis())


@pytest.fixture(scope="module")
def rows():
    rows = np.random.default_rng(0).normal(size=(len(PATIENT), 3))
    return rows + 3.0 * SICK[:, None]


@pytest.fixture(scope="module")
def task():
    return prepare_task(len(LABEL), read_patients(PATIENT, LABEL), SETTINGS, None)


def places(task):
    """Return each patient's class and, in each repeat, the fold that tests it."""
    found = {name: [str(label)] for name, label in zip(task.patient, task.label, strict=True)}
    for fold in task.folds:
        for name in {str(task.patient[row]) for row in fold.test}:
            found[name].append((fold.repeat, fold.number))
    return {name: tuple(place) for name, place in found.items()}


def test_classes_and_folds_change_hands_together(rows, task):
    before = places(task)
    permuted = [places(each) for each in own_refits(LDA, rows, task).tasks]
    assert len(permuted) == 39
    for after in permuted:
        assert Counter(after.values()) == Counter(before.values())
        assert after.keys() == before.keys()
    moved = [sum(after[name] != before[name] for name in before) for after in permuted]
    assert min(moved) > PATIENTS / 2
    assert len({tuple(after.items()) for after in permuted}) == 39


def test_what_refits_reach_is_the_auc_of_pairs_within_their_folds(rows, task):
    refits = own_refits(LDA, rows, task)
    outcome_of = {job.title: job.run() for jobs in refits.jobs for job in jobs}
    expected = []
    for each, jobs in zip(refits.tasks, refits.jobs, strict=True):
        of_repeat = {0: [0.0, 0], 1: [0.0, 0]}
        for job in jobs:
            outcome = outcome_of[job.title]
            log_odds = np.log(outcome.predicted[:, 1]) - np.log(outcome.predicted[:, 0])
            score, sick = {}, {}
            for name in {str(each.patient[row]) for row in outcome.fold.test}:
                of_patient = each.patient[outcome.fold.test] == name
                score[name] = log_odds[of_patient].mean()
                sick[name] = str(each.label[outcome.fold.test][of_patient][0]) != each.patients.classes[0]
            for one in (name for name in score if sick[name]):
                for other in (name for name in score if not sick[name]):
                    of_repeat[outcome.fold.repeat][0] += score[one] > score[other]
                    of_repeat[outcome.fold.repeat][1] += 1
        expected.append(np.mean([wins / pairs for wins, pairs in of_repeat.values()]))
    found = refits.auc(outcome_of)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert abs(found.mean() - 0.5) < 4 * found.std() / np.sqrt(39)  # the rows' own classes would give 1


def test_patients_change_places_within_their_batch_only(rows):
    batch = np.repeat(np.array(["May", "June", "July"])[np.arange(PATIENTS) % 8 % 3], ROWS_EACH)
    folds = group_folds(PATIENT, LABEL, batch, column="batch")
    settings = EvaluationSettings(resamples=100, leaky=False, null_refits=39)
    task = prepare_task(len(LABEL), read_patients(PATIENT, LABEL), settings, folds)
    for each in own_refits(LDA, rows, task).tasks:
        for before, after in zip(task.folds, each.folds, strict=True):
            assert (after.left_out, after.test.tolist()) == (before.left_out, before.test.tolist())
            assert sorted(each.label[after.test]) == sorted(task.label[before.test])


def test_a_control_is_not_refitted(rows, task):
    refits = own_refits(ModelEntry("prior", LDA.estimator, "control"), rows, task)
    assert (len(refits.tasks), len(refits.jobs), refits.auc({})) == (0, 0, None)
