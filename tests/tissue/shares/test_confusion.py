"""What is mistaken for what in patients, and how a new patient may differ."""

import numpy as np
import pytest

from spectra_dl.tissue.shares.confusion import Confusion, patient_counts


def study(spread, patients=400, images=20, seed=0):
    """Counts of two classes in patients whose rates differ by a known spread."""
    generator = np.random.default_rng(seed)
    rate = np.clip(0.8 + spread * generator.uniform(-np.sqrt(3), np.sqrt(3), size=patients), 0, 1)
    right = generator.binomial(images, rate)
    counts = np.zeros((patients, 2, 2), dtype=int)
    counts[:, 0] = np.stack([right, images - right], axis=1)
    counts[:, 1] = (0, images)
    return Confusion(counts)


def test_images_are_counted_by_patient_true_and_predicted_class():
    counts = patient_counts(
        np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, -1, 1]), ["b", "b", "b", "a", "a"], 2
    )
    assert counts.tolist() == [[[0, 0], [0, 1]], [[1, 1], [0, 1]]]


def test_rates_are_those_of_all_images_together():
    confusion = Confusion(np.array([[[8, 2], [0, 0]], [[1, 1], [1, 3]]]))
    assert confusion.rates.tolist() == [[0.75, 0.25], [0.25, 0.75]]


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_drawn_matrices_differ_as_patients_do_and_not_as_few_images_make_them_seem(spread):
    drawn = study(spread).draws(4000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.sum(axis=2), 1)
    assert drawn[:, 0, 0].mean() == pytest.approx(0.8, abs=0.02)
    assert drawn[:, 0, 0].std() == pytest.approx(spread, abs=0.025)
    assert (drawn[:, 1, 1] == 1).all()


def test_what_a_patient_has_no_images_of_is_drawn_from_others():
    counts = np.array([[[5, 5], [0, 0]], [[0, 0], [9, 1]], [[9, 1], [1, 9]]])
    drawn = Confusion(counts).draws(200, np.random.default_rng(2))
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0


def test_one_patient_gives_its_own_matrix():
    drawn = Confusion(np.array([[[3, 1], [0, 4]]])).draws(10, np.random.default_rng(3))
    np.testing.assert_allclose(drawn, np.broadcast_to([[0.75, 0.25], [0, 1]], (10, 2, 2)))
