"""Networks that predict a number: what they learn, and that they learn it from training patients alone."""

import numpy as np
import pytest
from sklearn.base import clone

from spectra_dl.errors import DataError
from spectra_dl.spectra.estimators.outcomes.network import NumberNetwork
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.training.settings import TrainingSettings

AXIS = np.linspace(400, 1800, 80)
BARE = Preprocessing(())


def study(patients=30, seed=0):
    """Return spectra whose band at 1000 is as high as the patient's number, the numbers, and the patients."""
    generator = np.random.default_rng(seed)
    value = np.repeat(generator.uniform(100, 140, patients), 2)
    band = np.exp(-(((AXIS - 1000) / 80) ** 2))
    rows = (value[:, None] - 120) / 10 * band + 0.2 * generator.normal(size=(len(value), AXIS.size))
    return rows, value, np.repeat([f"p{at:02d}" for at in range(patients)], 2)


def model(**settings):
    return NumberNetwork(
        AXIS, BARE, members=3, training=TrainingSettings(epochs=80, device="cpu"), **settings
    )


@pytest.fixture(scope="module")
def fitted():
    rows, value, patient = study()
    return model().fit(rows, value, groups=patient)


def test_a_number_is_predicted_in_its_unit_for_patients_not_seen(fitted):
    rows, value, _ = study(seed=1)
    predicted = fitted.predict(rows)
    assert np.corrcoef(predicted, value)[0, 1] > 0.9
    assert abs(predicted.mean() - value.mean()) < 5


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(fitted):
    rows, value, patient = study()
    again = clone(fitted).fit(rows, value, groups=patient)
    np.testing.assert_array_equal(again.predict(rows), fitted.predict(rows))
    other = model(seed=1).fit(rows, value, groups=patient)
    assert not np.array_equal(other.predict(rows), fitted.predict(rows))


def test_members_are_fewer_with_few_patients_and_one_with_three(fitted):
    assert len(fitted.members_) == 3
    rows, value, patient = study(patients=3)
    lone = NumberNetwork(AXIS, BARE, training=TrainingSettings(epochs=1, device="cpu"))
    assert len(lone.fit(rows, value, groups=patient).members_) == 1
    assert np.isfinite(lone.predict(rows)).all()


def test_patients_are_needed():
    rows, value, _ = study()
    with pytest.raises(DataError, match="no patient ids"):
        model().fit(rows, value)
