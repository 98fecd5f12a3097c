"""Simulated bags hold what they say, and their best AUC is what who knows the carrying images reaches."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import UsageError
from spectra_dl.tissue.simulation.bag_study import BagStudySettings, simulate_bags

SETTINGS = BagStudySettings(patients=20, images=30)


@pytest.mark.parametrize("carrying", [0.1, 0.5, 1.0])
def test_the_share_that_carries_the_class_is_the_one_asked_for(carrying):
    study = simulate_bags(replace(SETTINGS, carrying=carrying))
    for images in study.rows.bags.images:
        assert study.carries[images].mean() == pytest.approx(carrying, abs=0.5 / len(images) + 1e-9)


@pytest.mark.parametrize("carrying", [0.1, 1.0])
def test_the_best_auc_is_reached_by_who_knows_the_carrying_images(carrying):
    study = simulate_bags(replace(SETTINGS, patients=3000, images=20, width=4, carrying=carrying))
    assert roc_auc_score(study.positive, study.known) == pytest.approx(study.best_auc, abs=0.01)


def test_carrying_images_are_marked_in_both_classes_alike():
    study = simulate_bags(replace(SETTINGS, patients=200, between=0.0, effect=0.0))
    values = np.asarray(study.rows)
    apart = values[study.carries].mean(axis=0) - values[~study.carries].mean(axis=0)
    assert np.linalg.norm(apart) == pytest.approx(SETTINGS.marker, abs=0.3)
    for name in ("positive", "negative"):
        of_class = study.carries & (study.label == name)
        np.testing.assert_allclose(
            values[of_class].mean(axis=0), values[study.carries].mean(axis=0), atol=0.25
        )


def test_classes_and_labels_go_together():
    study = simulate_bags(SETTINGS)
    bags = study.rows.bags
    assert len(bags) == 20
    for images, positive in zip(bags.images, study.positive, strict=True):
        assert set(study.label[images]) == {"positive" if positive else "negative"}
        assert len(set(study.patient[images])) == 1


def test_the_same_seed_gives_the_same_study():
    first, second, other = (simulate_bags(replace(SETTINGS, seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.rows.values, second.rows.values)
    assert not np.array_equal(first.rows.values[:50], other.rows.values[:50])


@pytest.mark.parametrize("wrong", [{"carrying": 0.0}, {"carrying": 1.5}, {"patients": 1}, {"width": 1}])
def test_what_can_not_be_simulated_is_refused(wrong):
    with pytest.raises(UsageError):
        replace(SETTINGS, **wrong)
