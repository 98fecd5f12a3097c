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
    assert drawn[:, 1, 1].mean() > 0.995


def test_what_a_patient_has_no_images_of_is_drawn_from_others():
    counts = np.array([[[5, 5], [0, 0]], [[0, 0], [9, 1]], [[9, 1], [1, 9]]])
    drawn = Confusion(counts).draws(200, np.random.default_rng(2))
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0


@pytest.mark.parametrize("patients", [1, 3, 60])
def test_a_mistake_that_nobody_has_seen_is_rare_but_not_impossible(patients):
    drawn = Confusion(np.array([np.diag([20, 20])] * patients)).draws(4000, np.random.default_rng(3))
    # Between a tenth of Jeffreys' rate of as many independent images, and that of as many patients.
    assert 0.05 / (20 * patients + 1) < drawn[:, 0, 1].mean() < 0.5 / (patients + 1)


def test_the_fewer_patients_the_less_is_known_of_mistakes():
    widths = [
        np.quantile(
            Confusion(np.array([[[15, 5], [4, 16]]] * patients)).draws(4000, np.random.default_rng(4)),
            0.9,
            axis=0,
        )
        for patients in (2, 8, 60)
    ]
    assert widths[0][0, 1] > widths[1][0, 1] > widths[2][0, 1]


def test_a_class_that_nobody_has_images_of_is_mistaken_no_one_knows_how():
    confusion = Confusion(np.array([[[9, 1], [0, 0]]] * 5))
    assert np.isnan(confusion.rates[1]).all()
    drawn = confusion.draws(4000, np.random.default_rng(5))[:, 1, 1]
    assert np.quantile(drawn, 0.1) < 0.1
    assert np.quantile(drawn, 0.9) > 0.9


def test_rows_vary_together_as_those_of_patients_do():
    """Where a patient's stain moves both classes towards one, drawn patients' stains do too."""
    moved = np.array([[[20, 0], [8, 12]], [[12, 8], [20, 0]]] * 30)
    moved[1::2, 1] = (0, 20)
    drawn = Confusion(moved).draws(4000, np.random.default_rng(6))
    assert np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 1])[0, 1] < -0.7
