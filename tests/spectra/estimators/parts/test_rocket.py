"""MiniRocket beside an ensemble's members, and as a part of a stored model."""

import numpy as np
import pytest
import torch
from sklearn.utils import check_random_state

from spectra_dl.arrays import text_array
from spectra_dl.classification.training_data import TrainingData
from spectra_dl.models.members import network_output
from spectra_dl.spectra.estimators.minirocket import MiniRocket
from spectra_dl.spectra.estimators.parts.rocket import RocketModel
from spectra_dl.spectra.networks import build_network
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.table import SpectraTable

POINTS = 120


def study(classes):
    """Return 24 patients with two spectra each, of which a class has a bump of its own."""
    random = check_random_state(classes)
    patient = np.arange(48) // 2
    target = patient % classes
    spectra = random.normal(size=(48, POINTS)).cumsum(axis=1) * 0.1
    for row, number in enumerate(target):
        spectra[row, 20 + 30 * number : 26 + 30 * number] += 3.0
    names = text_array(f"s{row}" for row in range(48))
    table = SpectraTable(spectra, np.linspace(400.0, 1800.0, POINTS), names)
    return TrainingData(
        table, text_array(f"c{n}" for n in target), text_array(f"p{n}" for n in patient), target, classes
    )


@pytest.fixture(scope="module", params=[2, 3])
def fitted(request):
    data = study(request.param)
    return data, RocketModel(Preprocessing(()), seed=1).fit(data)


def test_the_network_says_what_the_ridge_classifier_says(fitted):
    data, part = fitted
    spectra = data.rows.intensity.astype(np.float32)
    ridge, logits = part.ridge, network_output(part.combined(np.array([2.0])), spectra)
    features = (ridge.features_.transform(spectra) - ridge._mean) / ridge._scale
    score = features @ ridge._weights + ridge._offset
    expected = np.concatenate([-score / 2, score / 2], axis=1) if data.n_classes == 2 else score
    np.testing.assert_allclose(logits, 2.0 * expected, rtol=1e-4, atol=1e-4)


def test_out_of_fold_logits_find_the_class_and_differ_from_those_of_all_spectra(fitted):
    data, part = fitted
    (unseen,) = part.out_of_fold_logits
    assert unseen.shape == (48, data.n_classes)
    assert (unseen.argmax(axis=1) == data.target).mean() > 0.9
    seen = network_output(part.combined(np.ones(1)), data.rows.intensity.astype(np.float32))
    assert np.abs(seen - unseen).max() > 1e-3


def test_features_in_the_network_are_minirockets():
    rows = np.random.default_rng(0).normal(size=(10, POINTS)).astype(np.float32)
    rocket = MiniRocket().fit(rows)
    network = build_network("minirocket", POINTS, 2)
    network.thresholds.copy_(torch.from_numpy(np.concatenate(rocket.thresholds_, axis=1)))
    features = rocket.transform(rows)
    network.linear.weight[:] = 0.0
    network.linear.bias[:] = 0.0
    for at in (0, 1, 2_000, 4_199):
        network.linear.weight[0, at] = 1.0
        np.testing.assert_allclose(network_output(network, rows)[:, 0], features[:, at], atol=1e-12)
        network.linear.weight[0, at] = 0.0


def test_a_spectrum_is_predicted_the_same_alone_and_among_others(fitted):
    data, part = fitted
    network, spectra = part.combined(np.ones(1)), data.rows.intensity.astype(np.float32)
    alone = np.concatenate([network_output(network, spectra[row : row + 1]) for row in range(48)])
    np.testing.assert_allclose(network_output(network, spectra), alone, rtol=0, atol=1e-12)
