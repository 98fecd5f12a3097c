"""Subjects with both classes: permutations keep them together, and pairs are scored within subjects."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from spectra_dl.evaluation.audit import AuditInputs
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.inference.paired import pairs_of, share_above
from spectra_dl.evaluation.classes.inference.surrogate import permuted_patients, permuted_within
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.sample_units import unit_ids

SETTINGS = EvaluationSettings(resamples=100, permutations=100, refits=99, leaky=False)


def paired_study(shift, *, subjects=30, seed=0, width=6):
    """Return rows of subjects with a sample of each class, two rows a sample, and a large effect of the subject."""
    generator = np.random.default_rng(seed)
    subject = np.repeat([f"m{k:02d}" for k in range(subjects)], 4)
    label = np.tile(np.repeat(["neg", "pos"], 2), subjects)
    rows = np.repeat(2 * generator.normal(size=(subjects, width)), 4, axis=0)
    rows = rows + 0.5 * generator.normal(size=rows.shape)
    rows[label == "pos", 0] += shift
    return rows, label, unit_ids(subject, label)


def evaluated(shift, **how):
    rows, label, units = paired_study(shift, **how)
    inputs = AuditInputs(surrogate=rows)
    return evaluate({"LR": LogisticRegression()}, rows, label, units, SETTINGS, audit_inputs=inputs)


@given(
    sizes=st.lists(st.integers(1, 3), min_size=2, max_size=12),
    seed=st.integers(0, 99),
    in_blocks=st.booleans(),
)
@settings(deadline=None)
def test_orders_keep_what_a_subject_has_together(sizes, seed, in_blocks):
    cluster = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    block = cluster % 2 if in_blocks else None
    orders = permuted_patients(block, cluster, len(cluster), 5, np.random.default_rng(seed))
    for order in orders:
        assert sorted(order) == list(range(len(cluster)))
        given_to = {(own, other) for own, other in zip(cluster, cluster[order], strict=True)}
        assert len(given_to) == len(sizes)  # each subject's features come from one subject
        assert block is None or (block == block[order]).all()


def test_subjects_of_one_sample_each_are_permuted_as_ever():
    orders = [
        draw(np.random.default_rng(3))
        for draw in (
            lambda generator: permuted_patients(None, None, 9, 4, generator),
            lambda generator: permuted_within(None, 9, 4, generator),
        )
    ]
    np.testing.assert_array_equal(*orders)


def test_all_orders_within_a_subject_are_equally_likely():
    orders = permuted_patients(None, np.array([0, 0, 1, 1]), 4, 4000, np.random.default_rng(0))
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 8
    assert counts.min() > 400


def test_pairs_are_the_samples_of_subjects_that_have_both():
    label = ["a", "b", "a", "b"]
    people = read_patients(unit_ids(["m1", "m1", "m2", "m3"], label), label)
    assert pairs_of(people, 1).tolist() == [[1, 0]]
    assert pairs_of(people, None).tolist() == []
    assert pairs_of(read_patients(["p", "q"], ["a", "b"]), 1).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
@settings(deadline=None)
def test_the_share_is_that_of_counting(scores):
    score = np.array(scores, dtype=float).reshape(1, 1, -1)
    pairs = np.arange(2 * len(scores)).reshape(-1, 2)
    counted = np.mean([1.0 if one > other else 0.5 if one == other else 0.0 for one, other in scores])
    reached = share_above(score, pairs)
    assert reached.value[0] == pytest.approx(counted)
    assert 0 <= reached.standard_error[0] <= 0.5


def test_the_standard_error_adds_up_a_subjects_placements():
    fold, truth = np.zeros((1, 80), dtype=int), np.arange(80) % 2
    cluster, generator = np.arange(80) // 2, np.random.default_rng(0)
    errors, values = {True: [], False: []}, []
    for _ in range(300):
        score = np.repeat(2 * generator.normal(size=40), 2) + generator.normal(size=80) + 0.5 * truth
        scored = np.stack([-score, score], axis=1)[None, None]
        comparisons = comparisons_of(fold, truth, 2, 1)
        values.append(within_fold_auc(scored, comparisons).value[0])
        for clustered in errors:
            auc = within_fold_auc(scored, comparisons, cluster if clustered else None)
            errors[clustered].append(auc.standard_error[0])
    assert np.mean(errors[True]) == pytest.approx(np.std(values), rel=0.15)
    assert np.mean(errors[False]) > 1.5 * np.std(values)  # pairs share what the subject adds


def test_a_signal_within_subjects_is_seen_in_pairs_and_called_better():
    result = evaluated(1.5).models["LR"]
    assert result.paired.subjects == 30
    assert result.paired.share.value > 0.9
    assert result.paired.chance.verdict == "better"
    assert 0.5 <= result.paired.share.low <= result.paired.share.value <= result.paired.share.high
    assert result.paired.share.value > result.patient_level["auc"].value


def test_subjects_alone_are_no_signal():
    verdicts = [evaluated(0.0, seed=seed).models["LR"] for seed in range(12)]
    assert sum(model.chance.verdict == "better" for model in verdicts) <= 1
    assert sum(model.paired.chance.verdict == "better" for model in verdicts) <= 1


def test_no_model_of_a_paired_study_trains_on_a_subject_it_is_tested_on():
    evaluation = evaluated(1.0)
    people = evaluation.patients
    subject = people.subject_of_patient[people.of_row]
    assert all(not set(subject[fold.train]) & set(subject[fold.test]) for fold in evaluation.folds)


def test_a_study_with_a_class_per_patient_has_no_pairs():
    rows, label, _ = paired_study(1.0)
    patient = [f"p{k // 2}" for k in range(len(label))]
    evaluation = evaluate({"LR": LogisticRegression()}, rows, label, patient, SETTINGS)
    assert evaluation.models["LR"].paired is None
