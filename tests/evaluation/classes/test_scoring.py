"""Predictions made elsewhere, scored as our own."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.evaluation.classes.scoring import score_predictions

SETTINGS = EvaluationSettings(resamples=300, permutations=300)
RANDOM = np.random.default_rng(5)
PATIENT = np.repeat([f"p{k:02d}" for k in range(40)], 3)
SICK = np.repeat(np.arange(40) % 2, 3)
LABEL = np.where(SICK == 1, "sick", "healthy")


def simulated(strength: float) -> np.ndarray:
    """Probabilities that know the class to some degree."""
    p = 1 / (1 + np.exp(-(strength * (SICK - 0.5) + RANDOM.normal(size=SICK.size))))
    return np.stack([1 - p, p], axis=1)


def test_figures_are_those_of_scikit_learn_on_the_patients_mean_log_odds() -> None:
    probability = simulated(1.5)
    score = score_predictions({"a": probability}, LABEL, PATIENT, SETTINGS).scores["a"]
    log_odds = np.log(probability[:, 1] / probability[:, 0]).reshape(40, 3).mean(axis=1)
    pooled, truth = 1 / (1 + np.exp(-log_odds)), SICK[::3]
    assert score.patient_level["auc"].value == pytest.approx(roc_auc_score(truth, pooled), abs=1e-12)
    assert score.patient_level["balanced_accuracy"].value == pytest.approx(
        balanced_accuracy_score(truth, pooled >= 0.5), abs=1e-12
    )
    assert score.row_level["auc"].value == pytest.approx(roc_auc_score(SICK, probability[:, 1]), abs=1e-12)
    assert score.patient_level["auc"].low < score.patient_level["auc"].value < score.patient_level["auc"].high


def test_good_predictions_are_distinguished_from_chance_and_from_each_other() -> None:
    scoring = score_predictions({"good": simulated(4), "chance": simulated(0)}, LABEL, PATIENT, SETTINGS)
    assert scoring.scores["good"].permutation_p < 0.01
    assert scoring.scores["chance"].permutation_p > 0.05
    auc = next(difference for difference in scoring.differences if difference.metric == "auc")
    assert (auc.model, auc.reference) == ("chance", "good")
    assert auc.interval.high < 0


def test_the_order_of_rows_changes_nothing() -> None:
    probability = simulated(1)
    order = RANDOM.permutation(len(probability))
    scoring = score_predictions({"a": probability}, LABEL, PATIENT, SETTINGS)
    reordered = score_predictions({"a": probability[order]}, LABEL[order], PATIENT[order], SETTINGS)
    for metric, interval in scoring.scores["a"].patient_level.items():
        assert reordered.scores["a"].patient_level[metric].value == pytest.approx(
            interval.value, abs=1e-12, nan_ok=True
        )


@pytest.mark.parametrize(
    "wrong",
    [simulated(1)[:, :1], simulated(1)[:-1], 2 * simulated(1), -simulated(1), np.full((120, 2), np.nan)],
)
def test_what_is_no_probability_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"a: not one probability .*\(healthy, sick\)"):
        score_predictions({"a": wrong}, LABEL, PATIENT, SETTINGS)


def test_no_predictions_are_refused() -> None:
    with pytest.raises(UsageError, match="no predictions"):
        score_predictions({}, LABEL, PATIENT, SETTINGS)
