"""Networks that predict how soon an event comes: what they learn, and what their probabilities are."""

import numpy as np
import pytest
from sklearn.base import clone

from spectra_dl.errors import DataError
from spectra_dl.spectra.estimators.outcomes.survival import (
    CoxNetwork,
    HazardNetwork,
    interval_ends,
    intervals_observed,
)
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.training.settings import TrainingSettings

AXIS = np.linspace(400, 1800, 80)
TIMES = np.array([0.1, 0.5, 1.0, 3.0])
KINDS = pytest.mark.parametrize("kind", [CoxNetwork, HazardNetwork])
TRAINING = TrainingSettings(epochs=40, batch_size=512, learning_rate=3e-3, device="cpu")


def study(patients=60, seed=0):
    """Return spectra whose band at 1000 raises the log hazard, times and events, and the patients."""
    generator = np.random.default_rng(seed)
    height = generator.normal(size=patients)
    died, left = generator.exponential(np.exp(-2 * height)), generator.exponential(4.0, patients)
    target = np.repeat(np.stack([np.minimum(died, left), died <= left], axis=1), 2, axis=0)
    rows = np.repeat(height, 2)[:, None] * np.exp(-(((AXIS - 1000) / 80) ** 2))
    rows = rows + 0.2 * generator.normal(size=rows.shape)
    return rows, target, np.repeat([f"p{at:02d}" for at in range(patients)], 2)


def model(kind, **settings):
    return kind(AXIS, Preprocessing(()), members=2, training=TRAINING, **settings)


@pytest.fixture(scope="module")
def fitted():
    rows, target, patient = study()
    return {kind: model(kind).fit(rows, target, groups=patient) for kind in (CoxNetwork, HazardNetwork)}


@KINDS
def test_the_risk_follows_the_band_in_patients_not_seen(fitted, kind):
    rows, _, _ = study(seed=1)
    height = rows[:, np.abs(AXIS - 1000) < 40].mean(axis=1)
    assert np.corrcoef(fitted[kind].predict(rows), height)[0, 1] > 0.7


@KINDS
def test_probabilities_fall_with_time_and_with_risk(fitted, kind):
    rows, _, _ = study(seed=1)
    without, risk = fitted[kind].predict_survival(rows, TIMES), fitted[kind].predict(rows)
    assert without.shape == (len(rows), 4)
    assert np.all((without >= 0) & (without <= 1))
    assert np.all(np.diff(without, axis=1) <= 0)
    # The hazards of intervals need not be proportional, so that curves may cross.
    assert np.corrcoef(risk, without[:, 2])[0, 1] < -0.7


def test_probabilities_of_a_cox_network_are_those_of_patients_not_seen(fitted):
    rows, target, _ = study(patients=300, seed=2)
    said = fitted[CoxNetwork].predict_survival(rows, np.array([0.7]))[:, 0].mean()
    came = 1 - np.mean((target[:, 0] <= 0.7) & (target[:, 1] > 0))
    assert said == pytest.approx(came, abs=0.12)


@KINDS
def test_the_same_seed_gives_the_same_risks(fitted, kind):
    rows, target, patient = study()
    again = clone(fitted[kind]).fit(rows, target, groups=patient)
    np.testing.assert_array_equal(again.predict(rows), fitted[kind].predict(rows))


@KINDS
def test_patients_are_needed(kind):
    rows, target, _ = study(patients=6)
    with pytest.raises(DataError, match="no patient ids"):
        model(kind).fit(rows, target)


def test_intervals_hold_as_many_events_each_and_count_who_was_seen_for_half_of_one():
    ends = interval_ends(np.arange(1.0, 17.0))
    assert len(ends) == 8
    assert ends[-1] == 16.0
    observed = intervals_observed(
        np.array([0.5, 16.0, 20.0, 1.0, 4.0]),
        np.array([True, True, False, False, True]),
        np.array([2.0, 6.0, 16.0]),
    )
    assert observed.tolist() == [[1.0, 1.0], [3.0, 1.0], [3.0, 0.0], [1.0, 0.0], [2.0, 1.0]]


def test_equal_times_leave_fewer_intervals():
    assert interval_ends(np.array([3.0] * 10)).tolist() == [3.0]
    assert interval_ends(np.zeros(10)).tolist() == [1.0]
