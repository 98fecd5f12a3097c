"""Images are evaluated by patient, beside what splits by slide and by image would claim."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.folds.splits import undivided_folds
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.settings import TissueStudySettings

pytestmark = pytest.mark.xdist_group("tissue evaluation")

QUICK = EvaluationSettings(resamples=200, permutations=100, refits=39)
LOGISTIC = TissueStudySettings(models=("logistic",), evaluation=QUICK)


@pytest.fixture(scope="module")
def evaluated(images):
    return evaluate_study(images, replace(LOGISTIC, split_by="patient"))


def test_a_patient_is_left_out_at_a_time(images, evaluated):
    folds = evaluated.evaluation.folds
    assert [fold.left_out for fold in folds] == sorted(set(images.patient))
    for fold in folds:
        assert set(images.patient[fold.test]) == {fold.left_out}


def test_scores_are_those_of_scikit_learn_on_the_same_folds(images, evaluated):
    features = encode_images(images, ["colour-texture"]).values
    label = images.label.astype(str)
    predicted = np.empty_like(label)
    for name in set(images.patient):
        test = images.patient == name
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000, class_weight="balanced"))
        predicted[test] = model.fit(features[~test], label[~test]).predict(features[test])
    result = evaluated.evaluation.models["logistic regression"]
    assert result.row_level["balanced_accuracy"].value == pytest.approx(
        balanced_accuracy_score(label, predicted)
    )


def test_leaky_estimates_are_those_of_scikit_learn_on_folds_that_keep_slides(images, evaluated):
    features, label = encode_images(images, ["colour-texture"]).values, images.label.astype(str)
    code = np.unique(label, return_inverse=True)[1]
    predicted = np.empty_like(label)
    for fold in undivided_folds(images.slide, code, folds=6, seed=0):
        assert not set(images.slide[fold.train]) & set(images.slide[fold.test])
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000, class_weight="balanced"))
        predicted[fold.test] = model.fit(features[fold.train], label[fold.train]).predict(features[fold.test])
    claimed = evaluated.evaluation.models["logistic regression"].leaky_by["slide"]["balanced_accuracy"]
    assert claimed == pytest.approx(balanced_accuracy_score(label, predicted))


def test_text_and_page_say_what_leaky_splits_would_claim(evaluated):
    report = {"command": ["x"], **evaluated.report}
    page = evaluated.files(json.loads(json.dumps(report, allow_nan=False)))["report.html"]
    assert "split by <bdi>slide</bdi>" in page
    assert "What splits that divide patients would claim" in page
    assert "by slide" in evaluated.text()
    assert not {"spectrum", "spectra", "tile", "spot"} & {
        word.strip(".,;:") for word in (page + evaluated.text()).split()
    }


def test_no_claim_is_made_where_none_is_wanted(images):
    evaluation = evaluate_study(images, replace(LOGISTIC, folds=3, evaluation=replace(QUICK, leaky=False)))
    result = evaluation.evaluation.models["logistic regression"]
    assert result.leaky is None
    assert result.leaky_by == {}
    assert "as splits that divide patients would claim" not in evaluation.text()


def test_five_folds_where_there_are_patients_enough_and_one_at_a_time_where_not(images):
    six = evaluate_study(images, LOGISTIC)
    assert len(six.evaluation.folds) == 5
    few = images[np.isin(images.patient.astype(str), ["SIM01", "SIM02", "SIM03"])]
    three = evaluate_study(few, LOGISTIC)
    assert [fold.left_out for fold in three.evaluation.folds] == ["SIM01", "SIM02", "SIM03"]
    assert "one patient at a time is left out" in three.cohort.notes[-1]


def test_the_network_is_evaluated_by_patient_too(of_patients):
    settings = TissueStudySettings(
        models=("mlp",), members=2, folds=2, evaluation=replace(QUICK, leaky=False)
    )
    result = evaluate_study(of_patients, settings).evaluation.models["MLP"]
    assert result.kind == "network"
    assert result.patient_level["auc"].value > 0.8


def test_classes_at_random_are_not_found(of_patients):
    generator = np.random.default_rng(5)
    names = sorted(set(of_patients.patient))
    drawn = dict(zip(names, generator.permutation(["a", "b"] * 6), strict=True))
    label = np.array([drawn[name] for name in of_patients.patient], dtype=object)
    result = evaluate_study(replace(of_patients, label=label), replace(LOGISTIC, folds=3))
    logistic = result.evaluation.models["logistic regression"]
    assert logistic.chance.verdict == "not distinguishable"
    assert logistic.leaky["auc"] > 0.6


def test_a_column_that_is_not_there_is_refused(images):
    with pytest.raises(UsageError, match="--split-by 'ward': there is no such column; there are patient"):
        evaluate_study(images, replace(LOGISTIC, split_by="ward"))


def test_one_patient_at_a_time_is_left_out_in_one_way_only(images):
    few = images[np.isin(images.patient.astype(str), ["SIM01", "SIM02", "SIM03"])]
    with pytest.raises(UsageError, match="in one way only; leave --repeats out"):
        evaluate_study(few, replace(LOGISTIC, evaluation=replace(QUICK, repeats=2)))
