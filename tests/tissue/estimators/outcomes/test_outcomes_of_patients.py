"""Models of what comes of patients, from all images of each: on mean features, and by networks that pool."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from spectra_dl.errors import DataError
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.tissue.estimators.outcomes.models import number_models, survival_models
from spectra_dl.tissue.estimators.outcomes.patient_means import PatientMeans
from spectra_dl.tissue.estimators.outcomes.pooled import PooledNumber, PooledRisk
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, simulate_shares

TIMES = np.array([1.0, 12.0, 40.0])


def study(patients, seed):
    """Return images in bags, and the time and event of each one's patient."""
    drawn = simulate_shares(ShareStudySettings(patients, 1, 12, seed=seed, hazard_ratio=6.0))
    rows = BaggedFeatures(drawn.features().astype(np.float32), drawn.patient)
    number = np.array([drawn.patients.index(name) for name in drawn.patient])
    target = np.stack([drawn.followed.months, drawn.followed.event], axis=1)[number]
    return rows, target


@pytest.fixture(scope="module")
def known():
    return study(50, 3)


@pytest.fixture(scope="module")
def unseen():
    return study(120, 4)


@pytest.fixture(scope="module")
def network(known):
    rows, target = known
    return PooledRisk(members=2, seed=3).fit(rows, target, groups=rows.bag)


def c_index(risk, rows, target):
    _, first = np.unique(rows.bag_of_row, return_index=True)
    nothing = np.zeros((len(first), 0))
    time, event = target[first, 0], target[first, 1] > 0
    one = PredictedRisk(time, event, risk[first], nothing, TIMES, np.zeros(len(first), int))
    return float(concordance(one, np.ones((1, len(first))))[0])


def test_a_cox_regression_of_images_is_that_of_the_mean_features(known):
    rows, target = known
    _, first = np.unique(rows.bag_of_row, return_index=True)
    means = np.stack([rows.values[images].astype(float).mean(axis=0) for images in rows.bags.images])
    by_hand = PooledCox().fit(means, target[first], groups=rows.bags.name)
    model = PatientMeans(PooledCox()).fit(rows, target)
    np.testing.assert_allclose(model.predict(rows), by_hand.predict(means)[rows.bag_of_row], rtol=1e-9)
    survival = model.predict_survival(rows, TIMES)
    np.testing.assert_allclose(survival, by_hand.predict_survival(means, TIMES)[rows.bag_of_row], rtol=1e-9)
    assert model.chosen_.name == by_hand.chosen_.name
    assert PatientMeans(Ridge()).fit(rows, target[:, 0]).chosen_ is None


@pytest.mark.parametrize("name", ["Cox regression", "PCA-Cox"])
def test_the_risk_of_patients_not_seen_is_far_from_chance(known, unseen, name):
    model = survival_models()[name].fit(*known)
    rows, target = unseen
    assert c_index(model.predict(rows), rows, target) > 0.68


def test_every_image_has_its_patients_number(known, unseen):
    rows, target = known
    for name, model in number_models().items():
        if name == "random forest":
            continue
        answer = model.fit(rows, target[:, 0]).predict(unseen[0])
        for images in unseen[0].bags.images:
            assert np.ptp(answer[images]) == 0


def test_attention_is_far_from_chance_in_patients_not_seen(network, unseen):
    rows, target = unseen
    assert c_index(network.predict(rows), rows, target) > 0.68


def test_probabilities_fall_with_time_and_with_risk(network, unseen):
    rows = unseen[0]
    without, risk = network.predict_survival(rows, TIMES), network.predict(rows)
    assert np.all((without >= 0) & (without <= 1))
    assert np.all(np.diff(without, axis=1) <= 0)
    assert np.all(np.diff(without[np.argsort(risk), 1]) <= 0)


def test_a_patients_risk_does_not_depend_on_the_order_of_images_nor_on_other_patients(network, unseen):
    rows = unseen[0]
    some = np.flatnonzero(np.isin(rows.bag, rows.bags.name[:5]))
    shuffled = np.random.default_rng(0).permutation(some)
    np.testing.assert_allclose(
        network.predict(rows[shuffled]), network.predict(rows)[shuffled], rtol=1e-9, atol=1e-12
    )


def test_the_same_seed_gives_the_same_bytes(known):
    rows, target = known
    short = PooledNumber("mean-pooling", members=2, training=None, seed=1)
    first, again = (clone(short).fit(rows, target[:, 0], groups=rows.bag) for _ in range(2))
    np.testing.assert_array_equal(first.predict(rows), again.predict(rows))


def test_features_that_are_no_numbers_are_refused():
    rows = BaggedFeatures(np.full((8, 2), np.nan, np.float32), np.repeat(["a", "b", "c", "d"], 2))
    with pytest.raises(DataError, match="encode the images again"):
        PooledRisk().fit(rows, np.ones((8, 2)), groups=rows.bag)
