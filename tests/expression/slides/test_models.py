"""Models of slides learn what tiles say of simulated patients, the same bytes each time, and controls learn nothing."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.slides.mean_ridge import MeanFeaturesRidge, SlideFactsRidge
from spectra_dl.expression.estimators.slides.names import POOLINGS, chosen_slide_models
from spectra_dl.expression.estimators.slides.pooled import PooledExpression
from spectra_dl.expression.simulation.slide_study import SlideStudySimulation, simulate_slides
from spectra_dl.training.settings import TrainingSettings

QUICK = TrainingSettings(epochs=10, least_steps=60, batch_size=8, learning_rate=3e-3)
TRAIN, TEST = np.arange(40), np.arange(40, 60)


@pytest.fixture(scope="module")
def slides():
    return simulate_slides(
        SlideStudySimulation(patients=60, tiles=20, genes=12, width=8, programs=2, between=1.0)
    )


def reached(model, slides):
    measured = slides.profiles.values
    predicted = model.fit(slides.rows[TRAIN], measured[TRAIN]).predict(slides.rows[TEST])
    return np.mean([np.corrcoef(predicted[:, at], measured[TEST, at])[0, 1] for at in range(12)])


def test_ridge_is_scikit_learns_on_mean_features(slides):
    model = MeanFeaturesRidge().fit(slides.rows[TRAIN], slides.profiles.values[TRAIN])
    bags = slides.rows.bags
    means = np.stack([bags.values[images].astype(float).mean(axis=0) for images in bags.images])
    scaled = (means - means[TRAIN].mean(axis=0)) / means[TRAIN].std(axis=0)
    # The penalty is relative to the mean squared length of a row.
    strength = model.penalty_ * np.square(scaled[TRAIN]).sum() / len(TRAIN)
    oracle = Ridge(alpha=strength).fit(scaled[TRAIN], slides.profiles.values[TRAIN])
    np.testing.assert_allclose(model.predict(slides.rows[TEST]), oracle.predict(scaled[TEST]), rtol=1e-8)


def test_ridge_reaches_what_the_tiles_say_and_facts_of_slides_do_not(slides):
    ceiling = slides.ceiling.mean()
    assert reached(MeanFeaturesRidge(), slides) > 0.85 * ceiling
    assert abs(reached(SlideFactsRidge(), slides)) < 0.35


@pytest.mark.parametrize("pooling", list(POOLINGS))
def test_networks_learn_and_repeat_themselves(slides, pooling):
    model = PooledExpression(pooling, 2, training=QUICK)
    assert reached(model, slides) > 0.7 * slides.ceiling.mean()
    again = clone(model).fit(slides.rows[TRAIN], slides.profiles.values[TRAIN])
    np.testing.assert_array_equal(again.predict(slides.rows[TEST]), model.predict(slides.rows[TEST]))


def test_a_gene_that_does_not_vary_is_predicted_as_it_is(slides):
    values = slides.profiles.values[:10, :2].copy()
    values[:, 1] = 5.0
    predicted = PooledExpression(training=QUICK, members=2).fit(slides.rows[np.arange(10)], values)
    np.testing.assert_allclose(predicted.predict(slides.rows[TEST])[:, 1], 5.0, atol=1.0)


def test_the_ceiling_of_the_simulator_is_reached_by_who_knows_the_tiles(slides):
    expected = [np.corrcoef(slides.expected[:, at], slides.profiles.values[:, at])[0, 1] for at in range(12)]
    np.testing.assert_allclose(slides.ceiling, expected)
    assert simulate_slides().rows.bags.name[0] == "SIM001"


def test_an_unknown_model_is_refused():
    with pytest.raises(UsageError, match="no model of slides is called 'cnn'"):
        chosen_slide_models(["ridge", "cnn"])


@pytest.mark.parametrize("wrong", [{"patients": 4}, {"width": 1}, {"depth": 0.0}, {"tiles": 1}])
def test_impossible_studies_are_refused(wrong):
    with pytest.raises(UsageError, match="simulated slides have"):
        SlideStudySimulation(**wrong)
