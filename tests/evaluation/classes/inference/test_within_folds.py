import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of, within_fold_auc
from spectra_dl.evaluation.classes.metrics import auc_within
from spectra_dl.evaluation.classes.resampling import resampled_auc
from spectra_dl.evaluation.intervals import draw_patients


def scored(seed, patients=40, repeats=3, decimals=1):
    generator = np.random.default_rng(seed)
    truth = generator.permutation(np.arange(patients) % 2)
    fold = np.stack([generator.permutation(patients) % 5 for _ in range(repeats)])
    score = generator.normal(size=(repeats, patients)).round(decimals)
    return truth, fold, score


def by_pairs(truth, fold, score):
    wins = pairs = 0.0
    for one in np.flatnonzero(truth == 1):
        for other in np.flatnonzero(truth == 0):
            if fold[one] == fold[other]:
                pairs += 1
                wins += (score[one] > score[other]) + 0.5 * (score[one] == score[other])
    return wins / pairs


@given(st.integers(0, 10_000))
def test_the_auc_is_that_of_all_pairs_of_the_same_fold(seed):
    truth, fold, score = scored(seed)
    expected = np.mean([by_pairs(truth, *one) for one in zip(fold, score, strict=True)])
    comparisons = comparisons_of(fold, truth, 2, 1)
    both = np.stack([-score, score], axis=-1)
    assert within_fold_auc(both[None], comparisons).value[0] == pytest.approx(expected, abs=1e-12)
    assert np.mean([auc_within(truth == 1, *one) for one in zip(score, fold, strict=True)]) == pytest.approx(
        expected
    )
    assert sum(one.weight for one in comparisons) == pytest.approx(1.0)


def test_with_one_fold_it_is_scikit_learns():
    truth, _, score = scored(1, repeats=1)
    comparisons = comparisons_of(np.zeros((1, 40), dtype=int), truth, 2, 1)
    found = within_fold_auc(np.stack([-score, score], axis=-1)[None], comparisons).value[0]
    assert found == pytest.approx(roc_auc_score(truth, score[0]))


def test_the_standard_error_is_that_of_delong():
    truth, _, score = scored(2, repeats=1, decimals=6)
    positive, negative = score[0][truth == 1], score[0][truth == 0]
    beats = (positive[:, None] > negative).astype(float)
    expected = np.sqrt(beats.mean(axis=1).var() / len(positive) + beats.mean(axis=0).var() / len(negative))
    comparisons = comparisons_of(np.zeros((1, 40), dtype=int), truth, 2, 1)
    found = within_fold_auc(np.stack([-score, score], axis=-1)[None], comparisons).standard_error[0]
    assert found == pytest.approx(expected)


def test_resamples_within_folds_are_those_of_repeated_rows():
    truth, fold, score = scored(3, repeats=1)
    drawn = draw_patients(40, resamples=20, seed=0)
    found = resampled_auc(truth == 1, score[0], np.arange(40), drawn, fold[0])
    for times, value in zip(drawn.astype(int), found, strict=True):
        repeated = [np.repeat(each, times) for each in (truth, fold[0], score[0])]
        assert value == pytest.approx(by_pairs(*repeated))


def test_three_classes_are_each_against_the_rest():
    generator = np.random.default_rng(4)
    truth, fold = np.arange(45) % 3, (np.arange(45) // 3 % 5)[None]
    score = generator.normal(size=(1, 45, 3))
    expected = np.mean(
        [by_pairs((truth == code).astype(int), fold[0], score[0, :, code]) for code in range(3)]
    )
    assert within_fold_auc(score[None], comparisons_of(fold, truth, 3, None)).value[0] == pytest.approx(
        expected
    )


def test_without_a_fold_of_both_classes_it_is_undefined():
    truth = np.array([0, 0, 1, 1])
    fold = np.array([[0, 0, 1, 1]])
    assert comparisons_of(fold, truth, 2, 1) == []
    assert np.isnan(within_fold_auc(np.zeros((1, 1, 4, 2)), []).value[0])
    assert np.isnan(auc_within(truth == 1, np.zeros(4), fold[0]))


def test_levels_of_folds_change_nothing():
    truth, fold, score = scored(5)
    comparisons = comparisons_of(fold, truth, 2, 1)
    moved = score + 100.0 * fold
    first, second = (
        within_fold_auc(np.stack([-each, each], axis=-1)[None], comparisons).value[0]
        for each in (score, moved)
    )
    assert first == pytest.approx(second)


@pytest.mark.parametrize("repeats", [1, 2])
def test_the_standard_error_of_unequal_classes_and_folds_is_that_of_each_patients_share(repeats):
    generator = np.random.default_rng(6)
    truth, fold = (np.arange(60) % 4 == 0).astype(int), generator.integers(0, 4, size=(repeats, 60))
    score = generator.normal(size=(repeats, 60)) + truth
    auc = np.mean([by_pairs(truth, *one) for one in zip(fold, score, strict=True)])
    share = np.zeros(60)  # of each patient in the figure's departure: its pairs' wins less the figure
    for numbers, values in zip(fold, score, strict=True):
        together = (numbers[:, None] == numbers) & (truth[:, None] == 1) & (truth == 0)
        departure = np.where(together, (values[:, None] > values) - auc, 0.0) / together.sum() / repeats
        share += departure.sum(axis=1) + departure.sum(axis=0)
    both = np.stack([-score, score], axis=-1)[None]
    found = within_fold_auc(both, comparisons_of(fold, truth, 2, 1)).standard_error[0]
    assert found == pytest.approx(np.sqrt((share**2).sum()))
