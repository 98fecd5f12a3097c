"""Weights of blocks: the best there is where blocks are independent, and little is lost to a block that knows nothing."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.metrics import roc_auc_score

from spectra_dl.fusion.estimators import stacking
from spectra_dl.fusion.estimators.stacking import fit_stack

TESTED = 4000


def drawn(distances, patients, seed, missing=0.0):
    """Return classes, the blocks' logits and the best possible log odds of patients."""
    generator = np.random.default_rng(seed)
    truth, distance = generator.integers(0, 2, patients), np.array(distances)[:, None]
    values = generator.normal(size=(len(distances), patients)) + distance * (truth - 0.5)
    values[generator.random(values.shape) < missing] = np.nan
    return truth, np.stack([-values, values], axis=2) / 2, np.nan_to_num(values * distance).sum(axis=0)


def reached(distances, *, patients=100, missing=0.0, kept=slice(None), studies=12):
    """Return the mean AUC of the stack and of the best possible over studies."""
    each = []
    for seed in range(studies):
        truth, logits, _ = drawn(distances, patients, seed, missing)
        tested, new, best = drawn(distances, TESTED, 1000 + seed, missing)
        fused = fit_stack(logits[kept], truth).logits(new[kept])
        each.append((roc_auc_score(tested, fused[:, 1] - fused[:, 0]), roc_auc_score(tested, best)))
    return np.mean(each, axis=0)


def test_two_blocks_come_near_the_best_possible():
    ours, best = reached((1.0, 1.0))
    assert ours > best - 0.01


def test_thirty_percent_missing_blocks_cost_less_than_two_hundredths():
    ours, best = reached((1.0, 1.0), missing=0.3)
    assert ours > best - 0.02


def test_a_block_that_knows_nothing_costs_less_than_a_hundredth():
    ours, _ = reached((1.0, 0.8, 0.0))
    without, _ = reached((1.0, 0.8, 0.0), kept=slice(0, 2))
    assert ours > without - 0.01


@pytest.mark.parametrize(("patients", "at_most"), [(40, 0.25), (400, 0.1)])
def test_a_block_that_says_the_opposite_counts_little_and_never_negatively(patients, at_most):
    truth, logits, _ = drawn((1.0, 1.0), patients, 0)
    logits[1] *= -1
    weight = fit_stack(logits, truth).weight
    assert weight[1] < at_most * weight[0]
    assert (weight >= 0).all()


def test_who_lacks_all_blocks_gets_a_finite_verdict():
    truth, logits, _ = drawn((1.0, 1.0), 40, 0, missing=0.3)
    nobody = np.full((2, 1, 2), np.nan)
    assert np.isfinite(fit_stack(logits, truth).logits(nobody)).all()


def test_a_block_that_is_right_of_everybody_is_not_believed_without_end():
    truth = np.arange(20) % 2
    sure = np.where(truth, 1.0, -1.0)[None, :, None] * np.array([-1.0, 1.0])
    fused = fit_stack(sure, truth).logits(sure)
    assert 1.5 < (fused[1, 1] - fused[1, 0]) < 8.0


def test_what_blocks_say_adds_up():
    truth, logits, _ = drawn((1.0, 1.0), 40, 0, missing=0.3)
    stack = fit_stack(logits, truth)
    np.testing.assert_allclose(stack.says(logits).sum(axis=0) + stack.bias, stack.logits(logits))


def test_three_classes():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 90)
    logits = generator.normal(size=(2, 90, 3)) + 2.0 * np.eye(3)[truth]
    logits -= logits.mean(axis=2, keepdims=True)
    logits[0, :9] = np.nan
    right = fit_stack(logits, truth).logits(logits).argmax(axis=1) == truth
    assert right.mean() > 0.8


def test_the_gradient_is_that_of_the_objective(monkeypatch):
    captured = {}

    def capture(objective, start, **settings):
        captured["objective"], captured["start"] = objective, start
        raise StopIteration

    monkeypatch.setattr("scipy.optimize.minimize", capture)
    truth, logits, _ = drawn((1.0, 0.5), 30, 0, missing=0.3)
    with pytest.raises(StopIteration):
        stacking.fit_stack(logits, truth)
    at = captured["start"] + np.linspace(-0.3, 0.4, len(captured["start"]))
    numeric = approx_fprime(at, lambda point: captured["objective"](point)[0])
    np.testing.assert_allclose(captured["objective"](at)[1], numeric, atol=1e-3)
