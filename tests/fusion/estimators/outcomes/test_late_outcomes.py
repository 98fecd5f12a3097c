"""Late fusion of a number and of a risk: blocks that are missing, shared fits, clinical columns with missing values."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from spectra_dl.errors import DataError
from spectra_dl.evaluation.outcomes.survival.pooled_cox import PooledCox
from spectra_dl.fusion.clinical.table import ClinicalColumn, ClinicalTable
from spectra_dl.fusion.estimators.blocks import BlockMemory
from spectra_dl.fusion.estimators.outcomes.blocks import fit_outcome_block
from spectra_dl.fusion.estimators.outcomes.clinical import ClinicalFeatures, clinical_cox, clinical_number
from spectra_dl.fusion.estimators.outcomes.late import LateNumber, LateRisk
from spectra_dl.fusion.simulation.outcome_study import FusionOutcomeSettings, simulate_fusion_outcome

PENALTIES = (1.0, 100.0)


@pytest.fixture(scope="module")
def numbers():
    return simulate_fusion_outcome(
        FusionOutcomeSettings(
            patients=120, spectra_per_patient=1, n_wavenumbers=16, explained=0.8, missing=0.2
        )
    )


@pytest.fixture(scope="module")
def followed():
    return simulate_fusion_outcome(
        FusionOutcomeSettings(
            patients=120, spectra_per_patient=1, n_wavenumbers=16, hazard_ratio=8, missing=0.2
        )
    )


def late_number(memory=None):
    return LateNumber([("clinical", clinical_number("ridge", 0)), ("spectra", Ridge(1.0))], memory=memory)


def late_risk(memory=None):
    return LateRisk(
        [("clinical", clinical_cox(0)), ("spectra", PooledCox(penalties=PENALTIES))], memory=memory
    )


def halves(study):
    rows, train = study.rows(features=True), np.arange(len(study.patients)) < 80
    return (
        rows[np.flatnonzero(train)],
        rows[np.flatnonzero(~train)],
        study.target[train],
        study.target[~train],
    )


def test_patients_who_lack_a_block_are_predicted_better_than_by_the_mean(numbers):
    train, test, known, truth = halves(numbers)
    predicted = late_number().fit(train, known).predict(test)
    assert np.corrcoef(predicted, truth)[0, 1] > 0.5
    nobody = test.only(["spectra"])[np.flatnonzero(~test.has("spectra"))]
    assert len(nobody) > 0
    alone = LateNumber([("spectra", Ridge(1.0))]).fit(train, known).predict(nobody)
    assert np.ptp(alone) == 0
    assert abs(alone[0] - known.mean()) < known.std()


def test_risks_and_probabilities_of_patients_who_lack_a_block(followed):
    train, test, known, truth = halves(followed)
    model = late_risk().fit(train, known)
    risk, curves = model.predict(test), model.predict_survival(test, np.array([6.0, 24.0, 48.0]))
    assert curves.shape == (len(test), 3)
    assert (np.diff(curves, axis=1) <= 0).all()
    soon = truth[:, 1] * (truth[:, 0] < np.median(truth[:, 0])) > 0
    assert risk[soon].mean() > risk[~soon].mean() + 0.3


@pytest.mark.parametrize("kind", ["numbers", "followed"])
def test_fits_that_are_shared_change_nothing(kind, request):
    train, test, known, _ = halves(request.getfixturevalue(kind))
    build = late_number if kind == "numbers" else late_risk
    memory = BlockMemory(fit_outcome_block)
    build(memory).fit(train, known)
    shared, alone = build(memory).fit(train, known), build().fit(train, known)
    np.testing.assert_array_equal(shared.predict(test), alone.predict(test))


def test_the_order_of_patients_changes_no_prediction(numbers):
    train, test, known, _ = halves(numbers)
    order = np.random.default_rng(0).permutation(len(train))
    one, other = late_number().fit(train, known), late_number().fit(train[order], known[order])
    np.testing.assert_allclose(one.predict(test), other.predict(test), rtol=0.2)


def test_too_few_patients_are_refused(numbers):
    few = numbers.rows(features=True)[np.arange(3)]
    with pytest.raises(DataError, match="none of the blocks has enough training patients"):
        late_number().fit(few, numbers.target[:3])


def test_what_nobody_in_training_has_changes_nothing():
    values = np.array([1.0, 2.0, np.nan, 4.0])
    known = ClinicalColumn("ward", "category", np.array([0.0, 1.0, 1.0, 0.0]), ("a", "b"))
    more = ClinicalColumn("ward", "category", known.values, ("a", "b", "c"))
    names, age = tuple("wxyz"), ClinicalColumn("age", "numeric", values)
    tables = [ClinicalTable(names, (age, column)) for column in (known, more)]
    features = [ClinicalFeatures().fit(table).transform(table) for table in tables]
    np.testing.assert_array_equal(*features)
    raw = ClinicalFeatures(filled=False).fit(tables[0]).transform(tables[0])
    assert np.isnan(raw[2, 0])
    boosted = clinical_number("gradient-boosting", 0).fit(tables[0], [1.0, 2.0, 3.0, 4.0])
    assert np.isfinite(boosted.predict(tables[0])).all()
