"""A simulated study of necrosis has the shares that it says, on slides that differ."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.metrics import PredictedRisk, concordance
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, simulate_shares
from spectra_dl.tissue.study.simulate import write_share_study

MANY = ShareStudySettings(patients=40, slides=40, tiles=30, seed=1)


def necrotic_share(label):
    return (label == "necrotic").sum() / (label != "no tumour").sum()


def test_tiles_of_many_slides_have_the_share_of_their_patient():
    study = simulate_shares(MANY)
    seen = [necrotic_share(study.label[study.patient == name]) for name in study.patients]
    error = np.array(seen) - study.truth
    assert np.abs(error).max() < 0.12
    assert error.mean() == pytest.approx(0, abs=0.015)


def test_slides_of_a_patient_differ():
    study = simulate_shares(MANY)
    middle = study.patients[int(np.abs(study.truth - 0.5).argmin())]
    slides = sorted(set(study.slide[study.patient == middle]))
    assert np.std([necrotic_share(study.label[study.slide == name]) for name in slides]) > 0.1


def test_a_patient_shifts_what_stands_for_its_images():
    study = simulate_shares(replace(MANY, slides=4))
    code = np.unique(study.label.astype(str), return_inverse=True)[1]
    right = []
    for shift in (0.0, 1.0):
        features = study.features(patient_shift=shift)
        known = np.isin(study.patient.astype(str), study.patients[:30])
        model = LogisticRegression(max_iter=500).fit(features[known], code[known])
        right.append(model.score(features[~known], code[~known]))
    assert right[0] > 0.93
    assert right[1] < right[0] - 0.05


def test_the_same_seed_gives_the_same_study_and_another_one_another():
    small = ShareStudySettings(patients=3, slides=2, tiles=4, seed=5)
    first, again, other = (simulate_shares(each) for each in (small, small, replace(small, seed=6)))
    assert list(first.label) == list(again.label)
    np.testing.assert_array_equal(first.features(), again.features())
    pixels = [next(each.images()).pixels for each in (first, again)]
    np.testing.assert_array_equal(*pixels)
    assert not np.array_equal(first.truth, other.truth)


def test_what_is_written_is_read_with_its_places_and_truth(tmp_path):
    settings = ShareStudySettings(patients=2, slides=2, tiles=5, side=32)
    written = write_share_study(settings, tmp_path / "study")
    images = read_images(tmp_path / "study" / "images")
    np.testing.assert_array_equal(images.position, written.study.position)
    assert list(images.slide) == list(written.study.slide)
    assert set(images.mpp) == {0.5}
    truth = list(csv.DictReader((tmp_path / "study" / "truth.csv").read_text().splitlines()))
    assert [float(each["necrosis"]) for each in truth] == pytest.approx(written.study.truth, abs=1e-6)
    assert list(written.report["results"]["necrosis"]) == written.study.patients


def test_impossible_studies_are_refused():
    with pytest.raises(UsageError, match="one patient, slide and tile or more"):
        ShareStudySettings(slides=0)


def test_the_event_comes_sooner_where_there_is_less_necrosis_and_the_best_c_index_is_known():
    study = simulate_shares(replace(MANY, patients=4000, slides=1, tiles=1, hazard_ratio=4.0))
    followed, share = study.followed, study.truth
    assert followed.months[share < 0.2].mean() < followed.months[share > 0.8].mean()
    one = PredictedRisk(
        followed.months, followed.event, -share, np.zeros((4000, 0)), np.ones(1), np.zeros(4000, int)
    )
    assert concordance(one, np.ones((1, 4000)))[0] == pytest.approx(followed.best_c_index, abs=0.01)
    assert simulate_shares(replace(MANY, patients=5, hazard_ratio=1.0)).followed.best_c_index == 0.5


def test_times_change_nothing_else():
    bare, timed = (simulate_shares(replace(MANY, patients=3, hazard_ratio=ratio)) for ratio in (None, 4.0))
    np.testing.assert_array_equal(bare.label, timed.label)
    np.testing.assert_array_equal(bare.truth, timed.truth)
    assert bare.followed is None


def test_a_hazard_ratio_below_1_is_refused():
    with pytest.raises(UsageError, match="give 1 or more"):
        ShareStudySettings(hazard_ratio=0.5)
