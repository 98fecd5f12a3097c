"""The one table of metrics of a number: reports, intervals and commands iterate over it."""

from dataclasses import dataclass

from spectra_dl.evaluation.outcomes import metrics
from spectra_dl.evaluation.outcomes.patient_figures import PatientMetric


@dataclass(frozen=True)
class OutcomeMetric(PatientMetric):
    """A metric of predicted numbers.

    Attributes
    ----------
    in_unit
        Whether it has the unit of the number.
    """

    in_unit: bool = False


_ALL = (
    OutcomeMetric(
        "rmse",
        "root mean squared error",
        "RMSE",
        lower_is_better=True,
        shown=frozenset({"headline", "text", "page"}),
        of=metrics.root_mean_square_error,
        in_unit=True,
    ),
    OutcomeMetric(
        "mae",
        "mean absolute error",
        "MAE",
        lower_is_better=True,
        shown=frozenset({"text", "page"}),
        of=metrics.mean_absolute_error,
        in_unit=True,
    ),
    OutcomeMetric(
        "r2",
        "R², against the training mean",
        "R2",
        shown=frozenset({"text", "page"}),
        of=metrics.explained_share,
    ),
    OutcomeMetric(
        "spearman",
        "Spearman's rank correlation",
        "Spearman",
        shown=frozenset({"headline"}),
        of=metrics.spearman_within,
        widened_within=(-1.0, 1.0),
    ),
)
OUTCOME_METRICS: dict[str, OutcomeMetric] = {metric.name: metric for metric in _ALL}
