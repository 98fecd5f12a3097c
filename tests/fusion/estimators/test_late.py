"""Late fusion: patients never cross, a missing block is no obstacle, and memory changes nothing."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from spectra_dl.errors import DataError
from spectra_dl.fusion.estimators.blocks import BlockMemory, fit_block, patient_logits
from spectra_dl.fusion.estimators.late import LateFusion
from spectra_dl.fusion.rows import FusionBlock, FusionRows

SEEN: list[tuple[str, set[float]]] = []


class Spy(ClassifierMixin, BaseEstimator):
    """Logistic regression that writes down whose rows it was given; the last column is the patient's number."""

    def fit(self, X, y):
        self.mine_ = set(X[:, -1].tolist())
        self.model_ = LogisticRegression().fit(X[:, :-1], y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        SEEN.append(("asked", self.mine_ & set(X[:, -1].tolist())))
        return self.model_.predict_proba(X[:, :-1])


def study(patients=40, rows=3, distance=1.0, seed=0, lack=0.25):
    """Return patients with two blocks of several rows, of which some lack one, and their classes."""
    generator = np.random.default_rng(seed)
    label = np.array(["sick", "well"])[np.arange(patients) % 2]
    blocks = []
    for name in ("first", "second"):
        have = np.flatnonzero(generator.random(patients) >= (lack if name == "second" else 0.0))
        owner = np.repeat(have, rows)
        shift = np.where(label == "sick", distance, -distance) / 2 + generator.normal(size=patients)
        values = generator.normal(size=(len(owner), 3)) + shift[owner, None]
        blocks.append(FusionBlock(name, np.column_stack([values, owner]), owner))
    return FusionRows(tuple(f"P{k:03}" for k in range(patients)), tuple(blocks)), label


def test_inner_models_never_saw_the_patients_they_are_asked_about():
    rows, label = study()
    SEEN.clear()
    LateFusion([("first", Spy()), ("second", Spy())]).fit(rows, label)
    assert len(SEEN) == 6  # three inner folds of each block
    assert all(not both for _, both in SEEN)


def test_a_verdict_comes_from_what_blocks_there_are():
    rows, label = study()
    model = LateFusion([("first", LogisticRegression()), ("second", LogisticRegression())]).fit(rows, label)
    lacking = np.flatnonzero(~rows.has("second"))
    logits = model.block_logits(rows)
    assert np.isnan(logits[1, lacking]).all()
    assert np.isfinite(model.predict_proba(rows)).all()
    assert (np.abs(model.says(rows)[1, lacking] - model.stack_.offset[1]) < 1e-12).all()


def test_random_classes_are_not_predicted_out_of_fold():
    scores = []
    for seed in range(6):
        rows, label = study(distance=0.0, seed=seed)
        model = LateFusion([("first", LogisticRegression()), ("second", LogisticRegression())]).fit(
            rows, label
        )
        scores.append(roc_auc_score(label == "well", model.out_of_fold_probability_[:, 1]))
    assert abs(np.mean(scores) - 0.5) < 0.12


def test_memory_changes_nothing():
    rows, label = study()
    blocks = [("first", LogisticRegression()), ("second", LogisticRegression())]
    memory = BlockMemory(fit_block)
    alone = LateFusion(blocks).fit(rows, label).predict_proba(rows)
    for _ in range(2):
        shared = clone(LateFusion(blocks, memory=memory)).fit(rows, label)
        np.testing.assert_array_equal(shared.predict_proba(rows), alone)
    other = LateFusion([("first", LogisticRegression(C=0.01))], memory=memory).fit(rows, label)
    assert not np.allclose(other.fitted_[0].unseen, shared.fitted_[0].unseen, equal_nan=True)


def test_a_block_of_one_class_says_nothing():
    rows, label = study()
    first, second = rows.blocks
    sick = np.flatnonzero((label == "sick")[second.owner])
    rows = FusionRows(rows.patients, (first, FusionBlock("second", second.rows[sick], second.owner[sick])))
    model = LateFusion([("first", LogisticRegression()), ("second", LogisticRegression())]).fit(rows, label)
    assert model.fitted_[1].model is None
    assert np.isfinite(model.predict_proba(rows)).all()
    with pytest.raises(DataError, match="none of the blocks"):
        LateFusion([("second", LogisticRegression())]).fit(rows, label)


def test_a_patients_logit_is_the_mean_over_rows():
    logits = patient_logits(np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]]), np.array([2, 2, 0]), 3)
    assert np.isnan(logits[1]).all()
    np.testing.assert_allclose(logits[2, 0] - logits[2, 1], np.log(9) / 2)
