"""Cox regression with a ridge: what it finds, how a penalty is chosen, and equality with another implementation."""

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.outcomes.survival.cox import fit_cox, log_partial_likelihood
from spectra_dl.evaluation.outcomes.survival.pooled_cox import KaplanMeierOnly, PooledCox

TIMES = np.array([0.2, 0.7, 1.5])


def study(seed=0, *, patients=150, features=4, coarse=False):
    """Return features of which the first doubles the log hazard, times and events."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(patients, features))
    died, left = generator.exponential(np.exp(-rows[:, 0])), generator.exponential(2.0, patients)
    time = np.minimum(died, left)
    return rows, np.ceil(4 * time) if coarse else time, died <= left


def test_the_hazard_ratio_and_the_baseline_are_found():
    rows, time, event = study(patients=2000)
    fitted = fit_cox(rows, time, event, 1e-6)
    np.testing.assert_allclose(fitted.coefficient, [1.0, 0.0, 0.0, 0.0], atol=0.1)
    baseline = fitted.survival(np.full(1, -fitted.centre @ fitted.coefficient), TIMES)[0]
    np.testing.assert_allclose(baseline, np.exp(-TIMES), atol=0.05)


def test_the_gradient_vanishes_at_the_answer():
    rows, time, event = study(coarse=True)
    fitted = fit_cox(rows, time, event, 3.0)

    def objective(coefficient):
        return log_partial_likelihood(rows @ coefficient, time, event) - 1.5 * coefficient @ coefficient

    best = objective(fitted.coefficient)
    for step in 1e-3 * np.vstack([np.eye(4), -np.eye(4)]):
        assert objective(fitted.coefficient + step) < best


def test_perfect_separation_ends_in_a_finite_answer():
    rows = np.arange(30.0)[:, None]
    fitted = fit_cox((rows - 14.5) / 9.0, 30.0 - rows[:, 0], np.ones(30, dtype=bool), 1e-3)
    assert 1.0 < fitted.coefficient[0] < 1000.0


@pytest.mark.parametrize("coarse", [False, True])
def test_coefficients_and_curves_equal_those_of_scikit_survival(coarse):
    linear_model = pytest.importorskip("sksurv.linear_model", reason="scikit-survival, of the extra test")
    from sksurv.util import Surv

    rows, time, event = study(coarse=coarse)
    fitted = fit_cox(rows, time, event, 3.0)
    other = linear_model.CoxPHSurvivalAnalysis(alpha=3.0, ties="breslow", tol=1e-12)
    other.fit(rows, Surv.from_arrays(event, time))
    np.testing.assert_allclose(fitted.coefficient, other.coef_, atol=1e-6)
    curves = np.array([curve(fitted.time) for curve in other.predict_survival_function(rows)])
    np.testing.assert_allclose(fitted.survival(fitted.risk(rows), fitted.time), curves, atol=1e-6)


def rows_of_patients(features, time, event, each=3):
    generator = np.random.default_rng(1)
    rows = np.repeat(features, each, axis=0) + 0.05 * generator.normal(size=(each * len(features), 4))
    patient = np.repeat([f"p{number:03d}" for number in range(len(features))], each)
    return rows, np.repeat(np.stack([time, event], axis=1), each, axis=0), patient


def test_a_patient_counts_once_however_many_rows_there_are():
    features, time, event = study()
    rows, target, patient = rows_of_patients(features, time, event)
    once = np.arange(0, len(rows), 3)
    means = rows.reshape(-1, 3, 4).mean(axis=1)
    many = PooledCox(penalties=(2.0,)).fit(rows, target, groups=patient)
    few = PooledCox(penalties=(2.0,)).fit(means, target[once], groups=patient[once])
    np.testing.assert_allclose(many.predict(means), few.predict(means), atol=1e-9)
    np.testing.assert_allclose(many.predict_survival(means, TIMES), few.predict_survival(means, TIMES))


def test_a_penalty_is_chosen_by_patients_left_out():
    rows, target, patient = rows_of_patients(*study())
    assert PooledCox(penalties=(1.0, 1e6)).fit(rows, target, groups=patient).chosen_.name == "penalty 1"
    noise = np.random.default_rng(5).normal(size=rows.shape)
    assert PooledCox(penalties=(1.0, 1e6)).fit(noise, target, groups=patient).chosen_.name == "penalty 1e+06"
    with pytest.raises(UsageError, match="at least one penalty"):
        PooledCox(penalties=()).fit(rows, target, groups=patient)


def test_more_features_than_patients_are_no_trouble():
    _, time, event = study(patients=40)
    wide = np.random.default_rng(0).normal(size=(40, 300))
    fitted = PooledCox().fit(wide, np.stack([time, event], axis=1))
    assert np.isfinite(fitted.predict(wide)).all()
    assert fitted.fit_.coefficient.shape == (300,)


def test_the_control_says_the_training_curve_of_everybody():
    features, time, event = study(patients=500)
    control = KaplanMeierOnly().fit(*rows_of_patients(features, time, event))
    said = control.predict_survival(features, TIMES)
    assert not control.predict(features).any()
    assert np.ptp(said, axis=0).max() == 0
    # Of a log hazard that is normal, without the event by .7: the mean of exp(-.7 exp(z)).
    assert said[0, 1] == pytest.approx(0.49, abs=0.06)
