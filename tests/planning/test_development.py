"""The criteria of Riley et al. give the numbers that they published."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import UsageError
from spectra_dl.planning.development import development_size, r_squared_of


def test_the_published_example_of_the_program_is_reproduced():
    """The help of pmsampsize: R² .288, 24 parameters, prevalence .174."""
    size = development_size(0.288, 0.174, 24)
    assert (size.shrinkage, size.optimism, size.overall_risk, size.patients) == (623, 662, 221, 662)


def test_the_example_of_pre_eclampsia_is_reproduced():
    """Riley et al. 2020: R² .05, 30 parameters, prevalence .05: 5,249 patients, 263 of them with the outcome."""
    size = development_size(0.05, 0.05, 30)
    assert size.patients == size.shrinkage == 5249
    assert round(size.patients * 0.05) in (262, 263)
    assert size.overall_risk == 73


@pytest.mark.parametrize(("auc", "prevalence"), [(0.78, 0.2), (0.89, 0.174), (0.65, 0.5)])
def test_r_squared_of_an_auc_is_that_of_a_simulated_predictor(auc, prevalence):
    """The published program simulates a normal predictor in both classes; so does this, with scikit-learn."""
    from scipy.stats import norm

    generator = np.random.default_rng(1)
    ill = generator.random(300_000) < prevalence
    predictor = generator.normal(size=len(ill)) + ill * np.sqrt(2) * norm.ppf(auc)
    model = LogisticRegression(C=np.inf).fit(predictor[:, None], ill)
    logit = predictor * model.coef_[0, 0] + model.intercept_[0]
    fitted = np.log(np.where(ill, expit(logit), expit(-logit))).mean()
    null = np.log(np.where(ill, ill.mean(), 1 - ill.mean())).mean()
    assert r_squared_of(auc, prevalence) == pytest.approx(1 - np.exp(2 * (null - fitted)), abs=0.003)


def test_a_c_statistic_of_78_gives_what_the_program_prints_within_a_hundredth():
    """C .78, prevalence .2, 30 parameters: R² .158 and 1,556 patients, from its simulation."""
    found = r_squared_of(0.78, 0.2)
    assert found == pytest.approx(0.158, abs=0.002)
    assert development_size(found, 0.2, 30).patients == pytest.approx(1556, rel=0.01)


def test_more_parameters_and_a_weaker_effect_need_more_patients():
    assert development_size(0.2, 0.3, 20).patients > development_size(0.2, 0.3, 10).patients
    assert development_size(0.1, 0.3, 20).patients > development_size(0.2, 0.3, 20).patients


@pytest.mark.parametrize(
    "values", [(0.9, 0.5, 10), (0.0, 0.5, 10), (0.2, 0.0, 10), (0.2, 0.5, 0), (0.4, 0.05, 10)]
)
def test_what_is_impossible_is_refused(values):
    with pytest.raises(UsageError):
        development_size(*values)


@pytest.mark.parametrize("auc", [0.5, 1.0, 0.3])
def test_an_auc_without_an_effect_has_no_r_squared(auc):
    with pytest.raises(UsageError, match=r"above \.5"):
        r_squared_of(auc, 0.5)
