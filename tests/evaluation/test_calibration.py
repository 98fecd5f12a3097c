"""One temperature on out-of-fold patients."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from spectra_dl.errors import DataError
from spectra_dl.evaluation.calibration import fit_temperature
from spectra_dl.evaluation.metrics import calibration_error


def overconfident(factor, n_classes=3):
    """Return logits ``factor`` times too large, and classes drawn from the honest ones."""
    generator = np.random.default_rng(0)
    honest = generator.normal(size=(4000, n_classes)) * 2
    truth = np.array([generator.choice(n_classes, p=row) for row in softmax(honest, axis=1)])
    return honest * factor, truth


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_overconfidence(factor):
    assert fit_temperature(*overconfident(factor)) == pytest.approx(factor, rel=0.06)


def test_no_other_temperature_is_likelier():
    logits, truth = overconfident(2.0)
    logits, truth = logits[:50], truth[:50]

    def surprise(temperature):
        return -log_softmax(logits / temperature, axis=1)[np.arange(50), truth].mean()

    best = surprise(fit_temperature(logits, truth))
    assert all(best <= surprise(other) + 1e-12 for other in np.linspace(0.06, 19, 500))


def test_the_calibration_error_falls():
    logits, truth = overconfident(3.0)
    temperature = fit_temperature(logits, truth)
    before, after = softmax(logits, axis=1), softmax(logits / temperature, axis=1)
    assert calibration_error(truth, after) < 0.3 * calibration_error(truth, before)


def test_faultless_patients_give_the_lower_end():
    assert fit_temperature(np.array([[5.0, 0.0], [0.0, 5.0]]), np.array([0, 1])) == pytest.approx(
        0.05, rel=1e-3
    )


@pytest.mark.parametrize(
    ("logits", "truth", "sentence"),
    [
        (np.array([[np.nan, 0.0]]), np.array([0]), "not finite"),
        (np.zeros((2, 2)), np.array([0]), "for 1 patients"),
        (np.zeros((0, 2)), np.array([], dtype=int), "for 0 patients"),
    ],
)
def test_unusable_logits_are_refused(logits, truth, sentence):
    with pytest.raises(DataError, match=sentence):
        fit_temperature(logits, truth)
