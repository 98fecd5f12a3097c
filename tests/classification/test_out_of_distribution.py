"""Spectra unlike the training spectra are noticed."""

import numpy as np
import pytest

from spectra_dl.classification.out_of_distribution import OutOfDistribution

BASIS = np.random.default_rng(7).normal(size=(4, 60))


def spectra(n, seed):
    """Spectra of four latent bands with a little noise, three per patient."""
    random = np.random.default_rng(seed)
    latent = np.repeat(random.normal(size=(n // 3, 4)), 3, axis=0)
    return (latent @ BASIS + 0.1 * random.normal(size=(n, 60))).astype(np.float32)


PATIENT = [f"p{row // 3}" for row in range(300)]


@pytest.fixture(scope="module")
def reference():
    return OutOfDistribution.fit(spectra(300, 0), PATIENT)


def test_few_spectra_of_new_patients_are_flagged(reference):
    assert np.mean(reference.exceedance(spectra(900, 1)) > 1) <= 0.05


def bands(patients, rows, random):
    """Spectra as above."""
    latent = np.repeat(random.normal(size=(patients, 4)), rows, axis=0)
    return latent @ BASIS + 0.1 * random.normal(size=(patients * rows, 60))


def smooth(patients, rows, random):
    """Rows of many more points than there are patients, of twelve smooth parts and noise that is heavier in some."""
    parts = np.cumsum(np.random.default_rng(8).normal(size=(12, 300)), axis=1)
    latent = np.repeat(random.normal(size=(patients, 12)), rows, axis=0) * np.linspace(1, 0.1, 12)
    noise = np.exp(0.4 * random.normal(size=(patients * rows, 1)))
    return (
        latent @ (parts / parts.std(axis=1, keepdims=True))
        + noise * random.normal(size=(patients * rows, 300)) / 2
    )


def logits(patients, rows, random):
    """What three blocks of a fusion say of patients of two classes."""
    truth = np.repeat(random.integers(0, 2, patients), rows)[:, None]
    return 1.5 * truth + np.repeat(random.normal(size=(patients, 3)), rows, axis=0)


def share_unlike(kind, patients, rows, change=lambda x: x):
    """Return the share of training rows and of rows of others, changed, that are beyond the limits, over 12 studies."""
    trained, others = [], []
    for seed in range(12):
        random = np.random.default_rng((seed, patients, rows))
        matrix = kind(patients, rows, random).astype(np.float32)
        fitted = OutOfDistribution.fit(matrix, [f"p{row // rows}" for row in range(len(matrix))])
        trained.append(np.mean(fitted.exceedance(matrix) > 1))
        others.append(np.mean(fitted.exceedance(change(kind(100, rows, random).astype(np.float32))) > 1))
    return np.mean(trained), np.mean(others)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("patients", [10, 20, 40, 100])
@pytest.mark.parametrize("kind", [bands, smooth, logits])
def test_new_patients_of_the_same_kind_are_like_the_training_patients_however_few_these_are(
    kind, patients, rows
):
    trained, others = share_unlike(kind, patients, rows)
    assert trained <= 0.03
    assert others <= (0.07 if patients == 10 else 0.05)


@pytest.mark.parametrize("patients", [10, 20, 40, 100])
@pytest.mark.parametrize("kind", [bands, smooth, logits])
def test_patients_of_another_kind_are_noticed_by_few_training_patients(kind, patients):
    _, others = share_unlike(kind, patients, 3, lambda x: 8 * x)
    assert others >= 0.9


@pytest.mark.parametrize(
    "change",
    [
        lambda x: np.random.default_rng(2).permuted(x, axis=1),
        lambda x: 6 * x,
        lambda x: np.random.default_rng(3).normal(size=x.shape).astype(np.float32) * x.std(),
        lambda x: np.roll(x, 9, axis=1),
    ],
    ids=["shuffled", "far too strong", "noise", "displaced"],
)
def test_spectra_of_another_kind_are_flagged(reference, change):
    assert np.mean(reference.exceedance(change(spectra(300, 1))) > 1) >= 0.95


def test_a_spectrums_figure_does_not_depend_on_its_neighbours(reference):
    many = spectra(90, 4)
    alone = np.concatenate([reference.exceedance(many[row : row + 1]) for row in range(len(many))])
    np.testing.assert_allclose(reference.exceedance(many), alone, rtol=1e-12)


def test_it_comes_back_from_its_tensors(reference):
    again = OutOfDistribution.from_tensors(
        reference.tensors(), reference.residual_limit, reference.distance_limit
    )
    np.testing.assert_array_equal(again.exceedance(spectra(30, 5)), reference.exceedance(spectra(30, 5)))


def test_one_patient_is_enough_to_fit():
    assert np.isfinite(OutOfDistribution.fit(spectra(3, 0), ["p"] * 3).exceedance(spectra(3, 0))).all()


@pytest.mark.parametrize("shape", [(40, 90), (90, 40)], ids=["fewer rows", "fewer points"])
def test_axes_and_variances_are_those_of_the_singular_value_decomposition(shape):
    rows = np.random.default_rng(8).normal(size=shape).astype(np.float32)
    fitted = OutOfDistribution.fit(rows, [f"p{row}" for row in range(shape[0])])
    _, singular, axes = np.linalg.svd(rows - rows.mean(axis=0, dtype=np.float64), full_matrices=False)
    count = len(fitted.variance)
    np.testing.assert_allclose(fitted.variance, singular[:count] ** 2 / (shape[0] - 1), rtol=1e-6)
    np.testing.assert_allclose(np.abs(np.sum(fitted.components * axes[:count], axis=1)), 1, rtol=1e-6)
    np.testing.assert_allclose(fitted.components @ fitted.components.T, np.eye(count), atol=1e-6)


def test_rows_of_one_spectrum_make_no_axes_of_rounding():
    rows = np.repeat(spectra(3, 9)[:1], 12, axis=0)
    fitted = OutOfDistribution.fit(rows, [f"p{row}" for row in range(12)])
    assert not fitted.components.any()
    assert fitted.exceedance(rows).max() <= 1 < fitted.exceedance(rows + 1).min()
