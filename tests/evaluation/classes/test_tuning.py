"""The choice among declared candidates."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.metrics import auc
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.tuning import Tuned


def study(signal=1.0, patients=40, replicates=3, seed=0):
    generator = np.random.default_rng(seed)
    patient = np.repeat([f"p{k:02d}" for k in range(patients)], replicates)
    code = np.repeat(np.arange(patients) % 2, replicates)
    rows = np.repeat(generator.normal(size=(patients, 5)), replicates, axis=0)
    rows += 0.05 * generator.normal(size=rows.shape)
    rows[:, 0] += signal * code
    return rows, np.array(["healthy", "sick"])[code], patient


def candidates():
    return {"by heart": KNeighborsClassifier(1), "C=1": LogisticRegression(), "prior": DummyClassifier()}


def test_the_choice_is_by_patients_so_learning_by_heart_does_not_win():
    rows, label, patient = study()
    tuned = Tuned(candidates()).fit(rows, label, groups=patient)
    assert tuned.chosen_.name == "C=1"
    expected = cross_val_predict(
        LogisticRegression(), rows, label, groups=patient, cv=GroupKFold(3), method="predict_proba"
    )
    assert tuned.chosen_.scores["C=1"] == pytest.approx(auc(label == "sick", expected[:, 1]), abs=0.08)
    assert tuned.chosen_.scores["prior"] < 0.6
    assert tuned.chosen_.scores["by heart"] < tuned.chosen_.scores["C=1"]
    np.testing.assert_array_equal(
        tuned.predict_proba(rows), LogisticRegression().fit(rows, label).predict_proba(rows)
    )


def test_of_equals_the_first_named_is_taken():
    same = {"first": DummyClassifier(), "second": DummyClassifier()}
    assert Tuned(same).fit(*study()[:2], groups=study()[2]).chosen_.name == "first"


class Honest(ClassifierMixin, BaseEstimator):
    """Offers out-of-fold probabilities itself, and counts its fits."""

    fits = 0

    def fit(self, X, y):
        type(self).fits += 1
        self.classes_ = np.unique(y)
        sick = np.asarray(y) == "sick"
        self.out_of_fold_probability_ = np.stack([~sick, sick], axis=1).astype(float)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_a_candidate_that_offers_out_of_fold_probabilities_is_fitted_once():
    Honest.fits = 0
    rows, label, patient = study()
    tuned = Tuned({**candidates(), "honest": Honest()}).fit(rows, label, groups=patient)
    assert tuned.chosen_.name == "honest"
    assert Honest.fits == 1


def test_a_copy_has_the_candidates_and_nothing_of_the_fit():
    rows, label, patient = study()
    again = clone(Tuned(candidates(), seed=3).fit(rows, label, groups=patient))
    assert list(again.candidates) == list(candidates())
    assert again.seed == 3
    assert not hasattr(again, "chosen_")


def test_each_outer_fold_chooses_anew_and_test_patients_have_no_say():
    rows, label, patient = study()
    settings = EvaluationSettings(resamples=100, permutations=100, leaky=False)
    before = evaluate({"tuned": Tuned(candidates())}, rows, label, patient, settings)
    fold = before.folds[1]
    changed = rows.copy()
    changed[fold.test] = np.random.default_rng(1).normal(size=(len(fold.test), 5)) * 50
    after = evaluate({"tuned": Tuned(candidates())}, changed, label, patient, settings, folds=before.folds)
    chosen = [result.models["tuned"].per_fold[1].chosen for result in (before, after)]
    assert chosen[0] == chosen[1]
    assert set(chosen[0].scores) == set(candidates())


def test_nothing_to_choose_from_and_nobody_to_choose_with_are_refused():
    rows, label, patient = study()
    with pytest.raises(UsageError, match="no candidates"):
        Tuned({}).fit(rows, label, groups=patient)
    with pytest.raises(UsageError, match="no patient ids"):
        Tuned(candidates()).fit(rows, label)
    with pytest.raises(DataError, match="only one training patient"):
        Tuned(candidates()).fit(rows[:6], label[:6], groups=patient[:6])
