"""The one table of metrics of classes: reports, intervals, leaderboards and commands iterate over it.

A new metric is one entry here and one test against an independent computation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes import metrics, resampling
from spectra_dl.evaluation.classes.resampling import ResampledPredictions
from spectra_dl.evaluation.metric import Metric

FIXED_SENSITIVITY = 0.9


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one repeat; what several metrics need is computed once.

    Attributes
    ----------
    truth
        ``(n,)`` class numbers.
    probability
        ``(n, c)``, rows sum to one; the predicted class is the likeliest, the first of equals.
    positive
        The class of sensitivity, precision and F1. None, with more than two classes: the mean over classes of each
        class against the rest.
    fold
        ``(n,)`` which fold's model scored the row; the AUC compares rows of one fold. None: one model scored all.
    """

    truth: IndexArray
    probability: FloatArray
    positive: int | None
    fold: IndexArray | None = None

    @cached_property
    def from_confusion(self) -> dict[str, FloatArray]:
        """What follows from confusion counts, by name."""
        n_classes = self.probability.shape[1]
        counts = metrics.confusion(self.truth, self.probability.argmax(axis=1), n_classes)
        return metrics.from_confusion(counts, self.positive)

    def mean_over_classes(self, figure: "Callable[..., float]") -> float:
        """Return the mean of a figure of (is positive, score) over the classes whose ranking counts."""
        codes = metrics.ranked_classes(self.probability.shape[1], self.positive)
        return float(np.mean([figure(self.truth == code, self.probability[:, code]) for code in codes]))


@dataclass(frozen=True)
class ClassMetric(Metric):
    """A metric of predicted classes.

    Attributes
    ----------
    point
        The figure of predictions; NaN where it is undefined.
    resampled
        ``(r,)`` the figure in each resample of the patients.
    share_of
        Of whom it is a plain share, if it is one: then Wilson's interval is taken at patient level with two classes.
    """

    point: Callable[[Predictions], float] = lambda _: float("nan")
    resampled: Callable[[ResampledPredictions], FloatArray] = lambda predictions: np.full(
        len(predictions.multiplicity), np.nan
    )
    share_of: Literal["positive", "negative", "all"] | None = None


def _confusion(name: str) -> Callable[[Predictions], float]:
    return lambda predictions: float(predictions.from_confusion[name])


def _resampled_confusion(name: str) -> Callable[[ResampledPredictions], FloatArray]:
    return lambda predictions: predictions.from_confusion[name]


def _mean_over_classes(figure: Callable[..., FloatArray], predictions: ResampledPredictions) -> FloatArray:
    each = [
        figure(is_positive, score, patient=predictions.patient, multiplicity=predictions.multiplicity)
        for is_positive, score in predictions.ranked
    ]
    mean: FloatArray = np.mean(each, axis=0)
    return mean


def _resampled_brier(predictions: ResampledPredictions) -> FloatArray:
    return predictions.sum_of(metrics.brier_per_row(predictions.truth, predictions.probability)) / np.maximum(
        predictions.rows, 1.0
    )


def _resampled_ece(predictions: ResampledPredictions) -> FloatArray:
    gaps = metrics.calibration_gaps(predictions.truth, predictions.probability, predictions.patient)
    return metrics.calibration_from_gaps(predictions.multiplicity[:, : len(gaps)] @ gaps, predictions.rows)


