"""ROC curves of an evaluation, for people who write their own figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.results import Evaluation, ModelResult
from spectra_dl.evaluation.report.axes import given_or_new, legend_of, line_style, unit_square
from spectra_dl.evaluation.report.colours import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_roc(
    evaluation: Evaluation, models: Sequence[str] | None = None, *, axes: "Axes | None" = None
) -> "Axes":
    """Draw sensitivity against the false positive rate of patients the models never saw.

    Parameters
    ----------
    evaluation
        From `spectra_dl.evaluate`.
    models
        Their names; None draws the first six. With more than two classes one model's curves are drawn, each class against the rest.
    axes
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        A model that guesses lies on its dotted line.

    Raises
    ------
    UsageError
        The evaluation has no model of a name, or more models are named than can be distinguished.

    Examples
    --------
    >>> import numpy as np
    >>> import spectra_dl as sdl
    >>> from sklearn.linear_model import LogisticRegression
    >>> rows, label = np.random.default_rng(0).normal(size=(40, 3)), np.array(["sick", "well"] * 20)
    >>> rows[::2] += 2
    >>> settings = sdl.EvaluationSettings(resamples=200, permutations=200, leaky=False)
    >>> axes = plot_roc(sdl.evaluate({"LR": LogisticRegression()}, rows, label, [f"p{k}" for k in range(40)], settings))
    >>> axes.get_legend().get_texts()[0].get_text()[:7]
    'LR, AUC'
    """
    chosen = list(evaluation.models)[: len(COLOURS)] if models is None else list(models)
    unknown = [name for name in chosen if name not in evaluation.models]
    if unknown:
        raise UsageError(
            f"no model {unknown[0]!r:.60} in this evaluation; it has {', '.join(evaluation.models)}"
        )
    if len(chosen) > len(COLOURS):
        raise UsageError(
            f"{len(chosen)} models are more than can be distinguished; name at most {len(COLOURS)}"
        )
    drawn = [evaluation.models[name] for name in chosen]
    if drawn and len(drawn[0].curves.roc) > 1:
        drawn = drawn[:1]
    axes = given_or_new(axes, 4.8, 4.6)
    unit_square(axes, "1 − specificity", "sensitivity")
    names: list[str] = []
    for model in drawn:
        for curve in model.curves.roc:
            axes.plot(
                curve.false_positive_rate, curve.sensitivity, label=str(len(names)), **line_style(len(names))
            )
            names.append(_with_auc(model) if len(model.curves.roc) == 1 else f"{curve.name} ({model.name})")
    legend_of(axes, names, loc="lower right", frameon=False, fontsize=8)
    return axes


def _with_auc(model: ModelResult) -> str:
    auc = model.patient_level["auc"]
    return f"{model.name}, AUC {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]"
