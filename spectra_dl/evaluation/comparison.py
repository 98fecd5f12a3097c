"""Is one model better than another? The answer comes from patients, not from rows."""

from dataclasses import dataclass
from typing import Literal

from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.metric import Metric

Verdict = Literal["better", "worse", "not distinguishable"]


@dataclass(frozen=True)
class Difference:
    """One model's figure minus the reference's, on the same folds and the same resampled patients.

    Attributes
    ----------
    model, reference, metric
        Names.
    interval
        The difference with its paired patient-bootstrap interval.
    verdict
        ``"better"`` or ``"worse"`` only where the interval excludes 0.
    """

    model: str
    reference: str
    metric: str
    interval: Interval
    verdict: Verdict


def verdict_of(interval: Interval, metric: Metric) -> Verdict:
    """Return what a difference in a metric comes to: better or worse only where its interval excludes 0.

    Parameters
    ----------
    interval
        Of the difference.
    metric
        In what; it knows whether lower is better.
    """
    if not (interval.low > 0 or interval.high < 0):
        return "not distinguishable"
    return "better" if (interval.low > 0) != metric.lower_is_better else "worse"