_ALL = (
    ClassMetric(
        "auc",
        "area under the ROC curve",
        "AUC",
        shown=frozenset({"headline"}),
        point=lambda predictions: predictions.mean_over_classes(
            partial(metrics.auc_within, fold=predictions.fold)
        ),
        resampled=lambda predictions: _mean_over_classes(
            partial(resampling.resampled_auc, fold=predictions.fold), predictions
        ),
    ),
    ClassMetric(
        "pooled_auc",
        "area under the ROC curve, folds pooled: biased where their class shares differ",
        "pooled",
        point=lambda predictions: predictions.mean_over_classes(metrics.auc),
        resampled=partial(_mean_over_classes, resampling.resampled_auc),
    ),
    ClassMetric(
        "balanced_accuracy",
        "balanced accuracy",
        "balacc",
        shown=frozenset({"headline", "text", "page"}),
        point=_confusion("balanced_accuracy"),
        resampled=_resampled_confusion("balanced_accuracy"),
    ),
    ClassMetric(
        "sensitivity",
        "sensitivity",
        "sens",
        shown=frozenset({"text", "page", "score"}),
        share_of="positive",
        point=_confusion("sensitivity"),
        resampled=_resampled_confusion("sensitivity"),
    ),
    ClassMetric(
        "specificity",
        "specificity",
        "spec",
        shown=frozenset({"text", "page", "score"}),
        share_of="negative",
        point=_confusion("specificity"),
        resampled=_resampled_confusion("specificity"),
    ),
    ClassMetric(
        "precision",
        "precision",
        "prec",
        point=_confusion("precision"),
        resampled=_resampled_confusion("precision"),
    ),
    ClassMetric(
        "f1",
        "F1 score",
        "F1",
        shown=frozenset({"text"}),
        point=_confusion("f1"),
        resampled=_resampled_confusion("f1"),
    ),
    ClassMetric(
        "mcc",
        "Matthews correlation coefficient",
        "MCC",
        shown=frozenset({"text", "score"}),
        point=_confusion("mcc"),
        resampled=_resampled_confusion("mcc"),
    ),
    ClassMetric(
        "accuracy",
        "accuracy",
        "acc",
        share_of="all",
        point=_confusion("accuracy"),
        resampled=_resampled_confusion("accuracy"),
    ),
    ClassMetric(
        "brier",
        "Brier score",
        "Brier",
        shown=frozenset({"text", "page", "score"}),
        lower_is_better=True,
        point=lambda predictions: float(
            metrics.brier_per_row(predictions.truth, predictions.probability).mean()
        ),
        resampled=_resampled_brier,
    ),
    ClassMetric(
        "ece",
        "expected calibration error",
        "ECE",
        shown=frozenset({"score"}),
        lower_is_better=True,
        point=lambda predictions: metrics.calibration_error(predictions.truth, predictions.probability),
        resampled=_resampled_ece,
    ),
    ClassMetric(
        "pr_auc",
        "area under the precision-recall curve",
        "PR-AUC",
        point=lambda predictions: predictions.mean_over_classes(metrics.average_precision),
        resampled=partial(_mean_over_classes, resampling.resampled_average_precision),
    ),
    ClassMetric(
        "specificity_at_90_sensitivity",
        "highest specificity at a sensitivity of at least 0.90",
        "spec@90",
        point=lambda predictions: predictions.mean_over_classes(
            partial(metrics.specificity_at, FIXED_SENSITIVITY)
        ),
        resampled=partial(
            _mean_over_classes, partial(resampling.resampled_specificity_at, FIXED_SENSITIVITY)
        ),
    ),
)
METRICS: dict[str, ClassMetric] = {metric.name: metric for metric in _ALL}


def all_metrics(
    truth: IndexArray, probability: FloatArray, positive: int | None, fold: IndexArray | None = None
) -> dict[str, float]:
    """Return every figure of `METRICS` by name.

    Parameters
    ----------
    truth
        ``(n,)`` class numbers.
    probability
        ``(n, c)``, rows sum to one; the predicted class is the likeliest, the first of equals.
    positive
        The class of sensitivity, precision and F1. None, with more than two classes: the mean over classes of each
        class against the rest.
    fold
        ``(n,)`` which fold's model scored the row; None: one model scored all.
    """
    predictions = Predictions(truth, probability, positive, fold)
    return {name: metric.point(predictions) for name, metric in METRICS.items()}
