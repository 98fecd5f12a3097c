"""Early fusion: one network on all blocks, of which a patient may lack some."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from spectra_dl.fusion.clinical import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.estimators.clinical import ClinicalClassifier
from spectra_dl.fusion.estimators.early import EarlyFusion
from spectra_dl.fusion.rows import FusionBlock, FusionRows
from spectra_dl.training.settings import TrainingSettings

pytestmark = pytest.mark.xdist_group("early fusion")

BLOCKS = [("clinical", ClinicalClassifier()), ("second", LogisticRegression())]
SHORT = TrainingSettings(epochs=10, least_steps=60, learning_rate=1e-2)


def study(seed):
    """Return 60 patients, of whom some lack a block, and their classes."""
    generator = np.random.default_rng(seed)
    truth, names = np.arange(60) % 2, tuple(f"P{k:02}" for k in range(60))
    age = generator.normal(size=60) + 1.5 * truth
    table = ClinicalTable(
        names, (ClinicalColumn("age", "numeric", np.where(np.arange(60) % 9, age, np.nan)),)
    )
    have = np.flatnonzero(generator.random(60) > 0.3)
    second = generator.normal(size=(len(have), 3)) + 1.5 * truth[have, None]
    blocks = (FusionBlock("clinical", table, np.arange(60)), FusionBlock("second", second, have))
    return FusionRows(names, blocks), np.array(["well", "sick"])[truth]


@pytest.fixture(scope="module")
def fitted():
    return EarlyFusion(BLOCKS, training=SHORT).fit(*study(0))


def test_it_learns_from_both_blocks_and_predicts_whoever_lacks_one(fitted):
    rows, label = study(1)
    probability = fitted.predict_proba(rows)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert roc_auc_score(label == "well", probability[:, 1]) > 0.8
    assert roc_auc_score(study(0)[1] == "well", fitted.out_of_fold_probability_[:, 1]) > 0.8


def test_the_same_seed_gives_the_same_network(fitted):
    again = EarlyFusion(BLOCKS, training=SHORT).fit(*study(0))
    rows, _ = study(1)
    np.testing.assert_array_equal(again.predict_proba(rows), fitted.predict_proba(rows))


def test_a_patient_is_predicted_as_among_others(fitted):
    rows, _ = study(1)
    alone, among = fitted.predict_proba(rows[np.array([7])])[0], fitted.predict_proba(rows)[7]
    np.testing.assert_allclose(
        alone, among, rtol=1e-12
    )  # torch adds in another order for one row on some processors


def test_a_level_of_a_test_patient_moves_nobody_else_by_a_bit():
    rows, label = study(0)
    towns = np.arange(60) % 2 + 0.0
    train, test = np.arange(40), np.arange(40, 60)

    def predicted(codes, levels):
        table = rows.block("clinical").rows
        town = ClinicalColumn("town", "category", codes, levels)
        block = FusionBlock("clinical", ClinicalTable(table.patients, (*table.columns, town)), np.arange(60))
        both = FusionRows(rows.patients, (block, rows.block("second")))
        training = TrainingSettings(epochs=1, least_steps=2)
        return EarlyFusion(BLOCKS, training=training).fit(both[train], label[train]).predict_proba(both[test])

    moved = towns + 1
    moved[50] = 0
    before, after = predicted(towns, ("Bonn", "Wien")), predicted(moved, ("Aachen", "Bonn", "Wien"))
    others = np.flatnonzero(test != 50)
    assert before[others].tobytes() == after[others].tobytes()
