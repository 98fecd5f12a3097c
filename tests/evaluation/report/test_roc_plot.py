"""ROC curves for people's own figures."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.harness import evaluate
from spectra_dl.evaluation.classes.results import Evaluation, EvaluationSettings
from spectra_dl.evaluation.report.roc_plot import plot_roc

SETTINGS = EvaluationSettings(folds=2, resamples=100, permutations=100, refits=39, leaky=False)


def evaluated(classes: list[str]) -> Evaluation:
    n = 12 * len(classes)
    rows, label = np.random.default_rng(0).normal(size=(n, 3)), np.array(classes * 12)
    rows[label == classes[0]] += 1
    models = {"LR": LogisticRegression(), "$strong$": LogisticRegression(C=1e-3)}
    return evaluate(models, rows, label, [f"p{k}" for k in range(n)], SETTINGS)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluated(["sick", "well"])


def test_each_model_has_its_curve_and_its_auc_with_the_interval(evaluation: Evaluation) -> None:
    axes = Figure().subplots()
    assert plot_roc(evaluation, axes=axes) is axes
    _, first, second = axes.lines
    (curve,) = evaluation.models["LR"].curves.roc
    assert np.array_equal(first.get_xdata(), curve.false_positive_rate)
    assert np.array_equal(first.get_ydata(), curve.sensitivity)
    assert first.get_linestyle() != second.get_linestyle()
    auc = evaluation.models["LR"].patient_level["auc"]
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text() == f"LR, AUC {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]"


def test_models_are_chosen_by_name(evaluation: Evaluation) -> None:
    assert len(plot_roc(evaluation, ["$strong$"]).lines) == 2
    with pytest.raises(UsageError, match="no model 'SVM' in this evaluation; it has LR"):
        plot_roc(evaluation, ["SVM"])
    with pytest.raises(UsageError, match="7 models are more than can be distinguished"):
        plot_roc(evaluation, ["LR"] * 7)


def test_of_several_classes_one_model_is_drawn(evaluation: Evaluation) -> None:
    axes = plot_roc(evaluated(["a", "b", "c"]))
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a (LR)", "b (LR)", "c (LR)"]
