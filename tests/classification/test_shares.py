"""How much each part of an ensemble counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.classification.shares import learn_shares
from spectra_dl.evaluation.classes.calibration import fit_temperature

PATIENTS = 60


def parts(seed, *signals, classes=2):
    """Return logits of parts for 60 patients, each with a signal of a strength in unit noise, and the patients' classes."""
    generator = np.random.default_rng(seed)
    truth = np.arange(PATIENTS) % classes
    member = (truth[:, None] == np.arange(classes)).astype(float)
    noise = generator.normal(size=(len(signals), PATIENTS, classes))
    return np.array(signals)[:, None, None] * member + noise, truth


def test_a_part_that_says_more_of_unseen_patients_counts_more():
    logits, truth = parts(0, 2.0, 0.3)
    shares = learn_shares(logits, truth)
    assert shares[0] > 2 * shares[1] >= 0


def test_a_part_that_misleads_has_no_say():
    logits, truth = parts(1, 2.0, -2.0)
    shares = learn_shares(logits, truth)
    assert shares[0] > 0
    assert shares[1] == 0


def test_where_no_part_says_anything_they_count_alike():
    logits, truth = parts(2, -1.0, -1.0)
    spread = (logits - logits.mean(axis=2, keepdims=True)).std(axis=(1, 2))
    np.testing.assert_allclose(learn_shares(logits, truth) * spread, 1.0, rtol=0.05)


def test_a_part_without_any_spread_has_no_say():
    logits, truth = parts(3, 2.0, 2.0)
    logits[1] = 0.0
    assert learn_shares(logits, truth)[1] == 0


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_one_part_is_brought_to_its_own_temperature(classes):
    logits, truth = parts(4, 2.0, classes=classes)
    assert learn_shares(logits, truth)[0] == pytest.approx(1 / fit_temperature(logits[0], truth), rel=1e-4)


@given(scale=st.floats(0.01, 100.0), shift=st.floats(-5.0, 5.0), seed=st.integers(0, 20))
def test_neither_the_scale_of_a_part_nor_a_constant_changes_what_it_says(scale, shift, seed):
    logits, truth = parts(seed, 1.5, 1.0)
    other = logits.copy()
    other[1] = other[1] * scale + shift
    before = np.tensordot(learn_shares(logits, truth), logits, axes=1)
    after = np.tensordot(learn_shares(other, truth), other, axes=1)
    centred = [each - each.mean(axis=1, keepdims=True) for each in (before, after)]
    np.testing.assert_allclose(centred[1], centred[0], rtol=1e-4, atol=1e-5)


def test_a_part_that_is_half_believed_says_half_as_much():
    logits, truth = parts(0, 2.0, 1.0)
    np.testing.assert_allclose(
        learn_shares(logits, truth, np.array([1.0, 0.5])), learn_shares(logits, truth) * [1.0, 0.5]
    )
