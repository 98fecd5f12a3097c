"""Correlations across patients are NumPy's, without each patient too, and their intervals hold the truth."""

import numpy as np
import pytest

from spectra_dl.evaluation.profiles.across.correlation import across_patients, averaged, fisher_interval


def drawn(m=9, t=4, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=(m, t))
    return truth + generator.normal(size=(m, t)), truth


def test_correlations_are_numpys_with_and_without_each_patient():
    predicted, measured = drawn()
    found = across_patients(predicted, measured)
    for gene in range(4):
        np.testing.assert_allclose(
            found.of_all[gene], np.corrcoef(predicted[:, gene], measured[:, gene])[0, 1], rtol=1e-12
        )
        for patient in range(9):
            others = np.arange(9) != patient
            expected = np.corrcoef(predicted[others, gene], measured[others, gene])[0, 1]
            np.testing.assert_allclose(found.without[patient, gene], expected, rtol=1e-10)
    assert found.mean == pytest.approx(found.of_all.mean())


def test_what_is_predicted_constant_is_0_and_what_was_measured_constant_says_nothing():
    predicted, measured = drawn()
    predicted[:, 0], measured[:, 1] = 3.0, 7.0
    found = across_patients(predicted, measured)
    assert found.of_all[0] == 0.0
    assert (found.without[:, 0] == 0).all()
    assert np.isnan(found.of_all[1])
    assert found.mean == pytest.approx(found.of_all[[0, 2, 3]].mean())


def test_what_varies_in_one_patient_alone_has_no_correlation_without_that_one():
    predicted, measured = drawn(t=1)
    predicted[:] = 0.0
    predicted[4] = 1.0
    found = across_patients(predicted, measured)
    assert found.without[4, 0] == 0.0
    assert np.isfinite(found.without).all()


def test_repeats_are_averaged():
    first, second = across_patients(*drawn()), across_patients(*drawn(seed=1))
    both = averaged([first, second])
    np.testing.assert_allclose(both.of_all, (first.of_all + second.of_all) / 2)


@pytest.mark.parametrize(("m", "least"), [(8, 0.88), (60, 0.92)])
def test_intervals_hold_the_truth(m, least):
    """Of the mean over four genes that share half of their noise."""
    generator, held, studies = np.random.default_rng(m), 0, 300
    for _ in range(studies):
        truth, shared = generator.normal(size=(m, 4)), generator.normal(size=(m, 1))
        predicted = truth + (shared + generator.normal(size=(m, 4))) / np.sqrt(2)
        found = across_patients(predicted, truth)
        interval = fisher_interval(found.mean, found.mean_without)
        held += interval.low <= np.sqrt(0.5) <= interval.high
        assert -1 <= interval.low <= interval.value <= interval.high <= 1
    assert least <= held / studies <= 0.99
