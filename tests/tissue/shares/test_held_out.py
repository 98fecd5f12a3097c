"""Shares of held-out patients stand beside the true ones."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.shares.held_out import held_out_shares
from spectra_dl.tissue.shares.share_classes import ShareClasses
from spectra_dl.tissue.simulation.share_study import ShareStudySettings, simulate_shares
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.settings import TissueStudySettings

CLASSES = ["necrotic", "no tumour", "viable"]
ASKED = ShareClasses("necrotic", "viable")
QUICK = EvaluationSettings(resamples=200, permutations=100, refits=39, leaky=False)


@pytest.fixture(scope="module")
def cohort():
    study = simulate_shares(ShareStudySettings(patients=20, slides=3, tiles=25, seed=2))
    names = text_array([f"{number}.png" for number in range(len(study.label))])
    return labelled_images(
        TissueImages(Path("none"), names, study.label, study.patient, study.slide), label_per_sample=True
    )


def predictions(cohort, mistaken=0.0):
    """Classes that a model decides which takes so much of what is viable for necrotic."""
    generator = np.random.default_rng(0)
    code = np.array([CLASSES.index(name) for name in cohort.label])
    return np.where((code == 2) & (generator.uniform(size=len(code)) < mistaken), 0, code)


def test_a_model_that_mistakes_nothing_has_no_error(cohort):
    shares = held_out_shares(cohort, ASKED, predictions(cohort), resamples=200, seed=0)
    assert shares.figures["mean_absolute_error"].value == pytest.approx(0, abs=1e-9)
    assert shares.figures["coverage"].value == 1
    assert len(shares.patient) == len(set(cohort.subject)) == 20


def test_mistakes_that_patients_share_are_taken_out(cohort):
    figures = held_out_shares(cohort, ASKED, predictions(cohort, 0.4), resamples=200, seed=0).figures
    assert figures["mean_absolute_error_counted"].value > 0.1
    assert figures["mean_absolute_error"].value < 0.6 * figures["mean_absolute_error_counted"].value
    error = figures["mean_absolute_error"]
    assert error.low < error.value < error.high


def test_the_truth_is_of_labelled_images(cohort):
    shares = held_out_shares(cohort, ASKED, predictions(cohort, 0.1), resamples=200, seed=0)
    own = cohort.label[np.array(cohort.subject) == shares.patient[3]]
    assert shares.truth[3] == pytest.approx((own == "necrotic").sum() / (own != "no tumour").sum())
    answers = shares.json()["answers"]
    assert sum(answers["at_least_90"].values()) == (shares.truth >= 0.9).sum()


def test_an_evaluation_states_shares_in_report_text_and_page(images):
    settings = TissueStudySettings(models=("logistic",), folds=3, share="necrotic/viable", evaluation=QUICK)
    result = evaluate_study(images, settings)
    report = json.loads(json.dumps({"command": ["x"], **result.report}, allow_nan=False))
    shares = report["results"]["shares"]
    assert list(shares["models"]) == ["logistic regression"]
    assert set(shares["models"]["logistic regression"]["patients"]) == set(images.patient)
    assert "Share necrotic / (necrotic + viable) of 6 patients nobody was trained on" in result.text()
    page = result.files(report)["report.html"]
    assert "Shares of held-out patients" in page


def test_without_a_share_nothing_of_it_is_written(images):
    result = evaluate_study(images, TissueStudySettings(models=("logistic",), folds=3, evaluation=QUICK))
    assert "shares" not in result.report["results"]
    page = result.files(json.loads(json.dumps({"command": ["x"], **result.report})))["report.html"]
    assert "Shares of held-out patients" not in page


def test_a_share_of_no_two_classes_is_refused_before_anything_is_encoded(images):
    nowhere = replace(images, folder=Path("nowhere"))
    with pytest.raises(UsageError, match="name two classes"):
        evaluate_study(nowhere, TissueStudySettings(share="necrotic", evaluation=QUICK))
